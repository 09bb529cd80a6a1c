// The messages of a cluster run: who publishes them, for how long, and what became
// of them.

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/meshtest"
)

// broadcastReport is what became of the messages that were published, counted at the
// nodes that lived throughout. Latencies are from publishing to each delivery, by
// nearest rank.
type broadcastReport struct {
	Published    uint64 `json:"published"`
	DeliveredMin uint64 `json:"delivered_min"` // at the node that has the fewest
	DeliveredMax uint64 `json:"delivered_max"`
	Lost         uint64 `json:"lost"` // deliveries that did not happen
	Duplicates   uint64 `json:"duplicates"`
	// RMR is payloads by first deliveries, over all links, less 1. It and HopsMax are of
	// what was published after the trees had time to grow, unless the run was shorter.
	RMR        float64 `json:"rmr"`
	HopsMax    int     `json:"hops_max"`
	HopsFlood  int     `json:"hops_flood"` // that a flooding would need in the overlay as it is at the end
	LatencyP50 float64 `json:"latency_ms_p50"`
	LatencyP99 float64 `json:"latency_ms_p99"`
	Rate       float64 `json:"messages_per_second"` // that came to every node
}

// faults returns what is wrong, nil when everything has come once.
func (b *broadcastReport) faults() error {
	var faults []error
	if b.Lost > 0 {
		faults = append(faults, fmt.Errorf("%d deliveries of %s are missing", b.Lost, plural(int(b.Published), "message")))
	}
	if b.Duplicates > 0 {
		faults = append(faults, fmt.Errorf("%d deliveries were made twice", b.Duplicates))
	}
	return errors.Join(faults...)
}

// broadcastSubject is what a cluster run publishes on.
const broadcastSubject = "demo.broadcast"

// arrival is how long a run waits, at its end, for what was published.
const arrival = 10 * time.Second

// publishing is the traffic of a run. The first nodes publish, all subscribe.
type publishing struct {
	options *clusterOptions
	tally   *tally
	stop    chan struct{}
	work    sync.WaitGroup
	growing *time.Timer // until the trees have grown

	mu     sync.Mutex
	err    error
	over   bool
	before map[*meshtest.Node]payloads // counted when the trees had grown
}

// payloads are those that came, and those of them that were new.
type payloads struct{ all, received uint64 }

// growth is the time that the trees get before redundancy and hops count.
const growth = 2 * time.Second

// startPublishing subscribes at all nodes and begins to publish.
func startPublishing(ctx context.Context, o *clusterOptions, nodes []*meshtest.Node) (*publishing, error) {
	p := &publishing{options: o, tally: newTally(len(nodes), o.publishers), stop: make(chan struct{})}
	for i, n := range nodes {
		if _, err := n.Subscribe(broadcastSubject, func(m *kith.Message) { p.tally.receive(i, m) }); err != nil && !errors.Is(err, kith.ErrClosed) {
			return nil, err
		}
	}
	p.growing = time.AfterFunc(growth, func() { p.grown(nodes) }) //nolint:contextcheck // what a node counts is told without one
	ctx = context.WithoutCancel(ctx)                              // what has begun to be published is told apart from what has not
	for i, n := range nodes[:o.publishers] {
		p.work.Go(func() {
			// A node that is killed publishes no more.
			if err := p.publish(ctx, i, n.Node); err != nil && !errors.Is(err, kith.ErrClosed) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.err = errors.Join(p.err, fmt.Errorf("publishing: %w", err))
			}
		})
	}
	return p, nil
}

// publish publishes from one node until it is told to stop: at its share of the rate,
// each message when it is due, or as fast as it goes.
func (p *publishing) publish(ctx context.Context, publisher int, n *kith.Node) error {
	data := make([]byte, p.options.size)
	timer := time.NewTimer(0)
	defer timer.Stop()
	began := time.Now()
	for i := 0; ; i++ {
		select {
		case <-p.stop:
			return nil
		default:
		}
		if rate := float64(p.options.publish) / float64(p.options.publishers); p.options.publish != fastest {
			due := began.Add(time.Duration(float64(i) * float64(time.Second) / rate))
			if wait := time.Until(due); wait > 0 {
				timer.Reset(wait)
				select {
				case <-timer.C:
				case <-p.stop:
					return nil
				}
			}
		}
		p.tally.next(publisher, data)
		if err := n.Publish(ctx, broadcastSubject, data); err != nil {
			return err
		}
		p.tally.published(publisher)
	}
}

// finish ends publishing and waits until everything has come to the nodes, those that
// have lived throughout, or for so long that it never will.
func (p *publishing) finish(nodes []int) error {
	close(p.stop)
	p.growing.Stop()
	p.work.Wait()
	p.tally.waiting.Store(true)
	timer := time.NewTimer(arrival)
	defer timer.Stop()
	for waiting := true; waiting && !p.tally.complete(nodes); {
		select {
		case <-p.tally.changed:
		case <-timer.C:
			waiting = false
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	return p.err
}

// report is what has become of the messages so far. Those of the nodes that still run
// tell how many payloads crossed their links in vain.
func (p *publishing) report(nodes []int, running []*meshtest.Node) *broadcastReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	over := p.over
	r := p.tally.report(nodes, over)
	var sum payloads
	for _, n := range running {
		now, before := payloadsOf(n), p.before[n]
		sum.all += now.all - before.all
		sum.received += now.received - before.received
	}
	if sum.received > 0 {
		r.RMR = thousandths(float64(sum.all)/float64(sum.received) - 1)
	}
	return &r
}

func payloadsOf(n *meshtest.Node) payloads {
	s := n.Stats().Broadcast
	return payloads{s.Payloads, s.Received}
}

// grown notes what has been counted when the trees have grown.
func (p *publishing) grown(nodes []*meshtest.Node) {
	before := make(map[*meshtest.Node]payloads, len(nodes))
	for _, n := range nodes {
		before[n] = payloadsOf(n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = before
	p.tally.grown.Store(int64(time.Since(p.tally.began)))
}
