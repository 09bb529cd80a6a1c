// Attacks over TCP: what is no hello, links that carry what no node sends, silence.

//go:build unix

package integration_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// attacker attacks one node. Its methods return when the node has closed all
// their connections.
type attacker struct {
	t           *testing.T
	victim      *process
	connections int
}

// Frame types and tags of the hello, as in docs/wire.md.
const (
	typeHello, typeReply, typeReady = 240, 241, 242

	tagMagic, tagCluster, tagPurpose, tagMin, tagMax, tagPeer, tagExpected = 1, 2, 3, 4, 5, 6, 7

	tagVerdict = 1

	purposeLink, purposeJoin = 1, 2
)

// hello is what an attacker says of itself.
type hello struct {
	magic, cluster, expected string
	purpose, min, max        uint64
}

// proper returns the hello of a node that means the victim.
func (a *attacker) proper() hello {
	return hello{
		magic: "kith", cluster: a.victim.world.cluster, expected: a.victim.id,
		purpose: purposeLink, min: wire.Version, max: wire.Version,
	}
}

// frame returns the frame of a hello by somebody whom nobody can dial.
func (a *attacker) frame(h hello) []byte {
	a.connections++ // each under another name
	ghost := &views.Peer{
		ID: "ghost-" + strconv.Itoa(a.connections), Incarnation: uint64(time.Now().UnixMilli()), Addr: "127.0.0.1:1",
	}
	b := wire.AppendHeader(nil, typeHello)
	b = wire.AppendString(b, tagMagic, h.magic)
	b = wire.AppendString(b, tagCluster, h.cluster)
	b = wire.AppendUint(b, tagPurpose, h.purpose)
	b = wire.AppendUint(b, tagMin, h.min)
	b = wire.AppendUint(b, tagMax, h.max)
	b = wire.AppendPeer(b, tagPeer, ghost)
	b = wire.AppendString(b, tagExpected, h.expected)
	return wire.FinishFrame(b, 0)
}

// connect connects to the victim.
func (a *attacker) connect() (*net.TCPConn, error) {
	a.t.Helper()
	a.connections++
	conn, err := net.DialTimeout("tcp", a.victim.addr, patience)
	if err != nil {
		return nil, err
	}
	a.t.Cleanup(func() { _ = conn.Close() })
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		a.t.Fatalf("%T is not TCP", conn)
	}
	return tcp, conn.SetDeadline(time.Now().Add(patience))
}

// dial connects to the victim and sends what is given.
func (a *attacker) dial(send []byte) *net.TCPConn {
	a.t.Helper()
	conn, err := a.connect()
	if err != nil {
		a.t.Fatal(err)
	}
	_, _ = conn.Write(send) // an error is a close, which is awaited anyway
	return conn
}

// closed reads until the victim has closed the connection, by a reset or not, and
// returns what it said before.
func (a *attacker) closed(what string, conn net.Conn) []byte {
	a.t.Helper()
	said, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.t.Errorf("%s: not closed by the victim", what)
	}
	_ = conn.Close()
	return said
}

// refusedHellos says what is no hello, or a wrong one.
func (a *attacker) refusedHellos() {
	a.t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		noise := make([]byte, 1+rng.IntN(8<<10))
		for i := range noise {
			noise[i] = byte(rng.Uint32())
		}
		noise[0] |= 1 // the length of a frame far beyond any limit
		a.closed("noise", a.dial(noise))
	}
	for range 10 {
		a.closed("a frame of 4 GiB", a.dial(append([]byte{0xff, 0xff, 0xff, 0xff, 1, typeHello}, make([]byte, 64<<10)...)))
	}
	a.closed("HTTP", a.dial([]byte("GET / HTTP/1.1\r\nHost: kith\r\n\r\n")))
	for _, tt := range []struct {
		what    string
		change  func(*hello)
		verdict tcptransport.Verdict // 0: closed without an answer
	}{
		{"wrong magic", func(h *hello) { h.magic = "kiss" }, 0},
		{"malformed cluster", func(h *hello) { h.cluster = "a.b" }, 0},
		{"no purpose", func(h *hello) { h.purpose = 9 }, 0},
		{"wrong cluster", func(h *hello) { h.cluster = "another" }, tcptransport.VerdictCluster},
		{"wrong version", func(h *hello) { h.min, h.max = wire.Version+1, wire.Version+1 }, tcptransport.VerdictVersion},
		{"wrong peer", func(h *hello) { h.expected = "somebody" }, tcptransport.VerdictWrongPeer},
	} {
		h := a.proper()
		tt.change(&h)
		said := a.closed(tt.what, a.dial(a.frame(h)))
		if got := verdict(a.t, said); got != tt.verdict {
			a.t.Errorf("%s: the verdict is %v, want %v", tt.what, got, tt.verdict)
		}
	}
}

