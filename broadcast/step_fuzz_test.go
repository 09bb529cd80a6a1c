// Whatever comes in whatever order, a node keeps its invariants.

package broadcast_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
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

func (t *tape) below(n int) int { return int(t.next()) % n }

// life is one of two lives of six origins, the node under test among them.
func (t *tape) life() broadcast.Life {
	b := t.below(12)
	return broadcast.NewLife(fmt.Sprintf("n%d", b%6), 1+uint64(b/6))
}

// sequence is a low one as a rule, and sometimes as high as the codec lets through.
func (t *tape) sequence() uint64 {
	b := uint64(t.next())
	switch {
	case b >= 254:
		return 1<<62 - uint64(t.next())%4
	case b >= 248:
		return uint64(t.next())<<8 + uint64(t.next())
	case b >= 240:
		return uint64(t.next())
	}
	return b % 24
}

func (t *tape) pause() time.Duration {
	return time.Duration(t.next()) * time.Millisecond << (t.next() % 10)
}

// gossip is a message that came as bytes.
func (t *tape) gossip() (broadcast.Gossip, bool) {
	sent := t.anyGossip()
	frame := append(broadcast.BeginGossip(nil, broadcast.Life(sent.Life), sent.Sequence, sent.First), sent.Frame...)
	frame = wire.FinishFrame(frame, 0)
	frame[wire.HeaderLen] = sent.Hop
	g, err := broadcast.ParseGossip(frame)
	return g, err == nil
}

// direct is one for a single node.
func (t *tape) direct() (g broadcast.Gossip, target string, ok bool) {
	sent := t.anyGossip()
	frame := append(broadcast.BeginDirect(nil, broadcast.Life(sent.Life), t.life().ID()), sent.Frame...)
	frame = wire.FinishFrame(frame, 0)
	frame[wire.HeaderLen] = sent.Hop
	g, target, err := broadcast.ParseDirect(frame)
	return g, target, err == nil
}

func (t *tape) control() (*broadcast.Control, bool) {
	frame := broadcast.AppendControl(nil, t.anyControl())
	c, err := broadcast.ParseControl(frame[wire.HeaderLen-1], frame[wire.HeaderLen:])
	return c, err == nil
}

func (t *tape) anyGossip() broadcast.Gossip {
	g := broadcast.Gossip{Life: []byte(t.life()), Sequence: max(t.sequence(), 1), Hop: t.next() % 8, First: 1}
	if t.next()%4 == 0 {
		g.First = g.Sequence - uint64(t.next())%g.Sequence
	}
	g.Frame = make([]byte, 1+t.next()%64)
	return g
}

func (t *tape) anyControl() *broadcast.Control {
	c := &broadcast.Control{Kind: broadcast.IHave + broadcast.ControlKind(t.below(4))}
	for range 1 + t.below(4) {
		m := broadcast.Mark{Life: t.life(), Low: t.sequence(), High: t.sequence(), Hop: t.next() % 8}
		flags := t.next()
		m.Own = flags&1 != 0
		if c.Kind == broadcast.IHave && flags&6 != 0 && m.Low > m.High {
			m.Low, m.High = m.High, m.Low
		}
		if flags&8 != 0 {
			m.Age = time.Millisecond + t.pause()
		}
		c.Marks = append(c.Marks, m)
	}
	return c
}

// input is the next one; ok is false for what the decoder refuses, which never gets so far.
func (t *tape) input(node *broadcast.Node) (in broadcast.Input, ok bool) {
	ok = true
	in.Link = uint64(t.below(8))
	switch b := t.below(32); {
	case b < 12:
		in.Kind = broadcast.Received
		in.Gossip, ok = t.gossip()
	case b < 20:
		in.Kind = broadcast.Told
		in.Control, ok = t.control()
	case b < 22:
		in.Kind = broadcast.Published
		in.Gossip = broadcast.Gossip{Life: []byte("\x00\x00\x00\x00\x00\x00\x00\x01n0"), Frame: make([]byte, 1+t.next())}
		in.Gossip.Sequence, in.Gossip.First = node.Next()
	case b < 25:
		in.Kind, in.RTT, in.Target = broadcast.LinkUp, t.pause(), fmt.Sprint("n", t.next())
	case b < 26:
		in.Kind = broadcast.LinkDown
	case b < 27:
		in.Kind = broadcast.Routed
		in.Gossip, in.Target, ok = t.direct()
	case b < 28:
		in.Kind = broadcast.Congested
	case b < 29:
		in.Kind = broadcast.Drained
	default:
		in.Kind = broadcast.Tick
	}
	return in, ok
}

// config is the default one, or one in which every bound is soon reached.
func (t *tape) config() broadcast.Config {
	cfg := broadcast.DefaultConfig()
	flags := t.next()
	if flags&1 != 0 {
		cfg.OwnTree, cfg.Threshold = 0, t.below(4)
	}
	if flags&2 != 0 {
		cfg.LazyDelay, cfg.Digest = 0, false
	}
	if flags&4 != 0 {
		cfg.Window, cfg.MaxSources, cfg.StoreBytes = 1+t.below(16), 1+t.below(8), 1+100*int(t.next())
		cfg.SourceExpiry, cfg.StoreAge = time.Minute, time.Second
	}
	return cfg
}

// play steps a node through all inputs of a tape.
func play(t *testing.T, bytes []byte) {
	tape := tape{rest: bytes}
	node, err := broadcast.New(broadcast.NewLife("n0", 1), tape.config())
	if err != nil {
		t.Fatal(err)
	}
	book := newLedger(node)
	for now := time.Duration(0); len(tape.rest) > 0; {
		in, ok := tape.input(node)
		if !ok {
			continue
		}
		in.Now = now
		if _, err := book.step(in); err != nil {
			t.Fatal(err)
		}
		if tape.next() < 64 {
			now += tape.pause()
		}
	}
}

func noise(seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	bytes := make([]byte, 4096)
	for i := range bytes {
		bytes[i] = byte(rng.Uint32())
	}
	bytes[0] = byte(seed) // the configuration
	return bytes
}

// TestAnything plays noise.
func TestAnything(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { play(t, noise(seed)) })
	}
}

func FuzzStep(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(noise(seed)[:256])
	}
	f.Fuzz(play)
}
