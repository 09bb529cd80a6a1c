// Logging what others do wrong, without letting them fill the log.

package tcptransport

import (
	"maps"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// quietPeriod is how long the same complaint is not repeated.
	quietPeriod = time.Minute
	// quietKeys limits what is remembered, and so what is logged in a period.
	quietKeys = 1024
	// maxQuoted limits what is logged of a text that others have a part in, in
	// bytes.
	maxQuoted = 200
)

// complaint is what is logged once a period. Event and class are constants, and
// the host is where somebody really is: names can be made up by the thousand.
type complaint struct{ event, class, host string }

// quieter says how often something may be logged.
type quieter struct {
	mu   sync.Mutex
	last map[complaint]time.Time
}

// allow reports whether it is time to log c, once a period for each. When there
// is no room for a new one it is not logged: making room by forgetting would let
// the old ones be logged again.
func (q *quieter) allow(c complaint) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	expired := func(_ complaint, last time.Time) bool { return now.Sub(last) >= quietPeriod }
	if last, known := q.last[c]; known {
		if !expired(c, last) {
			return false
		}
	} else if len(q.last) >= quietKeys {
		maps.DeleteFunc(q.last, expired)
		if len(q.last) >= quietKeys {
			return false
		}
	}
	if q.last == nil {
		q.last = make(map[complaint]time.Time)
	}
	q.last[c] = now
	return true
}

// complain begins a line about whoever is at the other end of raw. It returns
// nil, which takes fields and logs nothing, if the same was said a short while
// ago of that host or if nobody wants to read it.
func (t *Transport) complain(raw net.Conn, level zerolog.Level, event, class string) *zerolog.Event {
	line := t.log.WithLevel(level)
	from := raw.RemoteAddr().String()
	host, _, err := net.SplitHostPort(from)
	if err != nil {
		host = from
	}
	if !line.Enabled() || !t.quiet.allow(complaint{event, class, host}) {
		return nil
	}
	return line.Str("from", from)
}

// clip makes a text fit for the log: short, and without control characters.
func clip(text string) string {
	more := ""
	if len(text) > maxQuoted {
		text, more = text[:maxQuoted], "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text) + more
}
