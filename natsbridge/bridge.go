// The bridge: how it starts, what it consists of, and how it ends.

package natsbridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge/interest"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// Subjects on the bridge's plane.
const (
	subjectInterest = "i" // what the cores say to each other
	subjectMessage  = "m" // messages, to everybody or to a node that serves a queue group
	subjectReply    = "r" // replies, to the node of the one who asked
)

// Bridge joins one account of a NATS server to the mesh. Its methods may be called from
// any goroutine.
type Bridge struct {
	cfg    Config
	node   *kith.Node
	self   string
	plane  *kith.Plane
	log    zerolog.Logger
	server attachment

	mu    sync.Mutex
	core  *interest.Node
	steps atomic.Uint64 // that the core has taken

	ctx     context.Context // ends with the bridge
	cancel  context.CancelFunc
	started time.Time
	inbox   chan interest.Input
	looks   chan func()
	changed chan struct{} // of the loop: closed, and replaced, after every step
	leaving chan context.Context
	ended   chan struct{}
	work    sync.WaitGroup
	once    sync.Once
	subs    []*kith.Subscription

	exporter exporter
	importer importer
	counters counters
}

// attachment is how a bridge hangs on its server: as a leaf node, or by a client's
// connection.
type attachment interface {
	// Subscribe says that somebody elsewhere wants a subject, or with weight 0 that nobody
	// does any more.
	Subscribe(subject, queue string, weight int) error
	// Queue hands the server a message, at the latest with Push. It copies it, and does not wait.
	Queue(m *leafnode.Message) error
	Push()
	// Flush waits until the server has taken all that it was told before.
	Flush(ctx context.Context) error
	// Start begins, and Close ends it.
	Start() error
	Close()
}

// Start joins the server of cfg to the mesh of node, until [Bridge.Close] or the end of the
// node. It does not wait for the server: see [Bridge.Ready]. Errors match [ErrConfig], or
// those of the packages interest and leafnode, or are [kith.ErrClosed].
func Start(node *kith.Node, cfg Config) (*Bridge, error) {
	cfg = cfg.filled()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	plane, err := node.Plane(cfg.Name)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	b := &Bridge{
		cfg: cfg, node: node, self: node.Self().ID, plane: plane, started: now,
		log:   cfg.Logger.With().Str("node", node.Self().ID).Str("bridge", cfg.Name).Logger(),
		inbox: make(chan interest.Input, 64), looks: make(chan func()), changed: make(chan struct{}), leaving: make(chan context.Context), ended: make(chan struct{}),
	}
	if b.core, err = interest.New(cfg.core(now), b.self, node.Self().Incarnation, newRand()); err != nil {
		return nil, err
	}
	b.exporter.b, b.importer.b = b, b
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if b.server, err = b.attach(); err != nil {
		b.cancel()
		return nil, err
	}
	if err := b.subscribe(); err != nil {
		b.server.Close()
		b.unsubscribe()
		b.cancel()
		return nil, err
	}
	b.work.Go(b.follow)
	go b.run()
	if err := b.server.Start(); err != nil {
		_ = b.Close(b.ctx)
		return nil, err
	}
	return b, nil
}

// attach makes the attachment that cfg asks for.
func (b *Bridge) attach() (attachment, error) {
	if b.cfg.Conn != nil {
		return newClient(b, b.cfg.Conn)
	}
	return leafnode.New(leafnode.Config{
		URL: b.cfg.URL, Name: "kith-" + b.self, Cluster: "kith-" + b.node.Cluster(),
		TLS: b.cfg.TLS, Credentials: b.cfg.Credentials, NkeySeed: b.cfg.NkeySeed,
		PendingBytes: b.cfg.PendingBytes, Logger: b.log, Handler: &b.exporter,
	})
}

// subscribe listens to the other bridges.
func (b *Bridge) subscribe() error {
	for _, s := range []struct {
		subject string
		handler func(*kith.Message)
		pause   func()
	}{
		{subjectInterest, b.heard, func() {}},
		{subjectMessage, b.importer.message, b.server.Push},
		{subjectReply, b.importer.reply, b.server.Push},
	} {
		sub, err := b.plane.Subscribe(s.subject, s.handler,
			kith.WithPending(mostPending, mostPendingBytes), kith.OnPause(s.pause), kith.Borrowed())
		if err != nil {
			return err
		}
		b.subs = append(b.subs, sub)
	}
	return nil
}

// What may wait for the server before publishers are held up.
const (
	mostPending      = 64 << 10
	mostPendingBytes = 16 << 20
)

func (b *Bridge) unsubscribe() {
	for _, sub := range b.subs {
		sub.Unsubscribe()
	}
}

// Close tells the other bridges that this one ends, and ends it; ctx bounds the farewell
// only. What the server has handed over by then is still sent.
func (b *Bridge) Close(ctx context.Context) error {
	b.once.Do(func() {
		b.server.Close()
		select {
		case b.leaving <- ctx:
		case <-b.ended:
		}
	})
	<-b.ended
	return ctx.Err()
}
