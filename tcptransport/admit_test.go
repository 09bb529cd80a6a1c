// Who is not wanted, and who comes or says too much.

package tcptransport_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Whom the application does not admit is neither dialed nor let in, whoever begins.
func TestAdmit(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		unwanted := errors.New("is on the list")
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			cfg.Admit = func(p *views.Peer) error {
				if p.ID == "c" {
					return unwanted
				}
				return nil
			}
		})
		a, c := start(t, f, "a", 1), start(t, f, "c", 1)
		a.send(b.peer, 1)
		b.gets(a.peer, 1)

		c.send(b.peer, 2)
		c.loses(b.peer, membership.Unreachable, tcptransport.ErrRefused)
		_, err := c.Ask(t.Context(), b.peer.Addr, membership.Message{Kind: membership.Join, Peer: c.peer, Priority: membership.High})
		if !errors.Is(err, tcptransport.ErrRefused) {
			t.Errorf("the JOIN got %v, want a refusal", err)
		}
		before := b.Stats().Dials
		b.send(c.peer, 3)
		b.loses(c.peer, membership.WrongPeer, unwanted)
		if s := b.Stats(); s.Faults[tcptransport.FaultDenied] != 3 || s.Dials != before {
			t.Errorf("counted %v and %d dials, want 3 denied and no dial", s.Faults, s.Dials-before)
		}
	})
}

// A link that carries far more messages than a node ever says is ended, and the others go on.
func TestMessageRate(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) { cfg.MessageRate = 10 })
		good, peer, _ := linkedRaw(t, f, b)
		flooder := stranger("flooder")
		c := connectRaw(t, f, b, flooder)
		for range 41 { // four seconds' worth may come at once
			c.send(messageFrame(7))
		}
		for range 40 {
			b.gets(flooder, 7)
		}
		b.loses(flooder, membership.Misbehaved, tcptransport.ErrFlood)
		c.ends()
		for n := range uint32(60) { // at the rate it may go on for ever
			time.Sleep(100 * time.Millisecond)
			good.send(messageFrame(n + 1))
			b.gets(peer, n+1)
		}
		if n := b.Stats().Faults[tcptransport.FaultFlood]; n != 1 {
			t.Errorf("%d floods counted, want 1", n)
		}
	})
}

// More connections than AcceptRate are closed at once.
func TestAcceptRate(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) { cfg.AcceptRate = 4 })
		for range 4 {
			dialRaw(t, f, b).close()
		}
		wait()
		dialRaw(t, f, b).ends()
		if n := b.Stats().Faults[tcptransport.FaultRate]; n != 1 {
			t.Errorf("%d counted, want 1", n)
		}
		time.Sleep(time.Second)
		connectRaw(t, f, b, stranger("a"))
	})
}
