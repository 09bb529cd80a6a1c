// Arbitrary bytes as frames.

package broadcast_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// framed puts a header in front of a body.
func framed(typ byte, body []byte) []byte {
	return wire.FinishFrame(append(wire.AppendHeader(nil, typ), body...), 0)
}

func bodyOf(frame []byte) []byte { return frame[wire.HeaderLen:] }

// FuzzParseGossip checks that whatever can be read is written and read back as the
// same, but for the hop, which is counted up in the frame and nothing else.
func FuzzParseGossip(f *testing.F) {
	life := broadcast.NewLife("n1", 7)
	f.Add(bodyOf(append(broadcast.BeginGossip(nil, life, 300, 298), "hello"...)))
	f.Add(bodyOf(broadcast.BeginGossip(nil, life, 1, 1)))
	f.Add([]byte{})
	f.Fuzz(testkit.Around(func(t *testing.T, body []byte) {
		frame := framed(broadcast.TypeGossip, body)
		before := bytes.Clone(frame)
		testkit.Greed(t, len(frame), func() { _, _ = broadcast.ParseGossip(bytes.Clone(frame)) })
		g, err := broadcast.ParseGossip(frame)
		if err != nil {
			checkError(t, err)
			return
		}
		checkCounted(t, before, frame)
		if g.Sequence == 0 || g.First == 0 || g.First > g.Sequence || g.Sequence > 1<<62 {
			t.Fatalf("sequence %d, first %d", g.Sequence, g.First)
		}
		content := broadcast.Content(frame)
		again := broadcast.BeginGossip(nil, broadcast.Life(g.Life), g.Sequence, g.First)
		again = wire.FinishFrame(append(again, content...), 0)
		again[wire.HeaderLen], again[wire.HeaderLen+1] = frame[wire.HeaderLen], frame[wire.HeaderLen+1]
		if !bytes.Equal(again, frame) {
			t.Fatalf("% x\nis written back as\n% x", frame, again)
		}
	}))
}

// FuzzParseDirect does the same with messages for a single node.
func FuzzParseDirect(f *testing.F) {
	life := broadcast.NewLife("n1", 7)
	f.Add(bodyOf(append(broadcast.BeginDirect(nil, life, "n2"), "hello"...)))
	f.Add([]byte{})
	f.Fuzz(testkit.Around(func(t *testing.T, body []byte) {
		frame := framed(broadcast.TypeDirect, body)
		before := bytes.Clone(frame)
		testkit.Greed(t, len(frame), func() { _, _, _ = broadcast.ParseDirect(bytes.Clone(frame)) })
		g, target, err := broadcast.ParseDirect(frame)
		if err != nil {
			checkError(t, err)
			return
		}
		checkCounted(t, before, frame)
		sender, hop := broadcast.DirectSender(frame)
		if string(sender) != string(g.Life) || hop != frame[wire.HeaderLen] || broadcast.DirectTarget(frame) != target || !views.ValidToken(target) {
			t.Fatalf("from %q for %q: %q", sender, broadcast.DirectTarget(frame), target)
		}
		again := broadcast.BeginDirect(nil, sender, target)
		again = wire.FinishFrame(append(again, broadcast.DirectContent(frame)...), 0)
		again[wire.HeaderLen], again[wire.HeaderLen+1] = frame[wire.HeaderLen], frame[wire.HeaderLen+1]
		if !bytes.Equal(again, frame) {
			t.Fatalf("% x\nis written back as\n% x", frame, again)
		}
	}))
}

// FuzzParseControl checks that whatever can be read is bounded by what was given,
// and that it is written and read back as the same message.
func FuzzParseControl(f *testing.F) {
	for kind := broadcast.IHave; kind <= broadcast.Gone; kind++ {
		f.Add(byte(kind-broadcast.IHave)+broadcast.TypeIHave, bodyOf(broadcast.AppendControl(nil, &broadcast.Control{
			Kind: kind, Digest: true, Last: true, Marks: []broadcast.Mark{
				{Life: broadcast.NewLife("n1", 7), Low: 1, High: 300, Hop: 3, Own: true},
				{Life: broadcast.NewLife("n2", 1<<63), Low: 5, Age: 2 * time.Second},
			},
		})))
	}
	f.Add(byte(200), []byte{0})
	f.Fuzz(testkit.AroundFrame(func(t *testing.T, typ byte, body []byte) {
		var c *broadcast.Control
		var err error
		testkit.Greed(t, len(body), func() { c, err = broadcast.ParseControl(typ, body) })
		if err != nil {
			checkError(t, err)
			return
		}
		if len(c.Marks) > broadcast.MaxMarks || len(c.Marks)*14 > len(body) {
			t.Fatalf("%d marks from %d bytes", len(c.Marks), len(body))
		}
		frame := broadcast.AppendControl(nil, c)
		if len(bodyOf(frame)) > len(body) {
			t.Fatalf("%d bytes are written back as %d", len(body), len(bodyOf(frame)))
		}
		back, err := broadcast.ParseControl(typ, bodyOf(frame))
		if err != nil || !reflect.DeepEqual(back, c) {
			t.Fatalf("% x is read as\n%s and read back as\n%s%v", body, controlText(c, " | "), controlText(back, " | "), err)
		}
	}))
}

// checkError checks that an error is one of those that are documented.
func checkError(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, broadcast.ErrUnknownType) {
		t.Fatalf("error %v is of no known sort", err)
	}
}

// checkCounted checks that of a frame only the hop has changed, by one.
func checkCounted(t *testing.T, before, after []byte) {
	t.Helper()
	if hop := before[wire.HeaderLen]; hop < 255 {
		before[wire.HeaderLen]++
	}
	if !bytes.Equal(before, after) {
		t.Fatalf("% x\nbecame\n% x", before, after)
	}
}