// verdict reads the answer to a hello; 0 when there was none.
func verdict(t *testing.T, said []byte) tcptransport.Verdict {
	t.Helper()
	if len(said) == 0 {
		return 0
	}
	h, err := wire.ParseHeader(said, wire.MaxFrame)
	if err != nil || h.Type != typeReply {
		t.Fatalf("not the answer to a hello: %x: %v", said, err)
	}
	fields := wire.Parse(said[wire.HeaderLen:][:h.Body()])
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if tag == tagVerdict {
			n, err := wire.Uint(value)
			if err != nil {
				t.Fatal(err)
			}
			return tcptransport.Verdict(n)
		}
	}
	return 0
}

// link becomes a peer with a link to the victim.
func (a *attacker) link() *net.TCPConn {
	a.t.Helper()
	conn := a.dial(a.frame(a.proper()))
	said := make([]byte, wire.HeaderLen+wire.MaxFrame)
	if _, err := io.ReadFull(conn, said[:wire.HeaderLen]); err != nil {
		a.t.Fatalf("the answer to a hello: %v", err)
	}
	h, err := wire.ParseHeader(said, wire.MaxFrame)
	if err != nil {
		a.t.Fatal(err)
	}
	said = said[:wire.HeaderLen+h.Body()]
	if _, err := io.ReadFull(conn, said[wire.HeaderLen:]); err != nil {
		a.t.Fatalf("the answer to a hello: %v", err)
	}
	if v := verdict(a.t, said); v != tcptransport.VerdictOK {
		a.t.Fatalf("the answer to a proper hello: %v", v)
	}
	if _, err := conn.Write(wire.FinishFrame(wire.AppendHeader(nil, typeReady), 0)); err != nil {
		a.t.Fatal(err)
	}
	return conn
}

// badFrames has links and sends on them what no node would.
func (a *attacker) badFrames() {
	a.t.Helper()
	oversize := []byte{0xff, 0xff, 0xff, 0xff, wire.Version, byte(membership.Heartbeat)}
	unreadable := wire.FinishFrame(append(wire.AppendHeader(nil, byte(membership.Shuffle)), 0, 0, 0), 0)
	impossible := wire.FinishFrame(wire.AppendUint(wire.AppendHeader(nil, byte(membership.Neighbor)), 2, 77), 0)
	unknown := wire.FinishFrame(append(wire.AppendHeader(nil, 200), bytes.Repeat([]byte{7}, 60<<10)...), 0)
	for what, frames := range map[string][]byte{
		"an oversize frame":                 oversize,
		"unreadable frames":                 bytes.Repeat(unreadable, 20),
		"frames with values that cannot be": bytes.Repeat(impossible, 20),
		"unknown frames, which are skipped, and then unreadable ones": append(bytes.Repeat(unknown, 20), bytes.Repeat(unreadable, 20)...),
		"a second hello, and more":                                    bytes.Repeat(a.frame(a.proper()), 20),
	} {
		conn := a.link()
		_, _ = conn.Write(frames) // the victim may close in the middle of it
		a.closed(what, conn)
	}
	h := a.proper()
	h.purpose = purposeJoin
	conn := a.dial(append(a.frame(h), oversize...))
	a.closed("an oversize JOIN", conn)
}

// neverReads has a link, asks without end, and takes no answer.
func (a *attacker) neverReads() {
	a.t.Helper()
	conn := a.link()
	if err := conn.SetReadBuffer(4 << 10); err != nil {
		a.t.Fatal(err)
	}
	var requests []byte
	for i := range 200 {
		requests = membership.AppendMessage(requests, &membership.Message{
			Kind: membership.Neighbor, Priority: membership.Low, Request: uint32(i + 1), Degree: 1,
		})
	}
	var err error
	for err == nil {
		_, err = conn.Write(requests)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.t.Error("a peer that never reads: the victim neither reads on nor closes")
	}
	_ = conn.Close()
}

// saysNothing opens many connections and waits. The victim bears some of them for a
// while and resets the others at once.
func (a *attacker) saysNothing(n int) {
	a.t.Helper()
	var open []net.Conn
	for range n {
		conn, err := a.connect()
		switch {
		case err == nil:
			open = append(open, conn)
		case !errors.Is(err, syscall.ECONNRESET):
			a.t.Fatal(err)
		}
	}
	for _, conn := range open {
		a.closed("a connection without a hello", conn)
	}
}
