// Very many connections of every sort, after which nothing is left of them.

package tcptransport_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

// soak is a transport that is connected to by everybody, and what came of it.
type soak struct {
	*node
	t      *testing.T
	f      fabric
	other  *node // whom it dials
	silent []*raw
	lost   int
}

func newSoak(t *testing.T, f fabric) *soak {
	t.Helper()
	hasty := func(cfg *tcptransport.Config) {
		cfg.HelloTimeout, cfg.DialTimeout, cfg.Linger = time.Second, time.Second, time.Second
		cfg.Idle = 100 * time.Millisecond
		cfg.MaxUnidentified, cfg.MaxInbound = 128, 64
	}
	s := &soak{t: t, f: f, node: start(t, f, "b", 1, hasty), other: start(t, f, "a", 1, hasty)}
	s.join = func(_ context.Context, m membership.Message) (membership.Message, error) {
		return membership.Message{Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: m.Peer}, nil
	}
	return s
}

// drain takes what the nodes have told, of which only the number of lost links counts.
func (s *soak) drain() {
	for len(s.events) > 0 {
		if e := <-s.events; e.lost {
			s.lost++
		}
	}
	for len(s.other.events) > 0 {
		<-s.other.events
	}
}

// connect makes connection number i, of one sort of all there are.
func (s *soak) connect(i int) {
	s.t.Helper()
	peer := stranger(fmt.Sprint("x", i))
	peer.Addr = "127.0.0.1:1" // where nobody listens
	switch i % 10 {
	case 0: // says nothing, and is still there when its time is over
		s.silent = append(s.silent, dialRaw(s.t, s.f, s.node))
	case 1: // goes without a word
		dialRaw(s.t, s.f, s.node).close()
	case 2: // is no node
		c := dialRaw(s.t, s.f, s.node)
		c.send([]byte("GET / HTTP/1.1\r\n\r\n"))
		_, _, _ = c.frame()
		c.close()
	case 3: // belongs to another cluster
		c := dialRaw(s.t, s.f, s.node)
		h := goodHello(peer, "b")
		h.cluster = "other"
		c.send(h.frame())
		c.verdict(tcptransport.VerdictCluster)
		c.close()
	case 4: // is accepted, and never Ready
		c := dialRaw(s.t, s.f, s.node)
		c.send(helloFrame(peer, "b"))
		c.verdict(tcptransport.VerdictOK)
		c.close()
	case 5: // becomes a link and goes
		c := connectRaw(s.t, s.f, s.node, peer)
		c.send(messageFrame(2))
		c.close()
	case 6: // becomes a link, and the node ends it
		c := connectRaw(s.t, s.f, s.node, peer)
		c.send(messageFrame(2))
		_, _, _ = c.frame() // until it is closed for being idle
		c.close()
	case 7: // asks to be let in
		c := dialRaw(s.t, s.f, s.node)
		h := goodHello(peer, "")
		h.purpose = joinPurpose
		c.send(h.frame())
		c.verdict(tcptransport.VerdictOK)
		c.send(membership.AppendMessage(nil, &membership.Message{Kind: membership.Join, Priority: membership.High, Peer: peer}))
		c.expect(byte(membership.JoinReply))
		c.close()
	case 8: // is dialed, and not there
		_ = s.Send(peer, 0, numbered(1)) // it may be one too many
	default: // is dialed, and the link closed
		life := *s.other.peer
		s.send(&life, 2)
		if i%20 == 9 {
			s.Close(&life, 0)
		}
	}
	if len(s.silent) >= 64 {
		s.wait()
	}
	s.drain()
}

// wait waits until those who say nothing have been sent away.
func (s *soak) wait() {
	s.t.Helper()
	for _, c := range s.silent {
		_, _, _ = c.frame()
		c.close()
	}
	s.silent = nil
}

// TestSoakTables makes connections of every sort, and looks at what the transport remembers
// a minute later, and at its goroutines.
func TestSoakTables(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		s := newSoak(t, f)
		wait()
		before := bubble()
		for i := range testkit.Soak(1000, 10_000) {
			s.connect(i)
		}
		s.wait()
		time.Sleep(time.Minute)
		wait()
		s.drain()
		if s.lost == 0 {
			t.Error("no link was lost")
		}
		for _, n := range []*node{s.node, s.other} {
			if links, seats, conns := n.Held(); links+seats+conns != 0 {
				t.Errorf("%s: %d links, %d seats, %d connections are left", n.peer.ID, links, seats, conns)
			}
		}
		if stacks := bubble(); strings.Count(stacks, "\ngoroutine ") > strings.Count(before, "\ngoroutine ") {
			t.Errorf("there are more goroutines than before:\n%s", stacks)
		}
	})
}

// bubble returns the stacks of the goroutines in this bubble: others, of the runtime, come and go.
func bubble() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var all strings.Builder
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if head, _, _ := strings.Cut(stack, "\n"); strings.Contains(head, "synctest bubble") {
			all.WriteString("\n" + stack)
		}
	}
	return all.String()
}

// descriptors counts the open files of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("open files cannot be counted here: ", err)
	}
	return len(files)
}

// TestSoakDescriptors makes connections of every sort over TCP, and counts the open files of the
// process afterwards.
func TestSoakDescriptors(t *testing.T) {
	dialable := func(t *testing.T, id string, cfg *tcptransport.Config) {
		loopback(t, id, cfg)
		cfg.Dialer = new(net.Dialer).DialContext
	}
	before := descriptors(t)
	s := newSoak(t, dialable)
	for i := range testkit.Soak(200, 10_000) {
		s.connect(i)
	}
	s.wait()
	s.shut()
	s.other.shut()
	if after := descriptors(t); after > before {
		t.Errorf("%d open files, %d before", after, before)
	}
}
