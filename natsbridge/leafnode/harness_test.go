// Servers to attach to, and a handler that tells what it was told.

package leafnode_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// recorder is a Handler that keeps what it is told, in the words of describe where
// there are some.
type recorder struct {
	mu      sync.Mutex
	events  []string
	ups     []leafnode.Server
	downs   []error
	changed chan struct{}
	// onMessage, when set, is called for messages instead of keeping them.
	onMessage func(*leafnode.Message)
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{})} }

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *recorder) Up(s leafnode.Server) {
	r.mu.Lock()
	r.ups = append(r.ups, s)
	r.mu.Unlock()
	r.note("up")
}

func (r *recorder) Interest(subject, queue string, weight int) {
	r.note("interest %s %s %d", subject, queue, weight)
}
func (r *recorder) Synced() { r.note("synced") }
func (r *recorder) Pause()  { r.note("pause") }

func (r *recorder) Message(m *leafnode.Message) {
	if r.onMessage != nil {
		r.onMessage(m)
		return
	}
	r.note("message %s reply=%s queues=%s header=%q data=%q", m.Subject, m.Reply, m.Queues, m.Data[:m.Header], m.Data[m.Header:])
}

func (r *recorder) Down(err error) {
	r.mu.Lock()
	r.downs = append(r.downs, err)
	r.mu.Unlock()
	r.note("down")
}

// await returns when the events since mark, in any order, include all of want, and
// returns a new mark.
func (r *recorder) await(t testing.TB, mark int, want ...string) int {
	t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		seen := map[string]int{}
		for _, e := range r.events[mark:] {
			seen[e]++
		}
		var missing []string
		for _, w := range want {
			if seen[w]--; seen[w] < 0 {
				missing = append(missing, w)
			}
		}
		now, changed := len(r.events), r.changed
		r.mu.Unlock()
		if len(missing) == 0 {
			return now
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("waited for %q; events are %q, downs %v", missing, r.list(mark), r.reasons())
		}
	}
}

// list returns the events since mark but for pauses and what servers say to each
// other.
func (r *recorder) list(mark int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, e := range r.events[mark:] {
		if e != "pause" && !strings.HasPrefix(e, "interest $") && !strings.HasPrefix(e, "interest _") {
			list = append(list, e)
		}
	}
	return list
}

func (r *recorder) has(mark int, event string) bool {
	return slices.Contains(r.list(mark), event)
}

func (r *recorder) reasons() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]error(nil), r.downs...)
}

func (r *recorder) server(t *testing.T) leafnode.Server {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ups) == 0 {
		t.Fatal("never up")
	}
	return r.ups[len(r.ups)-1]
}

// serve runs a server with a listener for leaf nodes, in its default settings but
// for what change changes.
func serve(t *testing.T, change func(*server.Options)) *embedded.Server {
	t.Helper()
	ns, err := embedded.Start(t.Context(), embedded.Config{Name: "hub", Options: func(o *server.Options) {
		o.LeafNode.Host, o.LeafNode.Port = "127.0.0.1", -1
		if change != nil {
			change(o)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Shutdown)
	return ns
}

// leafAddr returns where the server listens for leaf nodes.
func leafAddr(t *testing.T, ns *embedded.Server) string {
	t.Helper()
	v, err := ns.NATS().Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(v.LeafNode.Port))
}

// attach starts a Conn for the length of the test.
func attach(t *testing.T, r leafnode.Handler, cfg leafnode.Config) *leafnode.Conn {
	t.Helper()
	cfg.Handler = r
	if cfg.Cluster == "" {
		cfg.Cluster = "mesh"
	}
	if cfg.ReconnectMin == 0 {
		cfg.ReconnectMin, cfg.ReconnectMax = 10*time.Millisecond, 50*time.Millisecond
	}
	c, err := leafnode.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// client connects to the server and closes the connection with the test.
func client(t *testing.T, ns *embedded.Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(ns.URL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func subscribe(t *testing.T, nc *nats.Conn, subject, queue string) *nats.Subscription {
	t.Helper()
	sub, err := nc.QueueSubscribeSync(subject, queue)
	if err != nil {
		t.Fatal(err)
	}
	flush(t, nc)
	return sub
}

func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func publish(t *testing.T, c *leafnode.Conn, m *leafnode.Message) {
	t.Helper()
	if err := c.Publish(m); err != nil {
		t.Fatal(err)
	}
}

// settled returns when the server has done what c was told before: the mark is a
// subscription, of which another leaf node hears, and a message, which a client
// hears.
func settled(t *testing.T, c *leafnode.Conn, nc *nats.Conn) {
	t.Helper()
	sub := subscribe(t, nc, "settled."+nats.NewInbox()[7:], "")
	defer func() { _ = sub.Unsubscribe() }()
	publish(t, c, &leafnode.Message{Subject: []byte(sub.Subject)})
	receive(t, sub)
}

// background is for what has a timeout of its own.
func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
