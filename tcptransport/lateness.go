// How late this node itself is, so that it does not blame others.

package tcptransport

import (
	"runtime"
	"sync"
	"time"
)

// What lateness counts for. A heartbeat passes up to three goroutines, the sender's loop, its
// writer and this node's reader, each of which may wait as long for its turn as the own loop did. Our
// choice: up to ten times Silence, as a node that late does nothing else in time either.
const (
	lateTimes = 3
	lateMost  = 10
)

// lateness is how late the node's own timers have been of late.
type lateness struct {
	mu    sync.Mutex
	worst time.Duration
	until time.Time // when that is forgotten
}

// note remembers a lateness for a while, unless a worse one is remembered.
func (l *lateness) note(late, keep time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if late >= l.worst || now.After(l.until) {
		l.worst, l.until = late, now.Add(keep)
	}
}

// recent returns the worst lateness that is remembered.
func (l *lateness) recent() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().After(l.until) {
		return 0
	}
	return l.worst
}

// Late tells how late a timer of the node was. On a machine that is too busy everybody is late,
// and what looks like the silence of a peer may be one's own: for twice Silence from then on,
// silence is borne three times that longer, up to ten times Silence.
func (t *Transport) Late(by time.Duration) { t.late.note(by, 2*t.cfg.Silence) }

// lenience is how much longer than Silence a silence is borne at present.
func (t *Transport) lenience() time.Duration {
	return min(lateTimes*t.late.recent(), lateMost*t.cfg.Silence)
}

// turn measures how long a goroutine that is ready waits for its turn.
func turn() time.Duration {
	begin := time.Now()
	runtime.Gosched()
	return time.Since(begin)
}
