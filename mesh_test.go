// Whole nodes in virtual time: real loops, real transports, real bytes over
// pipes.

package kith_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lan is a network in memory, and a meeting place for the nodes on it.
type lan struct {
	mu        sync.Mutex
	listeners map[string]*listener
	nodes     []*kith.Node // nil where one has ended
	rng       *rand.Rand
	closedFor bool // the meeting place does not answer
}

func newLAN(seed uint64) *lan {
	return &lan{listeners: make(map[string]*listener), rng: rand.New(rand.NewPCG(seed, 0))}
}

type addr string

func (addr) Network() string  { return "lan" }
func (a addr) String() string { return string(a) }

// listener hands out one end of the pipes whose other end a dialer has.
type listener struct {
	lan    *lan
	addr   addr
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *lan) listen(name string) *listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln := &listener{lan: l, addr: addr(name), accept: make(chan net.Conn), closed: make(chan struct{})}
	l.listeners[name] = ln
	return ln
}

func (ln *listener) Accept() (net.Conn, error) {
	select {
	case c := <-ln.accept:
		return c, nil
	case <-ln.closed:
		return nil, net.ErrClosed
	}
}

func (ln *listener) Addr() net.Addr { return ln.addr }

func (ln *listener) Close() error {
	ln.once.Do(func() { close(ln.closed) })
	return nil
}

var errRefused = errors.New("connection refused")

func (l *lan) dial(ctx context.Context, _, to string) (net.Conn, error) {
	l.mu.Lock()
	ln := l.listeners[to]
	l.mu.Unlock()
	if ln == nil {
		return nil, errRefused
	}
	near, far := testkit.Pipes()
	select {
	case ln.accept <- far:
		return near, nil
	case <-ln.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// meeting is the meeting place as one node sees it: a random other node answers.
type meeting struct {
	lan  *lan
	self int
}

func (m meeting) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	m.lan.mu.Lock()
	var others []*kith.Node
	for i, n := range m.lan.nodes {
		if n != nil && i != m.self {
			others = append(others, n)
		}
	}
	if m.lan.closedFor || len(others) == 0 {
		m.lan.mu.Unlock()
		return membership.Message{}, membership.ErrNobody
	}
	other := others[m.lan.rng.IntN(len(others))]
	m.lan.mu.Unlock()
	return other.Answer(ctx, join)
}

// start adds a node to the lan.
func (l *lan) start(t *testing.T, change ...func(*kith.Config)) *kith.Node {
	t.Helper()
	l.mu.Lock()
	i := len(l.nodes)
	l.nodes = append(l.nodes, nil)
	l.mu.Unlock()
	cfg := kith.Config{Cluster: "lan", ID: fmt.Sprintf("n%02d", i), Advertise: fmt.Sprintf("host-%d:7000", i)}
	for _, f := range change {
		f(&cfg)
	}
	n, err := kith.Start(t.Context(), cfg,
		kith.WithListener(l.listen(cfg.Advertise)), kith.WithDialer(l.dial),
		kith.WithRendezvous(meeting{l, i}), kith.WithSeed(uint64(i)+1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	l.mu.Lock()
	l.nodes[i] = n
	l.mu.Unlock()
	return n
}

// end takes nodes out of the meeting place and ends each in the given way.
func (l *lan) end(how func(*kith.Node), nodes ...*kith.Node) {
	l.mu.Lock()
	for i, n := range l.nodes {
		if slices.Contains(nodes, n) {
			l.nodes[i] = nil
		}
	}
	l.mu.Unlock()
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { how(n) })
	}
	wg.Wait()
}

func (l *lan) live() []*kith.Node {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.nodes), func(n *kith.Node) bool { return n == nil })
}

// check fails unless the live nodes are one component with symmetric views of
// nobody else.
func (l *lan) check(t *testing.T, most int) {
	t.Helper()
	views := make(map[string][]string)
	for _, n := range l.live() {
		for _, p := range n.Neighbors() {
			views[n.Self().ID] = append(views[n.Self().ID], p.ID)
		}
	}
	var wrong []string
	for id, view := range views {
		if len(view) > most {
			wrong = append(wrong, fmt.Sprintf("%s has %d neighbors", id, len(view)))
		}
		for _, other := range view {
			if !slices.Contains(views[other], id) {
				wrong = append(wrong, fmt.Sprintf("%s has %s, not the other way round", id, other))
			}
		}
	}
	reached := map[string]bool{}
	var walk func(string)
	walk = func(id string) {
		if reached[id] {
			return
		}
		reached[id] = true
		for _, other := range views[id] {
			walk(other)
		}
	}
	live := l.live()
	walk(live[0].Self().ID)
	if len(reached) != len(live) {
		wrong = append(wrong, fmt.Sprintf("%d of %d nodes are connected", len(reached), len(live)))
	}
	if len(wrong) > 0 {
		t.Fatal(strings.Join(wrong, "; "))
	}
}

