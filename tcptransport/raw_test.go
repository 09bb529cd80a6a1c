// A peer made of bytes, which says what it likes.

package tcptransport_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// Frame types and tags as in docs/wire.md.
const (
	typeHello = 240
	typeReply = 241
	typeReady = 242

	linkPurpose = 1
	joinPurpose = 2
)

// wait waits until nothing happens any more. Only in a bubble.
func wait() { synctest.Wait() }

// raw is one end of a connection.
type raw struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func newRaw(t *testing.T, c net.Conn) *raw {
	t.Cleanup(func() { _ = c.Close() })
	return &raw{Conn: c, t: t, r: bufio.NewReader(c)}
}

// dialRaw connects to n.
func dialRaw(t *testing.T, f fabric, n *node) *raw {
	t.Helper()
	cfg := tcptransport.DefaultConfig()
	f(t, "raw", &cfg)
	c, err := cfg.Dialer(t.Context(), "tcp", n.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return newRaw(t, c)
}

// connectRaw connects to n as peer.
func connectRaw(t *testing.T, f fabric, n *node, peer *views.Peer) *raw {
	t.Helper()
	c := dialRaw(t, f, n)
	c.send(helloFrame(peer, n.peer.ID))
	c.verdict(tcptransport.VerdictOK)
	c.send(readyFrame())
	return c
}

// rawListener accepts connections that nobody answers.
type rawListener struct {
	net.Listener
	t *testing.T
}

func listenRaw(t *testing.T, f fabric) *rawListener {
	t.Helper()
	cfg := tcptransport.DefaultConfig()
	f(t, "raw", &cfg)
	t.Cleanup(func() { _ = cfg.Listener.Close() })
	return &rawListener{Listener: cfg.Listener, t: t}
}

func (l *rawListener) accept() *raw {
	l.t.Helper()
	c, err := l.Accept()
	if err != nil {
		l.t.Fatal(err)
	}
	return newRaw(l.t, c)
}

func (c *raw) close() { _ = c.Close() }

func (c *raw) send(frames []byte) {
	c.t.Helper()
	if _, err := c.Write(frames); err != nil {
		c.t.Fatal(err)
	}
}

// frame reads one frame.
func (c *raw) frame() (typ byte, body []byte, err error) {
	head := make([]byte, wire.HeaderLen)
	if _, err = io.ReadFull(c.r, head); err != nil {
		return 0, nil, err
	}
	h, err := wire.ParseHeader(head, wire.MaxFrame)
	if err != nil {
		return 0, nil, err
	}
	body = make([]byte, h.Body())
	_, err = io.ReadFull(c.r, body)
	return h.Type, body, err
}

// expect reads a frame of the given type.
func (c *raw) expect(want byte) []byte {
	c.t.Helper()
	typ, body, err := c.frame()
	if err != nil || typ != want {
		c.t.Fatalf("frame of type %d, %v, want type %d", typ, err, want)
	}
	return body
}

// verdict reads a HelloReply.
func (c *raw) verdict(want tcptransport.Verdict) {
	c.t.Helper()
	fields := wire.Parse(c.expect(typeReply))
	tag, value, _ := fields.Next()
	got, err := wire.Uint(value)
	if tag != 1 || err != nil || tcptransport.Verdict(got) != want {
		c.t.Fatalf("verdict %d (%v), want %d", got, err, want)
	}
}

// message reads a numbered message.
func (c *raw) message(request uint32) {
	c.t.Helper()
	m, err := membership.DecodeMessage(byte(membership.NeighborReply), c.expect(byte(membership.NeighborReply)))
	if err != nil || m.Request != request {
		c.t.Fatalf("message %d, %v, want %d", m.Request, err, request)
	}
}

// ends waits for the other side to close.
func (c *raw) ends() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.r); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		c.t.Fatal(err)
	}
}

// helloOf is a hello with every field to choose.
type helloOf struct {
	magic, cluster    string
	purpose, min, max uint64
	peer              *views.Peer
	expected          string
}

func goodHello(peer *views.Peer, expected string) helloOf {
	return helloOf{
		magic: "kith", cluster: "test", purpose: linkPurpose, min: 1, max: 1,
		peer: peer, expected: expected,
	}
}

func (h helloOf) frame() []byte {
	b := wire.AppendHeader(nil, typeHello)
	b = wire.AppendString(b, 1, h.magic)
	b = wire.AppendString(b, 2, h.cluster)
	b = wire.AppendUint(b, 3, h.purpose)
	b = wire.AppendUint(b, 4, h.min)
	b = wire.AppendUint(b, 5, h.max)
	b = wire.AppendPeer(b, 6, h.peer)
	if h.expected != "" {
		b = wire.AppendString(b, 7, h.expected)
	}
	return wire.FinishFrame(b, 0)
}

func helloFrame(peer *views.Peer, expected string) []byte { return goodHello(peer, expected).frame() }

func replyFrame(v tcptransport.Verdict, peer *views.Peer) []byte {
	b := wire.AppendUint(wire.AppendHeader(nil, typeReply), 1, uint64(v))
	return wire.FinishFrame(wire.AppendPeer(b, 2, peer), 0)
}

func readyFrame() []byte { return wire.FinishFrame(wire.AppendHeader(nil, typeReady), 0) }

func messageFrame(request uint32) []byte { return membership.AppendMessage(nil, numbered(request)) }
