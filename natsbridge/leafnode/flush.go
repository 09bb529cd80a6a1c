// Pings, and waiting until the server has taken what it was told.

package leafnode

import (
	"context"
	"fmt"
)

// pings pairs pings with their answers: a server answers in order. It is guarded by the
// mutex of the Conn.
type pings struct {
	due            bool // one is to be sent, behind all that waits now
	sent, answered uint64
	waiting        []waiter
}

// waiter waits for the answer to a ping: the next one, as long as that has no number.
type waiter struct {
	ping uint64
	done chan struct{}
}

// send reports whether a ping is to be sent, which is then taken for sent.
func (p *pings) send() bool {
	if !p.due {
		return false
	}
	p.due = false
	p.sent++
	for i := range p.waiting {
		if p.waiting[i].ping == 0 {
			p.waiting[i].ping = p.sent
		}
	}
	return true
}

// answer takes note of a PONG.
func (p *pings) answer() {
	p.answered++
	for len(p.waiting) > 0 && p.waiting[0].ping > 0 && p.waiting[0].ping <= p.answered {
		close(p.waiting[0].done)
		p.waiting = p.waiting[1:]
	}
}

// Flush returns when the server has taken what was subscribed to and published before. It returns
// [ErrDown] without a connection or when that ends, and the error of the context.
func (c *Conn) Flush(ctx context.Context) error {
	done := make(chan struct{})
	c.mu.Lock()
	s := c.live
	if s == nil {
		c.mu.Unlock()
		return ErrDown
	}
	s.pings.due = true
	s.pings.waiting = append(s.pings.waiting, waiter{done: done})
	s.nudge()
	c.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-s.done:
		return ErrDown
	case <-ctx.Done():
		return fmt.Errorf("leafnode: not flushed: %w", ctx.Err())
	}
}
