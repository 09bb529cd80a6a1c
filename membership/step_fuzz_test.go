// Whatever comes in whatever order, a node keeps its invariants.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// tape reads a sequence of inputs from bytes; past its end there are zeros.
type tape struct{ rest []byte }

func (t *tape) next() byte {
	if len(t.rest) == 0 {
		return 0
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b
}

// peer is one of three lives of ten nodes, the node under test among them, of which
// some have the same address.
func (t *tape) peer() *views.Peer {
	b := t.next()
	id := fmt.Sprintf("n%d", b%10)
	p := &views.Peer{ID: id, Incarnation: 1 + uint64(b/10%3), Addr: id + ":7000"}
	if b > 240 {
		p.Addr = "n0:7000"
	}
	return p
}

// message is one that came as bytes, and so as the decoder lets it through; ok is false for one that
// it refuses.
func (t *tape) message() (m membership.Message, ok bool) {
	sent := t.anyMessage()
	frame := membership.AppendMessage(nil, &sent)
	m, err := membership.DecodeMessage(byte(sent.Kind), frame[wire.HeaderLen:])
	return m, err == nil
}

// anyMessage is one whose numbers are anything; the peers that it must name are there.
func (t *tape) anyMessage() membership.Message {
	m := membership.Message{Kind: membership.Kind(t.next() % 12)}
	flags := t.next()
	m.Priority, m.Verdict = membership.Priority(flags%5), membership.Verdict(flags/5%7)
	m.Reason, m.Active = membership.Reason(flags%6), flags&1 != 0
	m.TTL, m.Degree, m.Request = membership.TTL(t.next()), t.next(), uint32(t.next()%8)
	if mandatory := m.Kind <= membership.ForwardJoin || m.Kind == membership.Shuffle; mandatory || flags&2 != 0 {
		m.Peer = t.peer()
	}
	for range t.next() % 10 {
		m.Sample = append(m.Sample, t.sighting())
	}
	if m.Kind == membership.Heartbeat {
		m.Sent, m.Echo, m.Held = t.pause(), t.pause(), t.pause()
	}
	return m
}

func (t *tape) sighting() views.Sighting { return views.Sighting{Peer: t.peer(), Age: t.pause()} }

func (t *tape) pause() time.Duration {
	return time.Duration(t.next()) * time.Second / 8 << (t.next() % 12)
}

func (t *tape) input() (in membership.Input, ok bool) {
	ok = true
	in = membership.Input{Kind: membership.InputKind(t.next() % 9), Peer: t.peer(), Link: 1 + uint64(t.next()%16)}
	switch in.Kind {
	case membership.Received, membership.Asked, membership.Answered:
		in.Message, ok = t.message()
	case membership.LinkLost:
		in.Reason = membership.Reason(t.next() % 11)
	case membership.Expired:
		in.Timer = membership.Timer{
			Kind: membership.TimerKind(t.next() % 10), Sequence: uint32(t.next() % 16), ID: in.Peer.ID,
		}
	case membership.Found:
		for range t.next() % 32 {
			in.Sample = append(in.Sample, t.sighting())
		}
	case membership.Start, membership.Leave:
	}
	return in, ok
}

func FuzzStep(f *testing.F) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		bytes := make([]byte, 4096)
		for i := range bytes {
			bytes[i] = byte(rng.Uint32())
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		tape := tape{rest: bytes}
		cfg := membership.DefaultConfig()
		cfg.ActiveSize, cfg.PassiveSize, cfg.LostSize = 1+int(tape.next()%3), int(tape.next()%10), int(tape.next()%3)
		node, err := membership.New(cfg, made("n0"), rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		node.Step(membership.Input{Kind: membership.Start})
		up := map[string]bool{}
		for now := time.Duration(0); len(tape.rest) > 0; now += tape.pause() {
			in, ok := tape.input()
			if !ok || in.Kind == membership.Leave && tape.next() < 200 {
				continue // it never gets so far, and a tape is to be longer than that
			}
			in.Now = now
			before := trustOf(node, &in)
			for _, e := range node.Step(in) {
				switch e.Event.Kind {
				case membership.NeighborUp, membership.NeighborDown:
					if id := e.Event.Peer.ID; up[id] != (e.Event.Kind == membership.NeighborDown) {
						t.Fatalf("%s %s", e.Event.Kind, id)
					}
					up[e.Event.Peer.ID] = !up[e.Event.Peer.ID]
				case membership.NeighborUpdate, membership.Isolated:
				}
				if e.Kind == membership.Send && e.Peer.ID == "n0" {
					t.Fatalf("sends %s to itself", describe(&e.Message))
				}
			}
			if err := node.Invariants(); err != nil {
				t.Fatalf("after %+v: %v", in, err)
			}
			if err := before.broken(node); err != nil {
				t.Fatalf("after %+v: %v", in, err)
			}
		}
	})
}
