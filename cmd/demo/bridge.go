// The bridge of a cluster run: plain NATS clients at every node's own server try what it
// promises.

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/meshtest"
)

// bridgeReport is what came of the trial, and what the bridges have counted by then.
type bridgeReport struct {
	// Interest is how many subjects the servers are told that somebody elsewhere wants,
	// at the node with the most.
	Interest int `json:"interest_subjects"`
	// Exported and Delivered are messages that went out of the servers and came into them, at all
	// nodes, replies included.
	Exported  uint64 `json:"exported"`
	Delivered uint64 `json:"delivered"`
	// Published to all came to Received subscribers, of as many as there are nodes for each.
	Published int `json:"published"`
	Received  int `json:"received"`
	// NoResponders are requests, of Unanswerable, that were told at once that there is nobody.
	Unanswerable int `json:"unanswerable"`
	NoResponders int `json:"no_responders"`
	// QueueOneOfN are requests, of QueueRequests, that exactly one of the members of a queue group
	// handled and answered. The members are at different nodes.
	QueueRequests    int `json:"queue_requests"`
	QueueOneOfN      int `json:"queue_one_of_n"`
	QueueMembers     int `json:"queue_members"`
	QueueMembersUsed int `json:"queue_members_used"`

	nodes int
}

// What the trial consists of.
const (
	trialMessages   = 100
	trialRequests   = 200
	trialMembers    = 5
	trialNobody     = 10
	trialPatience   = 10 * time.Second
	trialAll        = "demo.bridge.all"
	trialWork       = "demo.bridge.work"
	trialUnanswered = "demo.bridge.nobody"
)

// trial is plain NATS clients, one at the server of each node.
type trial struct {
	nodes   []*meshtest.Node
	clients []*nats.Conn
	report  bridgeReport
}

// tryBridge has clients talk to each other over the bridges of running nodes.
func tryBridge(ctx context.Context, nodes []*meshtest.Node) (*bridgeReport, error) {
	ctx, cancel := context.WithTimeout(ctx, trialPatience)
	defer cancel()
	t := &trial{nodes: nodes, report: bridgeReport{nodes: len(nodes)}}
	defer t.close()
	for _, n := range nodes {
		if err := n.Bridge().Ready(ctx); err != nil {
			return nil, err
		}
		nc, err := nats.Connect(n.Server().URL(), nats.Name("demo bridge"))
		if err != nil {
			return nil, err
		}
		t.clients = append(t.clients, nc)
	}
	err := errors.Join(t.toAll(ctx), t.toOne(ctx))
	t.toNobody()
	for _, n := range nodes {
		s := n.Bridge().Stats()
		t.report.Interest = max(t.report.Interest, s.Interest.Wanted)
		t.report.Exported += s.Exported
		t.report.Delivered += s.Delivered
	}
	return &t.report, err
}

func (t *trial) close() {
	for _, nc := range t.clients {
		nc.Close()
	}
}

// toAll publishes at the first node, and counts what comes to a subscriber at each.
func (t *trial) toAll(ctx context.Context) error {
	var received atomic.Int64
	all := make(chan struct{})
	for _, nc := range t.clients {
		_, err := nc.Subscribe(trialAll, func(*nats.Msg) {
			if received.Add(1) == int64(trialMessages*len(t.clients)) {
				close(all)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := t.known(ctx, trialAll); err != nil {
		return err
	}
	for range trialMessages {
		if err := t.clients[0].Publish(trialAll, []byte("to all")); err != nil {
			return err
		}
	}
	t.report.Published = trialMessages
	select {
	case <-all:
	case <-ctx.Done():
	}
	t.report.Received = int(received.Load())
	return nil
}

// known waits until the first node knows that all others want a subject.
func (t *trial) known(ctx context.Context, subject string) error {
	for _, nc := range t.clients {
		if err := nc.FlushWithContext(ctx); err != nil {
			return err
		}
	}
	return t.nodes[0].Bridge().Await(ctx, subject, len(t.nodes)-1)
}

// toOne sends requests from the first node to a queue group with a member at each of some
// others.
func (t *trial) toOne(ctx context.Context) error {
	if len(t.clients) < 2 {
		return nil
	}
	members := min(trialMembers, len(t.clients)-1)
	handled := make([]atomic.Int64, members)
	var mu sync.Mutex
	times := make(map[string]int)
	for i := range members {
		_, err := t.clients[i+1].QueueSubscribe(trialWork, "workers", func(m *nats.Msg) {
			handled[i].Add(1)
			mu.Lock()
			times[string(m.Data)]++
			mu.Unlock()
			_ = m.Respond(m.Data) // the one who asks notices
		})
		if err != nil {
			return err
		}
		if err := t.clients[i+1].FlushWithContext(ctx); err != nil {
			return err
		}
	}
	if err := t.nodes[0].Bridge().Await(ctx, trialWork, members); err != nil {
		return err
	}
	answered := make(map[string]bool)
	for i := range trialRequests {
		text := fmt.Sprint(i)
		if answer, err := t.clients[0].RequestWithContext(ctx, trialWork, []byte(text)); err == nil && string(answer.Data) == text {
			answered[text] = true
		}
	}
	mu.Lock()
	defer mu.Unlock()
	t.report.QueueRequests, t.report.QueueMembers = trialRequests, members
	for text := range answered {
		if times[text] == 1 {
			t.report.QueueOneOfN++
		}
	}
	for i := range handled {
		if handled[i].Load() > 0 {
			t.report.QueueMembersUsed++
		}
	}
	return nil
}

// toNobody asks where there is nobody.
func (t *trial) toNobody() {
	t.report.Unanswerable = trialNobody
	for range trialNobody {
		if _, err := t.clients[0].Request(trialUnanswered, nil, time.Second); errors.Is(err, nats.ErrNoResponders) {
			t.report.NoResponders++
		}
	}
}

// faults returns what is not as it should be, nil when all is well.
func (b *bridgeReport) faults() error {
	var faults []error
	if want := b.Published * b.nodes; b.Received != want {
		faults = append(faults, fmt.Errorf("%d of %d messages came to plain clients over the bridge", b.Received, want))
	}
	if b.QueueOneOfN != b.QueueRequests {
		faults = append(faults, fmt.Errorf("%d of %d requests were handled once by one member of a queue group", b.QueueOneOfN, b.QueueRequests))
	}
	if b.NoResponders != b.Unanswerable {
		faults = append(faults, fmt.Errorf("%d of %d requests to nobody were told so", b.NoResponders, b.Unanswerable))
	}
	return errors.Join(faults...)
}
