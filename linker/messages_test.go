// Who hears what: each neighbor once, nobody else.

package linker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/linker"
)

// everybodySays is what the nodes of a world hear when each says its own name.
func everybodySays(w *world) []map[string]int {
	want := make([]map[string]int, len(w.nodes))
	for i := range w.nodes {
		want[i] = map[string]int{}
		for _, p := range w.neighbors(i) {
			want[i][p.ID+" said.all "+p.ID] = 1
		}
	}
	return want
}

func TestPublishReachesEachNeighborOnce(t *testing.T) {
	overGraphs(t, func(_ *testing.T, _ linker.Mode, w *world) {
		for _, n := range w.nodes {
			n.say(n.peer.ID)
		}
		w.expect(everybodySays(w))
	})
}

func TestPublishToReachesOneNeighborOnce(t *testing.T) {
	overGraphs(t, func(t *testing.T, _ linker.Mode, w *world) {
		want := make([]map[string]int, len(w.nodes))
		for i := range want {
			want[i] = map[string]int{}
		}
		for _, e := range w.edges {
			for _, pair := range [][2]int{e, {e[1], e[0]}} {
				from, to := w.nodes[pair[0]], w.nodes[pair[1]]
				if err := from.PublishTo(to.peer.ID, "said.one", []byte("x")); err != nil {
					t.Error(err)
				}
				want[pair[1]][from.peer.ID+" said.one x"] = 1
			}
		}
		w.expect(want)
	})
}

// TestConnectedServersDoNotDouble puts nodes in mode Connections on servers that
// pass on each other's messages: one server for all, and a NATS cluster.
func TestConnectedServersDoNotDouble(t *testing.T) {
	run := func(t *testing.T, servers ...*server.Server) {
		t.Helper()
		w := &world{tb: t, edges: [][2]int{{0, 1}, {1, 2}, {0, 2}, {2, 3}}}
		for i := range 4 {
			w.nodes = append(w.nodes, newNode(t, fmt.Sprintf("n%d", i), servers[i%len(servers)]))
		}
		w.start(testConfig(linker.Connections))
		for i, n := range w.nodes {
			n.say(n.peer.ID)
			for _, p := range w.neighbors(i) {
				if err := n.PublishTo(p.ID, "said.one", []byte("x")); err != nil {
					t.Error(err)
				}
			}
		}
		want := everybodySays(w)
		for i := range w.nodes {
			for _, p := range w.neighbors(i) {
				want[i][p.ID+" said.one x"] = 1
			}
		}
		w.expect(want)
	}
	t.Run("one server", func(t *testing.T) { run(t, startServer(t, -1)) })
	t.Run("cluster", func(t *testing.T) { run(t, startCluster(t)...) })
}

// startCluster runs two NATS servers with a route between them.
func startCluster(t *testing.T) []*server.Server {
	t.Helper()
	var servers []*server.Server
	opts := func() *server.Options {
		return &server.Options{
			Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: -1, PoolSize: -1},
		}
	}
	for i := range 2 {
		o := opts()
		if i > 0 {
			o.Routes = server.RoutesFromStr("nats://" + servers[0].ClusterAddr().String())
		}
		s, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { stopServer(s) })
		if !s.ReadyForConnections(patience) {
			t.Fatal("the NATS server does not start")
		}
		servers = append(servers, s)
	}
	eventually(t, "the route of the cluster", func() bool {
		return servers[0].NumRoutes() > 0 && servers[1].NumRoutes() > 0
	})
	return servers
}

func TestHeadersAndOrder(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		for i, from := range w.nodes {
			to := w.nodes[1-i]
			got := make(chan string, 100)
			sub := to.subscribe("order.*", func(m linker.Msg) {
				got <- m.Header.Get("N") + m.From + m.Subject + m.Reply() + string(m.Data)
			})
			for k := range 50 {
				m := &nats.Msg{Subject: "order.x", Header: nats.Header{"N": {fmt.Sprint(k)}}, Data: []byte("d")}
				var err error
				if k%2 == 0 {
					err = from.PublishMsg(m)
				} else {
					err = from.PublishMsgTo(to.peer.ID, m)
				}
				if err != nil {
					t.Fatal(err)
				}
				if m.Subject != "order.x" {
					t.Fatalf("the caller's message has the subject %s now", m.Subject)
				}
			}
			w.sync()
			for k := range 50 {
				// To all and to one keep their order: they share the connection and
				// the queue.
				if have, want := <-got, fmt.Sprint(k)+from.peer.ID+"order.xd"; have != want {
					t.Fatalf("message %d to %s is %q, want %q", k, to.peer.ID, have, want)
				}
			}
			sub.Unsubscribe()
		}
	})
}

func TestRequest(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 3, [][2]int{{0, 1}, {1, 2}})
		for _, n := range w.nodes {
			n.subscribe("svc.double", func(m linker.Msg) {
				answer := &nats.Msg{Header: nats.Header{"By": {n.peer.ID}}, Data: bytes.Repeat(m.Data, 2)}
				if err := m.RespondMsg(answer); err != nil {
					t.Error(err)
				}
			})
		}
		for _, e := range [][2]int{{0, 1}, {1, 0}, {1, 2}, {2, 1}} {
			from, to := w.nodes[e[0]], w.nodes[e[1]]
			answer, err := from.Request(t.Context(), to.peer.ID, "svc.double", []byte("ab"))
			if err != nil {
				t.Fatal(err)
			}
			if string(answer.Data) != "abab" || answer.Header.Get("By") != to.peer.ID {
				t.Errorf("answer is %q by %q", answer.Data, answer.Header.Get("By"))
			}
			if _, err := from.Request(t.Context(), to.peer.ID, "svc.none", nil); !errors.Is(err, nats.ErrNoResponders) {
				t.Errorf("a request that nobody handles: %v, want ErrNoResponders", err)
			}
		}
		_, err := w.nodes[0].Request(t.Context(), w.nodes[2].peer.ID, "svc.double", nil)
		if fault := asLinkError(t, err); !errors.Is(err, linker.ErrNotLinked) || fault.State != 0 || fault.Peer != "n2" {
			t.Errorf("a request to a stranger: %v", err)
		}
	})
}