func stop(n *kith.Node) { n.Stop() }

func leave(n *kith.Node) { _ = n.Leave(context.Background()) }

func TestMeshFormsRepairsAndLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 24
		l := newLAN(1)
		for range size {
			l.start(t)
		}
		time.Sleep(5 * time.Second)
		l.check(t, 5)

		l.end(stop, l.live()[:size/2]...)
		time.Sleep(5 * time.Second)
		l.check(t, 5)

		for range size / 2 {
			l.start(t)
		}
		time.Sleep(5 * time.Second)
		l.check(t, 5)

		l.end(leave, l.live()[:size/2]...)
		time.Sleep(5 * time.Second)
		l.check(t, 5)

		l.mu.Lock()
		l.closedFor = true
		l.mu.Unlock()
		time.Sleep(20 * time.Minute)
		l.check(t, 5)
		l.end(leave, l.live()...)
	})
}

func TestFirstNodeWaitsForTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLAN(2)
		first := l.start(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := first.WaitReady(ctx, 1)
		cancel()
		if !errors.Is(err, kith.ErrNotReady) || !errors.Is(err, membership.ErrNobody) {
			t.Fatalf("error is %v, want ErrNotReady because nobody is there", err)
		}
		if !first.Isolated() {
			t.Error("a node alone does not call itself isolated")
		}
		second := l.start(t)
		if err := second.WaitReady(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := first.WaitReady(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		l.end(leave, second)
		synctest.Wait()
		if !first.Isolated() {
			t.Error("the last neighbor has left, but the node does not call itself isolated")
		}
		l.end(leave, first)
		if err := first.WaitReady(t.Context(), 1); !errors.Is(err, kith.ErrClosed) {
			t.Errorf("error is %v, want ErrClosed", err)
		}
		<-first.Closed()
	})
}

func TestCrashAndLeaveAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			how    func(*kith.Node)
			reason kith.Reason
		}{{stop, membership.Closed}, {leave, membership.Leaving}} {
			l := newLAN(3)
			a, b := l.start(t), l.start(t)
			if err := errors.Join(a.WaitReady(t.Context(), 1), b.WaitReady(t.Context(), 1)); err != nil {
				t.Fatal(err)
			}
			for e := range a.Events(t.Context()) {
				if e.Kind == kith.Snapshot {
					go l.end(test.how, b)
				}
				if e.Kind == kith.NeighborDown {
					if e.Reason != test.reason {
						t.Errorf("reason is %s, want %s", e.Reason, test.reason)
					}
					break
				}
			}
			<-b.Closed()
			l.end(leave, a)
		}
	})
}

func TestRestartWithAStateFileNeedsNoContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLAN(4)
		path := t.TempDir() + "/node.json"
		keep := func(cfg *kith.Config) { cfg.ID, cfg.StateFile = "keeper", path }
		for range 5 {
			l.start(t)
		}
		keeper := l.start(t, keep)
		if err := keeper.WaitReady(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		before := keeper.Self().Incarnation
		l.end(leave, keeper)
		l.mu.Lock()
		l.closedFor = true
		l.mu.Unlock()

		keeper = l.start(t, keep)
		if keeper.Self().Incarnation <= before {
			t.Errorf("incarnation is %d after %d", keeper.Self().Incarnation, before)
		}
		if err := keeper.WaitReady(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		l.end(leave, l.live()...)
	})
}

// The whole stack with a NATS server in this process: nodes meet on its subjects,
// link by it, and go on without it.
func TestNodesOverNATSInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := embedded.Start(t.Context(), embedded.Config{DontListen: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Shutdown)
		connect := func() *nats.Conn {
			nc, err := server.Connect(nats.NoEcho(), nats.NoReconnect())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(nc.Close)
			return nc
		}
		l := newLAN(5)
		const size = 8
		for i := range size {
			host, nc := fmt.Sprintf("host-%d:7000", i), connect()
			n, err := kith.Start(t.Context(), kith.Config{Cluster: "lan", ID: fmt.Sprintf("n%02d", i), Advertise: host},
				kith.WithListener(l.listen(host)), kith.WithDialer(l.dial), kith.WithSeed(uint64(i)+1),
				kith.WithNATS(nc), kith.WithLinks(linker.Subscriptions, nc))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Stop)
			l.nodes = append(l.nodes, n)
		}
		time.Sleep(10 * time.Second)
		l.check(t, 5)
		for _, n := range l.live() {
			if up := n.Links().Counts().Up; up != len(n.Neighbors()) {
				t.Errorf("%s has %d links up, want one to each of its %d neighbors", n.Self().ID, up, len(n.Neighbors()))
			}
		}

		server.Shutdown()
		l.end(stop, l.live()[:size/2]...)
		time.Sleep(10 * time.Second)
		l.check(t, 5)
		l.end(leave, l.live()...)
	})
}
