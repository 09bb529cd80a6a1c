// What is counted, and what is logged no more often than of use.

package leafnode

import (
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Stats counts what has happened since New.
type Stats struct {
	Connected  bool
	Reconnects uint64 // connections that were up, but for the first

	MessagesIn, BytesIn   uint64 // bytes of the protocol
	MessagesOut, BytesOut uint64 // written

	Interest  int // subscriptions that the server has told of
	Wanted    int // those of Subscribe
	Forbidden int // among them, not told, as the server does not permit them
	Pending   int // bytes that wait to be written

	// Messages that Publish refused, by the reason, and those that waited when the
	// connection ended.
	DroppedInvalid, DroppedDown, DroppedPending uint64
	DroppedPayload, DroppedPermission           uint64
	Lost                                        uint64
	// Violations are the server's complaints about permissions.
	Violations uint64
}

// counters are the live Stats.
type counters struct {
	connects, messagesIn, bytesIn, bytesOut atomic.Uint64
	invalid, down, pending, payload         atomic.Uint64
	permission, violations                  atomic.Uint64
	interest                                atomic.Int64
}

// Stats returns the counts of this moment.
func (c *Conn) Stats() Stats {
	n := &c.count
	s := Stats{
		MessagesIn:        n.messagesIn.Load(),
		BytesIn:           n.bytesIn.Load(),
		BytesOut:          n.bytesOut.Load(),
		Interest:          int(n.interest.Load()),
		DroppedInvalid:    n.invalid.Load(),
		DroppedDown:       n.down.Load(),
		DroppedPending:    n.pending.Load(),
		DroppedPayload:    n.payload.Load(),
		DroppedPermission: n.permission.Load(),
		Violations:        n.violations.Load(),
	}
	if up := n.connects.Load(); up > 1 {
		s.Reconnects = up - 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Connected = c.live != nil
	s.MessagesOut, s.Lost = c.out.messages, c.out.lost
	s.Pending = c.out.pending()
	s.Wanted = len(c.wanted)
	if c.live != nil {
		for key := range c.wanted {
			if !c.live.limits.maySubscribe(key.subject) {
				s.Forbidden++
			}
		}
	}
	return s
}

const (
	// sayAgain is how long the same text is not logged again as a warning.
	sayAgain = time.Minute
	// maxSaid is how many texts are remembered.
	maxSaid = 64
)

// said remembers what was logged. It belongs to the goroutine that reads.
type said struct {
	texts map[string]time.Time
}

// down logs the end of a connection or of an attempt.
func (s *said) down(log *zerolog.Logger, err error) {
	s.event(log, err.Error()).Err(err).Msg("leafnode_disconnected")
}

// refused logs a complaint about permissions.
func (s *said) refused(log *zerolog.Logger, text string) {
	s.event(log, text).Str("error", text).Msg("leafnode_refused")
}

func (s *said) event(log *zerolog.Logger, text string) *zerolog.Event {
	now := time.Now()
	if at, ok := s.texts[text]; ok && now.Sub(at) < sayAgain {
		return log.Debug()
	}
	if s.texts == nil || len(s.texts) >= maxSaid {
		s.texts = make(map[string]time.Time)
	}
	s.texts[text] = now
	return log.Warn()
}
