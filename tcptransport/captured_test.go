// Sessions of version 1, as they were recorded then, played to the transport of today. The
// recordings are never made anew: nodes that speak so are out there.

package tcptransport_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// captured is one side of a recorded session.
type captured struct{ frames [][]byte }

// capturedSession reads both sides of a recording: who dialed, and who listened.
func capturedSession(t *testing.T, name string) (dialer, listener captured) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "v1", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			continue
		}
		frame, err := hex.DecodeString(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		side := &dialer
		if fields[0] == "<" {
			side = &listener
		}
		side.frames = append(side.frames, frame)
	}
	return dialer, listener
}

func typeOf(frame []byte) byte { return frame[wire.HeaderLen-1] }

func bodyOf(frame []byte) []byte { return frame[wire.HeaderLen:] }

// later returns the frame as a node of a later version may send it: with a field that nobody
// knows, and in a hello with a higher version.
func later(frame []byte) []byte {
	typ := typeOf(frame)
	if typ == typeReady || typ >= 32 && typ < typeHello {
		return frame // it has no fields
	}
	b := wire.AppendHeader(nil, typ)
	fields := wire.Parse(bodyOf(frame))
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if typ == typeHello && tag == 5 {
			value = []byte{9}
		}
		b = wire.AppendBytes(b, tag, value)
	}
	return wire.FinishFrame(wire.AppendString(b, 99, "of a later version"), 0)
}

// unknown is a message of a type that nobody knows, an empty one.
func unknown(typ byte) []byte { return wire.FinishFrame(wire.AppendHeader(nil, typ), 0) }

// ofLater returns a session as a node of a later version may play it.
func (c captured) ofLater() captured {
	var all captured
	for i, frame := range c.frames {
		all.frames = append(all.frames, later(frame))
		if i >= 2 && typeOf(frame) < typeHello {
			all.frames = append(all.frames, unknown(31), unknown(64), unknown(200))
		}
	}
	return all
}

// overVersions runs a test with a recorded session as it is, and as a later version may play it.
func overVersions(t *testing.T, name string, test func(t *testing.T, f fabric, v1, played [2]captured)) {
	dialer, listener := capturedSession(t, name)
	v1 := [2]captured{dialer, listener}
	for version, played := range map[string][2]captured{
		"version 1":     v1,
		"later version": {dialer.ofLater(), listener.ofLater()},
	} {
		t.Run(version, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f fabric) { test(t, f, v1, played) })
		})
	}
}

// understands checks that a frame says to a node of version 1 what the recorded one says: it has
// all fields of that, and may have others.
func understands(t *testing.T, got, want []byte) {
	t.Helper()
	if typeOf(got) != typeOf(want) || got[wire.HeaderLen-2] != 1 {
		t.Fatalf("frame of type %d, version %d, want type %d", typeOf(got), got[wire.HeaderLen-2], typeOf(want))
	}
	if typ := typeOf(want); typ >= 32 && typ < typeHello {
		if !bytes.Equal(got, want) {
			t.Fatalf("frame % x, want % x", got, want)
		}
		return
	}
	has := wire.Parse(bodyOf(got))
	wanted := wire.Parse(bodyOf(want))
	for tag, value, ok := wanted.Next(); ok; tag, value, ok = wanted.Next() {
		found := false
		for !found {
			other, same, more := has.Next()
			if !more {
				t.Fatalf("frame % x has no field %d of value % x", got, tag, value)
			}
			found = other == tag && bytes.Equal(same, value)
		}
	}
}

// whole reads one frame as it is.
func (c *raw) whole() []byte {
	c.t.Helper()
	typ, body, err := c.frame()
	if err != nil {
		c.t.Fatal(err)
	}
	return wire.FinishFrame(append(wire.AppendHeader(nil, typ), body...), 0)
}

// hears checks that a node has been told everything of a recorded session.
func (l *listener) hears(side captured, from *views.Peer) {
	l.t.Helper()
	for _, frame := range side.frames {
		switch typ := typeOf(frame); {
		case typ >= typeHello:
		case typ >= 32:
			if got := <-l.frames; !bytes.Equal(got.Bytes, frame) {
				l.t.Fatalf("carried % x, want % x", got.Bytes, frame)
			}
		default:
			e := l.next()
			if again := membership.AppendMessage(nil, &e.msg); e.lost || !e.peer.Same(from) || !bytes.Equal(again, frame) {
				l.t.Fatalf("%v, written back as % x, want % x", e, again, frame)
			}
		}
	}
}

// says lets a node send what it said in a recorded session, and checks what comes of it.
func (l *listener) says(side captured, to *views.Peer, over *raw) {
	l.t.Helper()
	link := l.Links()[0].Link
	for _, frame := range side.frames {
		switch typ := typeOf(frame); {
		case typ >= typeHello:
			continue
		case typ >= 32:
			if _, err := l.Channel(link).Send(bytes.Clone(frame)); err != nil {
				l.t.Fatal(err)
			}
		default:
			m, err := membership.DecodeMessage(typ, bodyOf(frame))
			if err != nil {
				l.t.Fatal(err)
			}
			if err := l.Send(to, link, &m); err != nil {
				l.t.Fatal(err)
			}
		}
		understands(l.t, over.whole(), frame)
	}
}

