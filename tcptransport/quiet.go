// Logging the same thing only once in a while.

package tcptransport

import (
	"sync"
	"time"
)

const (
	quietPeriod = time.Minute
	// quietKeys limits what is remembered: peers choose their own names.
	quietKeys = 1024
)

// quieter says how often something may be logged: once a period for each key.
type quieter struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// allow reports whether it is time to log key again.
func (q *quieter) allow(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if last, ok := q.last[key]; ok && now.Sub(last) < quietPeriod {
		return false
	}
	if len(q.last) >= quietKeys {
		clear(q.last)
	}
	if q.last == nil {
		q.last = make(map[string]time.Time)
	}
	q.last[key] = now
	return true
}
