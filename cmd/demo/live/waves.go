// Waves: single messages, followed from node to node.

package live

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/meshtest"
)

const (
	// waveSubject is what waves are published on.
	waveSubject = "demo.wave"
	// gathering is how long arrivals are collected, so that whoever passed a message on is told
	// before those who got it from him.
	gathering = 5 * time.Millisecond
	// calm is how long nothing has arrived when a wave counts as over.
	calm = 2 * time.Second
	// mostWaves is how many are followed at the same time.
	mostWaves = 64
	// nameLength is that of what a message begins with.
	nameLength = 12
)

// wave is one message under way.
type wave struct {
	name  string
	from  string
	began time.Time
	among []string       // the nodes that were up
	hops  map[string]int // by node that has it
	late  time.Duration  // of the latest arrival
	last  time.Time      // when that was
}

// arrival is a message that has come to a node.
type arrival struct {
	wave, node string
	hops       int
	at         time.Time
}

// waves are those under way.
type waves struct {
	arrivals chan arrival
	mu       sync.Mutex
	all      []*wave
}

func (w *waves) init() {
	const waiting = 4096
	w.arrivals = make(chan arrival, waiting)
}

// hear subscribes to waves at a life, once.
func (o *Observer) hear(l *life) {
	if l.hears {
		return
	}
	_, err := l.node.Subscribe(waveSubject, func(m *kith.Message) {
		if len(m.Data) < nameLength || m.Hops == 0 {
			return
		}
		select {
		case o.waves.arrivals <- arrival{string(m.Data[:nameLength]), l.id, m.Hops, time.Now()}:
		default: // more than can be shown
		}
	}, kith.AsItComes())
	l.hears = err == nil // it has ended already
}

// publish begins a wave at a node, as it is ordered.
func (o *Observer) publish(ctx context.Context, n *meshtest.Node, order *dashboard.Order) error {
	data := make([]byte, max(order.Size, nameLength))
	copy(data, rand.Text()[:nameLength])
	w := &wave{
		name: string(data[:nameLength]), from: n.Self().ID, began: time.Now(),
		hops: map[string]int{n.Self().ID: 0},
	}
	w.last = w.began
	o.stream.Scene(func(s *trace.Scene) {
		s.All(func(n trace.Node) {
			if n.State == trace.NodeUp {
				w.among = append(w.among, n.ID)
			}
		})
	})
	o.waves.mu.Lock()
	full := len(o.waves.all) >= mostWaves
	if !full {
		o.waves.all = append(o.waves.all, w)
	}
	o.waves.mu.Unlock()
	if full {
		return &dashboard.RefusedError{Want: fmt.Sprintf("fewer than %d messages under way", mostWaves)}
	}
	o.tellAction(order)
	o.stream.Tell(w.began, trace.Event{Kind: trace.Wave, Node: w.from, Message: w.name})
	return n.Publish(ctx, waveSubject, data)
}

// gather takes in the arrivals of a moment, those after fewer hops first.
func (o *Observer) gather(ctx context.Context, first arrival) {
	batch := []arrival{first}
	timer := time.NewTimer(gathering)
	defer timer.Stop()
	for waiting := true; waiting; {
		select {
		case a := <-o.waves.arrivals:
			batch = append(batch, a)
		case <-timer.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	slices.SortStableFunc(batch, func(a, b arrival) int { return cmp.Or(cmp.Compare(a.hops, b.hops), a.at.Compare(b.at)) })
	o.waves.mu.Lock()
	for _, a := range batch {
		if i := slices.IndexFunc(o.waves.all, func(w *wave) bool { return w.name == a.wave }); i >= 0 {
			o.arrived(o.waves.all[i], a)
		}
	}
	o.waves.mu.Unlock()
	o.judge(time.Now())
}

// arrived tells one arrival.
func (o *Observer) arrived(w *wave, a arrival) {
	if _, again := w.hops[a.node]; again {
		return
	}
	took := a.at.Sub(w.began)
	hop := trace.Event{
		Kind: trace.Hop, Node: a.node, Message: w.name, Hops: a.hops, Ms: trace.Milliseconds(took),
		Peer: o.passedOn(w, a.node, a.hops),
	}
	w.hops[a.node], w.late, w.last = a.hops, max(w.late, took), a.at
	o.stream.Tell(a.at, hop)
}

// passedOn returns who is likely to have passed a message on to a node: a neighbor that is one
// hop nearer to its origin and sends eagerly to the node, or else the only neighbor so near.
func (o *Observer) passedOn(w *wave, node string, hops int) (peer string) {
	o.stream.Scene(func(s *trace.Scene) {
		n, _ := s.Node(node)
		var near []string
		for _, e := range n.Edges {
			if at, has := w.hops[e.Peer]; !has || at != hops-1 {
				continue
			}
			if back, _ := s.Edge(e.Peer, node); back.Eager && peer == "" {
				peer = e.Peer
			}
			near = append(near, e.Peer)
		}
		if peer == "" && len(near) == 1 {
			peer = near[0]
		}
	})
	return peer
}

// judge ends the waves that have reached everybody, or nobody any more for a while.
func (o *Observer) judge(now time.Time) {
	o.waves.mu.Lock()
	defer o.waves.mu.Unlock()
	o.waves.all = slices.DeleteFunc(o.waves.all, func(w *wave) bool {
		count, of, hops := o.reached(w)
		if count < of && now.Sub(w.last) < calm {
			return false
		}
		o.stream.Tell(now, trace.Event{
			Kind: trace.Reached, Node: w.from, Message: w.name, Count: count, Of: of, Ms: trace.Milliseconds(w.late), Hops: hops,
		})
		return true
	})
}

// reached counts the nodes that have got a message, of those that were up and still are.
func (o *Observer) reached(w *wave) (count, of, hops int) {
	o.stream.Scene(func(s *trace.Scene) {
		for _, id := range w.among {
			if n, _ := s.Node(id); n.State != trace.NodeUp {
				continue
			}
			of++
			if h, has := w.hops[id]; has {
				count++
				hops = max(hops, h)
			}
		}
	})
	return count, of, hops
}