// peerOf returns who sends a recorded hello or reply.
func peerOf(t *testing.T, frame []byte) *views.Peer {
	t.Helper()
	want := map[byte]byte{typeHello: 6, typeReply: 2}[typeOf(frame)]
	fields := wire.Parse(bodyOf(frame))
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if tag == want {
			p, err := wire.Peer(value)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatal("nobody")
	return nil
}

// as makes a node that has not started the one of a recorded session.
func (l *listener) as(p *views.Peer) *listener {
	l.peer = p
	l.Start(p, l)
	return l
}

func listenAs(t *testing.T, f fabric, p *views.Peer) *listener {
	t.Helper()
	l := &listener{
		node:   listen(t, f, p.ID, p.Incarnation),
		frames: make(chan tcptransport.Frame, 64), drained: make(chan uint64, 16),
	}
	return l.as(p)
}

func TestCapturedDialer(t *testing.T) {
	overVersions(t, "link", func(t *testing.T, f fabric, v1, played [2]captured) {
		a, b := peerOf(t, v1[0].frames[0]), peerOf(t, v1[1].frames[0])
		n := listenAs(t, f, b)
		c := dialRaw(t, f, n.node)
		c.send(played[0].frames[0])
		understands(t, c.whole(), v1[1].frames[0])
		c.send(bytes.Join(played[0].frames[1:], nil))
		n.hears(v1[0], a)
		n.says(v1[1], a, c)
		if s := n.Stats(); s.BadFrames > 0 {
			t.Errorf("%d bad frames", s.BadFrames)
		}
	})
}

func TestCapturedListener(t *testing.T) {
	overVersions(t, "link", func(t *testing.T, f fabric, v1, played [2]captured) {
		a, b := peerOf(t, v1[0].frames[0]), *peerOf(t, v1[1].frames[0])
		n := listenAs(t, f, a)
		at := listenRaw(t, f)
		b.Addr = at.Addr().String()
		n.send(&b, 1)
		c := at.accept()
		understands(t, c.whole(), v1[0].frames[0])
		c.send(played[1].frames[0])
		understands(t, c.whole(), v1[0].frames[1])
		c.message(1)
		c.send(bytes.Join(played[1].frames[1:], nil))
		n.hears(v1[1], &b)
		n.says(v1[0], &b, c)
		if s := n.Stats(); s.BadFrames > 0 {
			t.Errorf("%d bad frames", s.BadFrames)
		}
	})
}

func TestCapturedJoin(t *testing.T) {
	overVersions(t, "join", func(t *testing.T, f fabric, v1, played [2]captured) {
		a, b := peerOf(t, v1[0].frames[0]), peerOf(t, v1[1].frames[0])
		message := func(side captured) membership.Message {
			m, err := membership.DecodeMessage(typeOf(side.frames[1]), bodyOf(side.frames[1]))
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		same := func(m membership.Message, side captured) {
			t.Helper()
			if again := membership.AppendMessage(nil, &m); !bytes.Equal(again, side.frames[1]) {
				t.Fatalf("got % x, want % x", again, side.frames[1])
			}
		}
		contact := listenAs(t, f, b)
		contact.join = func(_ context.Context, m membership.Message) (membership.Message, error) {
			same(m, v1[0])
			return message(v1[1]), nil
		}
		c := dialRaw(t, f, contact.node)
		c.send(bytes.Join(played[0].frames, nil))
		for _, want := range v1[1].frames {
			understands(t, c.whole(), want)
		}

		at := listenRaw(t, f)
		asker := listenAs(t, f, a)
		answered := make(chan membership.Message)
		go func() {
			m, err := asker.Ask(t.Context(), at.Addr().String(), message(v1[0]))
			if err != nil {
				t.Error(err)
			}
			answered <- m
		}()
		c = at.accept()
		understands(t, c.whole(), v1[0].frames[0])
		c.send(played[1].frames[0])
		understands(t, c.whole(), v1[0].frames[1])
		c.send(played[1].frames[1])
		same(<-answered, v1[1])
	})
}

// Who speaks later versions only is told which are spoken here, in a reply that any version can
// read, and finds that in its error.
func TestNoVersionInCommon(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c := dialRaw(t, f, b)
		h := goodHello(stranger("a"), "b")
		h.min, h.max = 2, 9
		c.send(h.frame())
		reply := c.whole()
		if want := wire.FinishFrame(wire.AppendString(wire.AppendUint(wire.AppendHeader(nil, typeReply), 1, 4), 4, "speaks 1 to 1"), 0); !bytes.Equal(reply, want) {
			t.Fatalf("the reply is % x, want % x", reply, want)
		}
		c.ends()

		a, at := start(t, f, "a", 1), listenRaw(t, f)
		to := &views.Peer{ID: "c", Incarnation: 1, Addr: at.Addr().String()}
		a.send(to, 1)
		c = at.accept()
		_ = c.whole()
		c.send(reply)
		if e := a.loses(to, membership.Unreachable, tcptransport.ErrVersion); !strings.Contains(e.err.Error(), "speaks 1 to 1") {
			t.Fatalf("the error is %v", e.err)
		}
	})
}
