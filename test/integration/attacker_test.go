// Attacks over TCP: what is no hello, links that carry what no node sends, silence.

//go:build unix

package integration_test

import (
	"crypto/tls"
	"errors"
	"io"
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
	// from is the address that connections come from, where the system lets one choose.
	from net.IP
	// secure is the TLS of connections, nil without.
	secure *tls.Config
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
	peer                     views.Peer
}

// proper returns the hello of a node that means the victim, each under another name: somebody
// whom nobody can dial.
func (a *attacker) proper() hello {
	a.connections++
	return hello{
		magic: "kith", cluster: a.victim.world.cluster, expected: a.victim.id,
		purpose: purposeLink, min: wire.Version, max: wire.Version,
		peer: views.Peer{
			ID: "ghost-" + strconv.Itoa(a.connections), Incarnation: uint64(time.Now().UnixMilli()), Addr: "127.0.0.1:1",
		},
	}
}

// frame returns the frame of a hello.
func (h *hello) frame() []byte {
	b := wire.AppendHeader(nil, typeHello)
	b = wire.AppendString(b, tagMagic, h.magic)
	b = wire.AppendString(b, tagCluster, h.cluster)
	b = wire.AppendUint(b, tagPurpose, h.purpose)
	b = wire.AppendUint(b, tagMin, h.min)
	b = wire.AppendUint(b, tagMax, h.max)
	b = wire.AppendPeer(b, tagPeer, &h.peer)
	b = wire.AppendString(b, tagExpected, h.expected)
	return wire.FinishFrame(b, 0)
}

// connect connects to the victim.
func (a *attacker) connect() (net.Conn, error) {
	a.t.Helper()
	a.connections++
	dialer := net.Dialer{Timeout: patience}
	if a.from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: a.from}
	}
	conn, err := dialer.DialContext(a.t.Context(), "tcp", a.victim.addr)
	if err != nil {
		return nil, err
	}
	a.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil || a.secure == nil {
		return conn, err
	}
	return tls.Client(conn, a.secure), nil
}

// dial connects to the victim and sends what is given.
func (a *attacker) dial(send []byte) net.Conn {
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
func (a *attacker) link() net.Conn {
	a.t.Helper()
	return a.linkAs(a.proper())
}

// linkAs says that hello, and becomes a peer with a link.
func (a *attacker) linkAs(h hello) net.Conn {
	a.t.Helper()
	conn := a.dial(h.frame())
	if v := a.answer(conn); v != tcptransport.VerdictOK {
		a.t.Fatalf("the answer to a proper hello: %v", v)
	}
	if _, err := conn.Write(wire.FinishFrame(wire.AppendHeader(nil, typeReady), 0)); err != nil {
		a.t.Fatal(err)
	}
	return conn
}

// answer reads the answer to a hello.
func (a *attacker) answer(conn net.Conn) tcptransport.Verdict {
	a.t.Helper()
	said := make([]byte, wire.HeaderLen+wire.MaxFrame)
	if _, err := io.ReadFull(conn, said[:wire.HeaderLen]); err != nil {
		a.t.Fatalf("the answer to a hello: %v", err)
	}
	head, err := wire.ParseHeader(said, wire.MaxFrame)
	if err != nil {
		a.t.Fatal(err)
	}
	said = said[:wire.HeaderLen+head.Body()]
	if _, err := io.ReadFull(conn, said[wire.HeaderLen:]); err != nil {
		a.t.Fatalf("the answer to a hello: %v", err)
	}
	return verdict(a.t, said)
}

// neverReads has a link, asks without end, and takes no answer.
func (a *attacker) neverReads() {
	a.t.Helper()
	conn := a.link()
	if tcp, ok := conn.(*net.TCPConn); !ok || tcp.SetReadBuffer(4<<10) != nil {
		a.t.Fatalf("%T takes no buffer size", conn)
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
