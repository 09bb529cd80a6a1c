// Nodes on real sockets: contacts, NATS, TLS, and what goes wrong.

package kith_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// start starts a node on the loopback address that ends with the test.
func start(t *testing.T, cfg kith.Config, opts ...kith.Option) *kith.Node {
	t.Helper()
	cfg.Cluster = "test"
	n, err := kith.Start(t.Context(), cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return n
}

// ready fails the test when a node stays without a neighbor.
func ready(t *testing.T, nodes ...*kith.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, n := range nodes {
		if err := n.WaitReady(ctx, 1); err != nil {
			t.Fatal(n.Self().ID, err)
		}
	}
}

// broker starts a NATS server and returns how to connect to it.
func broker(t *testing.T) func() *nats.Conn {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	return func() *nats.Conn {
		nc, err := server.Connect(nats.NoEcho(), nats.MaxReconnects(-1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc
	}
}

func TestNodesMeetAtAContact(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	_, port, err := net.SplitHostPort(a.Self().Addr)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}})
	c := start(t, kith.Config{ID: "c", Contacts: []string{"localhost:" + port}}) // a DNS name
	ready(t, a, b, c)
}

func TestNodesMeetOverNATSAndLinkAllWays(t *testing.T) {
	connect := broker(t)
	a := start(t, kith.Config{ID: "a"}, kith.WithNATS(connect()), kith.WithLinks(linker.Subscriptions, connect()))
	b := start(t, kith.Config{ID: "b"}, kith.WithNATS(connect()), kith.WithLinks(linker.Subscriptions, connect()))
	ready(t, a, b)
	heard := make(chan string, 1)
	if _, err := b.Links().Subscribe("news.*", func(m linker.Msg) { heard <- m.From + " " + string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Links().WaitUp(t.Context(), "b"), b.Links().WaitUp(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	if err := a.Links().Publish("news.today", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != "a hello" {
		t.Errorf("heard %q", got)
	}
	stats := a.Stats()
	if stats.Neighbors != 1 || stats.Isolated || len(stats.Links) != 1 || stats.Transport.FramesOut == 0 {
		t.Errorf("stats are %+v, want one neighbor, one link and traffic", stats)
	}
	if err := b.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	if err := b.Leave(t.Context()); err != nil {
		t.Errorf("the second Leave returned %v", err)
	}
	for view := range a.Watch(t.Context()) {
		if len(view) == 0 {
			break
		}
	}
}

func TestWaitReadyTellsWhyNobodyIsThere(t *testing.T) {
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := unused.Addr().String()
	if err := unused.Close(); err != nil {
		t.Fatal(err)
	}
	n := start(t, kith.Config{ID: "a", Contacts: []string{addr}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err = n.WaitReady(ctx, 1)
	if !errors.Is(err, kith.ErrNotReady) || !strings.Contains(err.Error(), addr) {
		t.Errorf("error is %v, want ErrNotReady that names %s", err, addr)
	}
}

func TestTheAddressInUseIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	_, err = kith.Start(t.Context(), kith.Config{Cluster: "test", Bind: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("error is %v, want one that names %s", err, taken.Addr())
	}
}

// place is a meeting place of the test's own.
type place func(context.Context, membership.Message) (membership.Message, error)

func (p place) Join(ctx context.Context, m membership.Message) (membership.Message, error) {
	return p(ctx, m)
}

// awaited is a log that signals when a line with the given event comes.
type awaited struct {
	event string
	once  sync.Once
	came  chan struct{}
}

func (w *awaited) Write(line []byte) (int, error) {
	if strings.Contains(string(line), w.event) {
		w.once.Do(func() { close(w.came) })
	}
	return len(line), nil
}

func TestNewcomersHearWhatIsWrongWithThem(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	for name, test := range map[string]struct {
		cfg         kith.Config
		event, want string
	}{
		"address that cannot be dialed": {kith.Config{ID: "b", Advertise: "127.0.0.1:1"}, "join_address_undialable", "127.0.0.1:1"},
		"ID in use":                     {kith.Config{ID: "a"}, "join_stale_incarnation", "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			log := &awaited{event: test.event, came: make(chan struct{})}
			told := make(chan string, 64) // every answer, as the node's Stats show it after
			var n *kith.Node
			var started sync.WaitGroup
			started.Add(1)
			n = start(t, test.cfg, kith.WithLogger(zerolog.New(log)), kith.WithRendezvous(place(
				func(ctx context.Context, m membership.Message) (membership.Message, error) {
					started.Wait()
					told <- n.Stats().JoinError
					return a.Answer(ctx, m)
				})))
			started.Done()
			<-log.came
			for text := range told {
				if strings.Contains(text, test.want) {
					break
				}
			}
		})
	}
}

func TestAMeetingPlaceThatPanicsDoesNotEndTheNode(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}},
		kith.WithRendezvous(
			place(func(context.Context, membership.Message) (membership.Message, error) { panic("no") }),
			place(func(context.Context, membership.Message) (membership.Message, error) {
				return membership.Message{Kind: membership.Shuffle}, nil
			}),
		))
	ready(t, a, b)
}

// lines collects what a logger writes.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Who looks at a node that has ended sees what it counted last, and no setting that was never there.
func TestStatsOutliveTheNode(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}})
	ready(t, a, b)
	before := a.Stats()
	a.Stop()
	after := a.Stats()
	if after.Neighbors != 0 || after.Passive != 0 || after.Lost != 0 || !after.Isolated {
		t.Errorf("a node that has ended has %d neighbors, %d spare and %d lost peers", after.Neighbors, after.Passive, after.Lost)
	}
	if after.ActiveSize != before.ActiveSize || after.ClusterSize != before.ClusterSize || after.ActiveSize == 0 || after.ClusterSize != 2 {
		t.Errorf("it wanted %d neighbors of %d nodes, and says %d of %d", before.ActiveSize, before.ClusterSize, after.ActiveSize, after.ClusterSize)
	}
	if after.Membership.Ups < before.Membership.Ups || after.Membership.Ups == 0 {
		t.Errorf("it won %d neighbors, and says %d", before.Membership.Ups, after.Membership.Ups)
	}
}

