// A world of a few nodes for the tests: NATS servers, views that a test sets, and
// what every node has heard.

package linker_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/views"
)

var modes = []linker.Mode{linker.Connections, linker.Subscriptions}

// patience is how long anything may take before a test gives up.
const patience = 30 * time.Second

// startServer runs a NATS server until the test ends; port -1 is any.
func startServer(tb testing.TB, port int) *server.Server {
	tb.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true})
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		tb.Fatal("the NATS server does not start")
	}
	tb.Cleanup(func() { stopServer(s) })
	return s
}

// portOf is the port that a server listens on.
func portOf(tb testing.TB, s *server.Server) int {
	tb.Helper()
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatalf("the server listens on %v", s.Addr())
	}
	return addr.Port
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// connect opens the connection that a node's caller owns.
func connect(tb testing.TB, s *server.Server) *nats.Conn {
	tb.Helper()
	nc, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond),
		nats.ReconnectJitter(0, 0), nats.ReconnectBufSize(-1))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(nc.Close)
	return nc
}

// view is an active view that a test sets.
type view struct {
	mu      sync.Mutex
	peers   []views.Peer
	changed chan struct{}
}

func (v *view) set(peers ...views.Peer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.peers = slices.Clone(peers)
	if v.changed != nil {
		close(v.changed)
	}
	v.changed = make(chan struct{})
}

func (v *view) watch(ctx context.Context) iter.Seq[[]views.Peer] {
	return func(yield func([]views.Peer) bool) {
		for {
			v.mu.Lock()
			peers, changed := v.peers, v.changed
			v.mu.Unlock()
			if !yield(peers) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// node is one node of a world.
type node struct {
	tb     testing.TB
	peer   views.Peer
	server *server.Server
	local  *nats.Conn
	view   *view
	*linker.Linker

	mu    sync.Mutex
	heard map[string]int // "sender subject data" → times
}

// testConfig retries fast, and otherwise does nothing by the clock that a test
// could wait for by mistake.
func testConfig(mode linker.Mode) linker.Config {
	cfg := linker.DefaultConfig()
	cfg.Mode, cfg.Cluster = mode, "test"
	cfg.Reconcile = time.Hour
	cfg.BackoffMin, cfg.BackoffMax = 20*time.Millisecond, 100*time.Millisecond
	return cfg
}

// newNode makes a node that is not started. In mode Connections it gets a server
// of its own if none is given.
func newNode(tb testing.TB, id string, s *server.Server) *node {
	tb.Helper()
	if s == nil {
		s = startServer(tb, -1)
	}
	n := &node{tb: tb, server: s, local: connect(tb, s), view: new(view), heard: map[string]int{}}
	n.peer = views.Peer{ID: id, Incarnation: 1, Addr: "127.0.0.1:1", NATS: s.ClientURL()}
	n.view.set()
	return n
}

// start starts the node; it is closed when the test ends.
func (n *node) start(cfg linker.Config, opts ...nats.Option) {
	n.tb.Helper()
	self := n.peer
	cfg.Self = &self
	l, err := linker.Start(n.tb.Context(), cfg, n.local, n.view.watch, opts...)
	if err != nil {
		n.tb.Fatal(err)
	}
	n.Linker = l
	n.tb.Cleanup(func() { n.close() })
	n.subscribe("said.>", func(m linker.Msg) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.heard[m.From+" "+m.Subject+" "+string(m.Data)]++
	})
	n.subscribe("sync", func(m linker.Msg) {
		if err := m.Respond([]byte(n.peer.ID)); err != nil {
			n.tb.Error(err)
		}
	})
}

func (n *node) close() {
	n.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		n.tb.Error(err)
	}
}

func (n *node) subscribe(subject string, h linker.Handler) *linker.Subscription {
	n.tb.Helper()
	s, err := n.Subscribe(subject, h)
	if err != nil {
		n.tb.Fatal(err)
	}
	return s
}

// up waits until the links to these nodes, or to all neighbors, are up.
func (n *node) up(others ...*node) {
	n.tb.Helper()
	ids := make([]string, 0, len(others))
	for _, o := range others {
		ids = append(ids, o.peer.ID)
	}
	ctx, cancel := context.WithTimeout(n.tb.Context(), patience)
	defer cancel()
	if err := n.WaitUp(ctx, ids...); err != nil {
		n.tb.Fatalf("%s: %v", n.peer.ID, err)
	}
}

// await waits until the links are as wanted.
func (n *node) await(what string, wanted func([]linker.Link) bool) []linker.Link {
	n.tb.Helper()
	ctx, cancel := context.WithTimeout(n.tb.Context(), patience)
	defer cancel()
	var last []linker.Link
	for links := range n.Watch(ctx) {
		if last = links; wanted(links) {
			return links
		}
	}
	n.tb.Fatalf("%s: no %s, links are %+v", n.peer.ID, what, last)
	return nil
}

// awaitState waits for the state of the link to one other.
func (n *node) awaitState(other *node, state linker.State) linker.Link {
	n.tb.Helper()
	return n.awaitLink(other, state.String(), func(k linker.Link) bool { return k.State == state })
}

func (n *node) awaitLink(other *node, what string, wanted func(linker.Link) bool) linker.Link {
	n.tb.Helper()
	var found linker.Link
	n.await(what+" link to "+other.peer.ID, func(links []linker.Link) bool {
		i := slices.IndexFunc(links, func(k linker.Link) bool { return k.Peer.ID == other.peer.ID && wanted(k) })
		if i >= 0 {
			found = links[i]
		}
		return i >= 0
	})
	return found
}

// say publishes to all neighbors.
func (n *node) say(text string) {
	n.tb.Helper()
	if err := n.Publish("said.all", []byte(text)); err != nil {
		n.tb.Errorf("%s: %v", n.peer.ID, err)
	}
}

// take returns what the node has heard, and forgets it.
func (n *node) take() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	heard := n.heard
	n.heard = map[string]int{}
	return heard
}

