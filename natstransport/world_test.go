// What the tests stand on: a NATS server in memory that can die and come back,
// and members that answer as they are told.

package natstransport_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

const cluster = "orders"

// A world is one NATS server, without sockets so that it lives in a bubble.
type world struct {
	t  *testing.T
	mu sync.Mutex
	ns *embedded.Server // nil while the server is away
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	w.start()
	t.Cleanup(w.stop)
	return w
}

// start brings the server, or another one in its place.
func (w *world) start() {
	w.t.Helper()
	ns, err := embedded.Start(w.t.Context(), embedded.Config{DontListen: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ns = ns
}

// stop takes the server away.
func (w *world) stop() {
	w.mu.Lock()
	ns := w.ns
	w.ns = nil
	w.mu.Unlock()
	if ns != nil {
		ns.Shutdown()
	}
}

// InProcessConn implements nats.InProcessConnProvider: a connection finds its way
// to whatever server is there.
func (w *world) InProcessConn() (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ns == nil {
		return nil, errors.New("the server is away")
	}
	return w.ns.NATS().InProcessConn()
}

// connect returns a connection that ends with the test.
func (w *world) connect(opts ...nats.Option) *nats.Conn {
	w.t.Helper()
	opts = append([]nats.Option{nats.InProcessServer(w), nats.MaxReconnects(-1)}, opts...)
	nc, err := nats.Connect("", opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(nc.Close)
	return nc
}

// open returns the meeting place of a node on its own connection.
func (w *world) open(id string, opts ...nats.Option) *natstransport.Meeting {
	w.t.Helper()
	return w.openOn(w.connect(opts...), id)
}

func (w *world) openOn(nc *nats.Conn, id string) *natstransport.Meeting {
	w.t.Helper()
	return w.openAs(nc, peer(id))
}

func (w *world) openAs(nc *nats.Conn, self *views.Peer) *natstransport.Meeting {
	w.t.Helper()
	m, err := natstransport.Open(nc, natstransport.Config{Cluster: cluster, Self: self, Version: "1.2.3"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = m.Close() })
	return m
}

// serve adds a member that accepts everybody.
func (w *world) serve(id string, opts ...nats.Option) *member {
	w.t.Helper()
	return w.serveAs(peer(id), opts...)
}

func (w *world) serveAs(self *views.Peer, opts ...nats.Option) *member {
	w.t.Helper()
	f := &member{nc: w.connect(opts...)}
	f.meeting = w.openAs(f.nc, self)
	if err := f.meeting.Serve(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
	return f
}

// A member answers what its fields say.
type member struct {
	nc      *nats.Conn
	meeting *natstransport.Meeting
	join    func(context.Context, membership.Message) (membership.Message, error)
	views   natstransport.Views
	stats   any

	mu    sync.Mutex
	joins []membership.Message
}

// Join implements natstransport.Member.
func (f *member) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	f.mu.Lock()
	f.joins = append(f.joins, join)
	f.mu.Unlock()
	if f.join != nil {
		return f.join(ctx, join)
	}
	return membership.Message{Kind: membership.JoinReply, Verdict: membership.Accepted}, nil
}

// Views implements natstransport.Member.
func (f *member) Views() natstransport.Views { return f.views }

// Stats implements natstransport.Member.
func (f *member) Stats() any { return f.stats }

// asked returns the joins that reached the member.
func (f *member) asked() []membership.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.joins
}

// flush returns when the server has done all that was sent to it over nc, such as
// to renew subscriptions.
func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.FlushWithContext(within(t)); err != nil {
		t.Fatal(err)
	}
}

func peer(id string) *views.Peer {
	return &views.Peer{ID: id, Incarnation: 7, Addr: id + ".example:7000"}
}

// joinOf is the request of a node without neighbors.
func joinOf(id string) membership.Message {
	return membership.Message{Kind: membership.Join, Priority: membership.High, Peer: peer(id)}
}

// within returns a context that lasts longer than anything takes, also on a slow
// machine.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