func TestSlogGetsEventsAndFields(t *testing.T) {
	var out lines
	log := slog.New(slog.NewTextHandler(&out, nil))
	a := start(t, kith.Config{ID: "a"}, kith.WithSlog(log))
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}})
	ready(t, a, b)
	a.Stop()
	for _, want := range []string{"msg=node_started", "msg=neighbor_up", "node=a", "peer=b", "level=INFO"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, out.String())
		}
	}
}

func TestAStartThatFailsLeavesNothingBehind(t *testing.T) {
	connect := broker(t)
	nc := connect()
	cfg := kith.Config{Cluster: "test", ID: "a"}
	cfg.Linker = linker.DefaultConfig()
	cfg.Linker.Reconcile = -1
	if _, err := kith.Start(t.Context(), cfg, kith.WithNATS(nc), kith.WithLinks(linker.Subscriptions, nc)); !errors.Is(err, kith.ErrConfig) {
		t.Fatalf("error is %v, want a fault of the Linker", err)
	}
	nc.Close() // what comes now fails: after the node listens, and after NATS was asked
	cfg.Linker = linker.Config{}
	if _, err := kith.Start(t.Context(), cfg, kith.WithNATS(nc)); err == nil {
		t.Fatal("a node started on a closed connection")
	}
	other := connect()
	_, err := other.RequestWithContext(t.Context(), "kith.test.join", []byte("{}"))
	if !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("error is %v, want that nobody answers for the cluster", err)
	}
}