func TestRequestEndsWithItsContext(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		asked := make(chan struct{}, 2)
		for i, n := range w.nodes {
			n.subscribe("mute", func(linker.Msg) { asked <- struct{}{} })
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if _, err := w.nodes[1-i].Request(ctx, n.peer.ID, "mute", nil); !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v, want that of the context", err)
			}
		}
	})
}

func TestSubscriptionsMatchAsInNATS(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		var mu sync.Mutex
		counts := map[string]int{}
		handler := func(name string) linker.Handler {
			return func(m linker.Msg) {
				mu.Lock()
				defer mu.Unlock()
				counts[name+" "+m.Subject]++
			}
		}
		for _, subject := range []string{"a.b", "a.*", "a.>", ">", "*", "b.>", "a.b.c"} {
			w.nodes[0].subscribe(subject, handler(subject))
		}
		gone := w.nodes[0].subscribe("a.b", handler("gone"))
		gone.Unsubscribe()
		gone.Unsubscribe()
		for _, subject := range []string{"a.b", "c"} {
			if err := w.nodes[1].Publish(subject, nil); err != nil {
				t.Fatal(err)
			}
		}
		w.request(w.nodes[1], "n0")
		mu.Lock()
		defer mu.Unlock()
		maps.DeleteFunc(counts, func(name string, _ int) bool { return strings.HasSuffix(name, " sync") })
		want := map[string]int{"a.b a.b": 1, "a.* a.b": 1, "a.> a.b": 1, "> a.b": 1, "> c": 1, "* c": 1}
		if !maps.Equal(counts, want) {
			t.Errorf("handlers were called %v, want %v", counts, want)
		}
	})
}

func TestInvalidMessages(t *testing.T) {
	w := newWorld(t, linker.Subscriptions, 2, [][2]int{{0, 1}})
	n := w.nodes[0]
	for _, subject := range []string{"", "a b", "a..b", ".a", "a.", "a.*", ">", "a.>", "a*", "a\tb", "a\r\nPUB x 0\r\n"} {
		_, request := n.Request(t.Context(), "n1", subject, nil)
		for _, err := range []error{n.Publish(subject, nil), n.PublishTo("n1", subject, nil), request} {
			if !errors.Is(err, linker.ErrSubject) {
				t.Errorf("publishing on %q: %v, want ErrSubject", subject, err)
			}
		}
	}
	for _, subject := range []string{"", "a b", "a..b", "a.>.b", "a*", ">a"} {
		if _, err := n.Subscribe(subject, func(linker.Msg) {}); !errors.Is(err, linker.ErrSubject) {
			t.Errorf("subscribing to %q: %v, want ErrSubject", subject, err)
		}
	}
	if _, err := n.Subscribe("a", nil); !errors.Is(err, linker.ErrHandler) {
		t.Errorf("subscribing without a handler: %v, want ErrHandler", err)
	}
	m := &nats.Msg{Subject: "a", Reply: "b"}
	if err := n.PublishMsg(m); !errors.Is(err, linker.ErrReply) {
		t.Errorf("publishing with a reply subject: %v, want ErrReply", err)
	}
	if err := n.PublishMsgTo("n1", m); !errors.Is(err, linker.ErrReply) {
		t.Errorf("publishing to one with a reply subject: %v, want ErrReply", err)
	}
	tooLong := make([]byte, n.local.MaxPayload()+1)
	err := n.Publish("a", tooLong)
	if fault := asLinkError(t, err); !errors.Is(err, nats.ErrMaxPayload) || fault.Peer != "n1" {
		t.Errorf("publishing too much: %v, want ErrMaxPayload", err)
	}
}

func TestLinkCountsMessages(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		for i, n := range w.nodes {
			if err := n.Publish("a", []byte("123")); err != nil {
				t.Fatal(err)
			}
			if err := n.PublishTo(w.nodes[1-i].peer.ID, "a", []byte("4567")); err != nil {
				t.Fatal(err)
			}
		}
		w.request(w.nodes[0], "n1")
		w.request(w.nodes[1], "n0")
		for _, n := range w.nodes {
			// Each has said two things and asked once, with an answer of two bytes.
			k := n.Links()[0]
			if k.MsgsOut != 3 || k.BytesOut != 7 || k.MsgsIn != 4 || k.BytesIn != 9 || k.RTT <= 0 {
				t.Errorf("link of %s is %+v", n.peer.ID, k)
			}
		}
	})
}

func TestHandlerPanics(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		for _, n := range w.nodes {
			n.subscribe("said.>", func(linker.Msg) { panic("no") })
		}
		for _, n := range w.nodes {
			n.say(n.peer.ID)
		}
		w.expect(everybodySays(w))
		for _, n := range w.nodes {
			if got := n.Counts().Panics; got != 1 {
				t.Errorf("%s counts %d panics, want 1", n.peer.ID, got)
			}
		}
	})
}