// world is some nodes and who is linked to whom.
type world struct {
	tb    testing.TB
	nodes []*node
	edges [][2]int
}

// newWorld starts n nodes, on one server or each on its own as the mode wants it,
// linked by the edges, and waits until all links are up.
func newWorld(tb testing.TB, mode linker.Mode, n int, edges [][2]int) *world {
	tb.Helper()
	var shared *server.Server
	if mode == linker.Subscriptions {
		shared = startServer(tb, -1)
	}
	w := &world{tb: tb, edges: edges}
	for i := range n {
		w.nodes = append(w.nodes, newNode(tb, fmt.Sprintf("n%d", i), shared))
	}
	w.start(testConfig(mode))
	return w
}

func (w *world) start(cfg linker.Config) {
	w.tb.Helper()
	for i, n := range w.nodes {
		n.view.set(w.neighbors(i)...)
		n.start(cfg)
	}
	for _, n := range w.nodes {
		n.up()
	}
}

// neighbors are those of node i.
func (w *world) neighbors(i int) []views.Peer {
	var peers []views.Peer
	for _, e := range w.edges {
		switch i {
		case e[0]:
			peers = append(peers, w.nodes[e[1]].peer)
		case e[1]:
			peers = append(peers, w.nodes[e[0]].peer)
		}
	}
	return peers
}

// sync returns when everything that was said before has been heard: what a node
// says after that to a neighbor arrives after it.
func (w *world) sync() {
	w.tb.Helper()
	for range 2 {
		for i, n := range w.nodes {
			if err := n.local.FlushTimeout(patience); err != nil {
				w.tb.Fatal(err)
			}
			for _, p := range w.neighbors(i) {
				w.request(n, p.ID)
			}
		}
	}
}

func (w *world) request(n *node, peer string) {
	w.tb.Helper()
	answer, err := n.Request(w.tb.Context(), peer, "sync", nil)
	if err != nil {
		w.tb.Fatalf("%s asks %s: %v", n.peer.ID, peer, err)
	}
	if string(answer.Data) != peer {
		w.tb.Errorf("%s asks %s, %s answers", n.peer.ID, peer, answer.Data)
	}
}

// expect compares what each node has heard with what it should have.
func (w *world) expect(want []map[string]int) {
	w.tb.Helper()
	w.sync()
	for i, n := range w.nodes {
		if got := n.take(); !maps.Equal(got, want[i]) {
			w.tb.Errorf("%s heard %v, want %v", n.peer.ID, got, want[i])
		}
	}
}

// eventually waits for what no event tells.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			tb.Fatalf("not seen: %s", what)
		}
	}
}

// The graphs of the tests; in those of six nodes not everybody is a neighbor.
var graphs = map[string]struct {
	nodes int
	edges [][2]int
}{
	"2":         {2, [][2]int{{0, 1}}},
	"3":         {3, [][2]int{{0, 1}, {1, 2}, {0, 2}}},
	"3 in line": {3, [][2]int{{1, 0}, {1, 2}}},
	"6":         {6, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 3}, {1, 4}}},
}

// overGraphs runs a test in both modes on all graphs.
func overGraphs(t *testing.T, test func(t *testing.T, mode linker.Mode, w *world)) {
	t.Helper()
	for _, mode := range modes {
		for name, g := range graphs {
			t.Run(mode.String()+"/"+name, func(t *testing.T) {
				test(t, mode, newWorld(t, mode, g.nodes, g.edges))
			})
		}
	}
}

// overModes runs a test in both modes.
func overModes(t *testing.T, test func(t *testing.T, mode linker.Mode)) {
	t.Helper()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) { test(t, mode) })
	}
}

func asLinkError(t *testing.T, err error) *linker.LinkError {
	t.Helper()
	var fault *linker.LinkError
	if !errors.As(err, &fault) {
		t.Fatalf("error is %v, want a LinkError", err)
	}
	return fault
}