func TestMessagesOfMeetingPlacesAreChecked(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	peer := a.Self()
	wrong := peer
	wrong.Addr = "nowhere"
	for name, m := range map[string]membership.Message{
		"nothing":      {},
		"without peer": {Kind: membership.Join, Priority: membership.High},
		"wrong kind":   {Kind: membership.Shuffle, Peer: &peer},
		"bad peer":     {Kind: membership.Join, Priority: membership.High, Peer: &wrong},
	} {
		if _, err := a.Answer(t.Context(), m); !errors.Is(err, kith.ErrMessage) {
			t.Errorf("%s: error is %v, want ErrMessage", name, err)
		}
	}
	replies := make(chan membership.Message, 4)
	replies <- membership.Message{Kind: membership.JoinReply, Verdict: membership.Accepted}
	replies <- membership.Message{Kind: membership.JoinReply, Verdict: 99, Peer: &peer}
	replies <- membership.Message{Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: &wrong}
	replies <- membership.Message{
		Kind: membership.JoinReply, Verdict: membership.Redirected, Peer: &peer,
		Sample: []views.Sighting{{}, {Peer: &wrong}, {Peer: &peer, Age: -1}},
	}
	b := start(t, kith.Config{ID: "b"}, kith.WithRendezvous(place(
		func(ctx context.Context, m membership.Message) (membership.Message, error) {
			select {
			case reply := <-replies:
				return reply, nil
			default:
				return a.Answer(ctx, m)
			}
		})))
	ready(t, a, b)
}

func TestLeaveTellsTheNeighborsWhileNATSHangs(t *testing.T) {
	connect := broker(t)
	a := start(t, kith.Config{ID: "a"})
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}}, kith.WithLinks(linker.Subscriptions, connect()))
	ready(t, a, b)
	release, held := make(chan struct{}), make(chan struct{})
	defer close(release)
	if _, err := b.Links().Subscribe("hold", func(linker.Msg) { close(held); <-release }); err != nil {
		t.Fatal(err)
	}
	c := start(t, kith.Config{ID: "c", Contacts: []string{a.Self().Addr, b.Self().Addr}}, kith.WithLinks(linker.Subscriptions, connect()))
	if err := errors.Join(c.Links().WaitUp(t.Context(), "b"), b.Links().WaitUp(t.Context(), "c")); err != nil {
		t.Fatal(err)
	}
	if err := c.Links().PublishTo("b", "hold", nil); err != nil {
		t.Fatal(err)
	}
	<-held // a handler of b blocks, and with it the end of its links
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for e := range a.Events(t.Context()) {
		if e.Kind == kith.Snapshot {
			go func() { _ = b.Leave(ctx) }()
		}
		if e.Kind == kith.NeighborDown && e.Peer.ID == "b" {
			if e.Reason != membership.Leaving {
				t.Errorf("reason is %s, want leaving", e.Reason)
			}
			break
		}
	}
	<-b.Closed()
}

func TestAnEndedNodeHasNoNeighbors(t *testing.T) {
	a := start(t, kith.Config{ID: "a"})
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}})
	ready(t, a, b)
	b.Stop()
	if len(b.Neighbors()) != 0 || !b.Isolated() {
		t.Errorf("neighbors are %v", b.Neighbors())
	}
	if err := b.WaitReady(t.Context(), 1); !errors.Is(err, kith.ErrClosed) {
		t.Errorf("WaitReady returned %v, want ErrClosed", err)
	}
	if _, err := b.Answer(t.Context(), membership.Message{Kind: membership.Join, Priority: membership.High, Peer: new(a.Self())}); !errors.Is(err, kith.ErrClosed) {
		t.Errorf("Answer returned %v, want ErrClosed", err)
	}
}

func TestStopCutsALeaveShort(t *testing.T) {
	connect := broker(t)
	a := start(t, kith.Config{ID: "a"}, kith.WithLinks(linker.Subscriptions, connect()))
	b := start(t, kith.Config{ID: "b", Contacts: []string{a.Self().Addr}}, kith.WithLinks(linker.Subscriptions, connect()))
	if err := errors.Join(a.Links().WaitUp(t.Context(), "b"), b.Links().WaitUp(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	release, held := make(chan struct{}), make(chan struct{})
	defer close(release)
	if _, err := b.Links().Subscribe("hold", func(linker.Msg) { close(held); <-release }); err != nil {
		t.Fatal(err)
	}
	if err := a.Links().PublishTo("b", "hold", nil); err != nil {
		t.Fatal(err)
	}
	<-held
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = b.Leave(context.Background()) // would wait for the handler
	}()
	b.Stop()
	<-left
	<-b.Closed()
}
