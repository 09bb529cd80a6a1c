// Cases at the edges: who has just gone, buffers that are small, servers that stall, clusters
// that were cut in two.

package natsbridge_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// A request that somebody at the own server answers is not refused because a member of a queue
// group elsewhere has just gone.
func TestNoFalseNoResponders(t *testing.T) {
	b := run(t, 2)
	release := make(chan struct{})
	respond(t, b.client(0), "svc", "", func(m *nats.Msg) {
		<-release
		_ = m.Respond([]byte("local"))
	})
	remote := b.client(1)
	member, err := remote.QueueSubscribe("svc", "q", func(*nats.Msg) {})
	if err = errors.Join(err, remote.Flush()); err != nil {
		t.Fatal(err)
	}
	b.wanted(0, "svc", 1)
	if err := errors.Join(member.Unsubscribe(), remote.Flush()); err != nil {
		t.Fatal(err)
	}
	asker := b.client(0)
	answers := inbox(t, asker, asker.NewRespInbox())
	for range 20 {
		if err := asker.PublishRequest("svc", answers.Subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	b.nothing(0, 1, answers) // whatever the other node has to say has come by then
	close(release)
	for range 20 {
		if m := next(t, answers); string(m.Data) != "local" {
			t.Fatalf("answered by %v", m)
		}
	}
}

// While the mesh is cut, both halves may have a node that acts for one server. What each
// exported does not come back into that server when the mesh is whole.
func TestHealedPartitionOfOneServer(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(4), meshtest.SharedServer(), meshtest.Quick()), t}
	hub, others := serve(t, nil), [2]*embedded.Server{serve(t, nil), serve(t, nil)}
	var bridges []*natsbridge.Bridge
	for i, url := range []string{hub.LeafURL(), others[0].LeafURL(), hub.LeafURL(), others[1].LeafURL()} {
		bridges = append(bridges, b.bridge(i, natsbridge.Config{URL: url, TTL: 5 * time.Second, Grace: 500 * time.Millisecond}))
	}
	inHub := inbox(t, connect(t, hub.URL()), "news")
	out := [2]*nats.Subscription{inbox(t, connect(t, others[0].URL()), "news"), inbox(t, connect(t, others[1].URL()), "news")}
	for i, acting := range []int{0, 2} {
		if i == 1 {
			b.Cut([]int{0, 1}, []int{2, 3})
			awaitExporter(t, bridges[acting])
		}
		if err := bridges[acting].Await(b.within(10*time.Second), "news", 1); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, connect(t, hub.URL()), "news", "during")
	for _, sub := range append(out[:], inHub) {
		next(t, sub)
	}
	b.Heal()
	// The halves know each other again, and what is in store has come by then.
	for i, subject := range map[int]string{1: "left", 3: "right"} {
		inbox(t, connect(t, others[i/2].URL()), subject)
	}
	if err := errors.Join(
		bridges[3].Await(b.within(20*time.Second), "left", 1), bridges[1].Await(b.within(20*time.Second), "right", 1),
	); err != nil {
		t.Fatal(err)
	}
	if m, err := inHub.NextMsg(2 * time.Second); err == nil {
		t.Errorf("%q came back", m.Data)
	}
}

// Messages that fill a small buffer are written, and wait for each other.
func TestSmallBuffers(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(2), meshtest.SharedServer()), t}
	from, to := serve(t, nil), serve(t, nil)
	near := b.bridge(0, natsbridge.Config{URL: from.LeafURL()})
	b.bridge(1, natsbridge.Config{URL: to.LeafURL(), PendingBytes: 1100 << 10})
	sub := inbox(t, connect(t, to.URL()), "news")
	if err := near.Await(b.within(10*time.Second), "news", 1); err != nil {
		t.Fatal(err)
	}
	nc := connect(t, from.URL())
	for range 20 {
		publish(t, nc, "news", string(make([]byte, 60<<10)), string(make([]byte, 1000<<10)))
	}
	for range 40 {
		next(t, sub)
	}
}

// Two bridges by clients' connections to one server: one of them acts, also for replies.
func TestConnsOfOneServer(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(3), meshtest.SharedServer()), t}
	leafless, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leafless.Shutdown)
	for i := range 2 {
		b.bridge(i, natsbridge.Config{Conn: connect(t, leafless.URL(), nats.NoEcho()), Subjects: []string{"mesh.>"}})
	}
	other := serve(t, nil)
	far := b.bridge(2, natsbridge.Config{URL: other.LeafURL()})
	respond(t, connect(t, leafless.URL()), "mesh.q", "", func(m *nats.Msg) { _ = m.Respond([]byte("one")) })
	if err := far.Await(b.within(10*time.Second), "mesh.q", 1); err != nil {
		t.Fatal(err)
	}
	there := connect(t, other.URL())
	answers := inbox(t, there, there.NewRespInbox())
	for range 10 {
		if err := there.PublishRequest("mesh.q", answers.Subject, nil); err != nil {
			t.Fatal(err)
		}
		next(t, answers)
	}
	if m, err := answers.NextMsg(200 * time.Millisecond); err == nil {
		t.Errorf("%q came twice", m.Data)
	}
}

// A server that reads no more does not keep its node from ending.
func TestStalledServer(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(2), meshtest.SharedServer()), t}
	from, to := serve(t, nil), serve(t, nil)
	u, err := url.Parse(to.LeafURL())
	if err != nil {
		t.Fatal(err)
	}
	var stalled atomic.Bool
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	u.Host = stallable(t, u.Host, &stalled, release)
	near := b.bridge(0, natsbridge.Config{URL: from.LeafURL()})
	b.bridge(1, natsbridge.Config{URL: u.String()})
	inbox(t, connect(t, to.URL()), "news")
	if err := near.Await(b.within(10*time.Second), "news", 1); err != nil {
		t.Fatal(err)
	}
	stalled.Store(true)
	nc := connect(t, from.URL())
	for range 100 {
		publish(t, nc, "news", string(make([]byte, 256<<10)))
	}
	ended := make(chan struct{})
	go func() {
		b.Node(1).Stop()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the node does not end")
		<-ended
	}
}

// stallable passes connections on to a server, and reads no more from them when it is told.
func stallable(t *testing.T, to string, stalled *atomic.Bool, release chan struct{}) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				return
			}
			go func() {
				_, _ = io.Copy(in, out)
				_ = in.Close()
			}()
			go func() {
				defer func() { _, _ = in.Close(), out.Close() }()
				buf := make([]byte, 32<<10)
				for !stalled.Load() {
					n, err := in.Read(buf)
					if err != nil {
						return
					}
					_, _ = out.Write(buf[:n])
				}
				<-release
			}()
		}
	}()
	return l.Addr().String()
}
