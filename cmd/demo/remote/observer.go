// Package remote observes a mesh over NATS: its nodes are asked now and then what they know and
// what they count, and the difference is told.
package remote

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
)

const (
	// perSecond is how many nodes are asked in a second at most.
	perSecond = 200
	// patience is how long answers are waited for.
	patience = 2 * time.Second
	// misses is after how many rounds without its answer a node counts as silent.
	misses = 2
	// forgotten is the default of Forget.
	forgotten = 30 * time.Second
	// mostMembers bounds how many nodes are followed.
	mostMembers = 5000
)

// Config says what is observed.
type Config struct {
	Conn    *nats.Conn
	Cluster string
	Every   time.Duration // how often it is asked, unless that is too much
	Forget  time.Duration // after how long a silent node that nobody names is gone; 0: 30 s
	Stream  *dashboard.Stream
	Log     zerolog.Logger
}

// Observer tells a stream what can be seen of a mesh.
type Observer struct {
	Config

	rates   trace.Rates
	sampled time.Time
	slowed  time.Duration // told in the log
	mode    linker.Mode   // of the links, as far as they have shown it

	mu      sync.Mutex
	members map[string]*member
}

// member is one node, as it was seen last.
type member struct {
	views   natstransport.Views // its latest answer
	told    *told               // nil as long as it has not told its counts
	held    map[string]bool     // its links that are held
	counts  trace.Counts
	counted bool // there are counts of it
	missed  int  // rounds
	heard   time.Time
}

// New returns an observer, which tells nothing before Run.
func New(c Config) *Observer {
	c.Forget = cmp.Or(c.Forget, forgotten)
	return &Observer{Config: c, sampled: time.Now(), members: make(map[string]*member)}
}

// Run observes until ctx ends, and ends the stream.
func (o *Observer) Run(ctx context.Context) {
	defer o.Stream.End()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		o.round(ctx)
		timer.Reset(max(0, o.interval()-time.Since(began)))
	}
}

// interval returns the time from one round to the next.
func (o *Observer) interval() time.Duration {
	o.mu.Lock()
	nodes := len(o.members)
	o.mu.Unlock()
	least := time.Duration(nodes) * time.Second / perSecond
	if least <= o.Every {
		return o.Every
	}
	if least > o.slowed {
		const more = 1.2 // is told again
		o.slowed = time.Duration(float64(least) * more)
		o.Log.Warn().Int("nodes", nodes).Dur("every", least).Msg("watch_slowed")
	}
	return least
}

// round asks all nodes once and tells what has changed since the last round. While NATS is away
// nothing is known, and so nothing is told.
func (o *Observer) round(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	opts := natstransport.InspectOptions{Max: mostMembers, OnError: func(err error) {
		o.Log.Warn().Err(err).Msg("answer_ignored")
	}}
	var counts []natstransport.Stats
	var work sync.WaitGroup
	work.Go(func() { counts, _ = natstransport.InspectStats(asking, o.Conn, o.Cluster, opts) }) // some are better than none
	all, err := natstransport.Inspect(asking, o.Conn, o.Cluster, opts)
	work.Wait()
	if ctx.Err() != nil || err != nil && !errors.Is(err, membership.ErrNobody) && !errors.Is(err, context.DeadlineExceeded) {
		return
	}
	at := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	answered := o.takeIn(at, newest(all), counts)
	for _, id := range slices.Sorted(maps.Keys(o.members)) {
		if m := o.members[id]; answered[id] {
			o.follow(at, id, m)
		} else {
			o.miss(at, id, m)
		}
	}
	o.sample(at)
}

// newest returns, of several lives of one node, the newest.
func newest(all []natstransport.Views) map[string]*natstransport.Views {
	by := make(map[string]*natstransport.Views, len(all))
	for i := range all {
		v := &all[i]
		if old := by[v.Self.ID]; old == nil || old.Self.Incarnation < v.Self.Incarnation {
			by[v.Self.ID] = v
		}
	}
	return by
}

// takeIn notes the answers, and tells of nodes that have come or come again. The caller of it, and of
// everything below, holds the mutex.
func (o *Observer) takeIn(at time.Time, all map[string]*natstransport.Views, counts []natstransport.Stats) map[string]bool {
	answered := make(map[string]bool, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		v := all[id]
		m := o.member(id)
		if m == nil {
			continue
		}
		answered[id] = true
		again := m.views.Self != nil && m.views.Self.Incarnation != v.Self.Incarnation
		if again {
			o.is(at, id, trace.NodeSilent) // the life before has ended, unseen
			*m = member{}
		}
		if seen, _ := o.seen(id); seen.State != trace.NodeUp || m.views.Self == nil || *m.views.Self != *v.Self {
			o.Stream.Tell(at, trace.Event{Kind: trace.NodeIs, Node: id, State: trace.NodeUp, About: about(v)})
		}
		m.views, m.missed, m.heard = *v, 0, at
		m.views.Version = clip(v.Version)
	}
	for i := range counts {
		m := o.members[counts[i].Node]
		if m == nil || m.views.Self == nil || m.views.Self.Incarnation != counts[i].Incarnation {
			continue
		}
		t, err := read(&counts[i])
		if err != nil {
			o.Log.Warn().Err(err).Msg("answer_ignored")
			continue
		}
		m.told = t
	}
	o.named(at)
	return answered
}

// member returns a node, which is new if it was not there; nil when there are too many.
func (o *Observer) member(id string) *member {
	m := o.members[id]
	if m == nil && len(o.members) < mostMembers {
		m = new(member)
		o.members[id] = m
	}
	return m
}

// named notes the nodes that others have as neighbors.
func (o *Observer) named(at time.Time) {
	for _, id := range slices.Sorted(maps.Keys(o.members)) {
		for _, n := range o.members[id].views.Active {
			if o.members[id].missed > 0 {
				continue // what it said may be so no more
			}
			if m := o.member(n.Peer.ID); m != nil {
				m.heard = at
			}
		}
	}
}

func about(v *natstransport.Views) *trace.About {
	return &trace.About{
		Addr: v.Self.Addr, NATS: clip(withoutPassword(v.Self.NATS)), Zone: v.Self.Zone, Version: clip(v.Version),
		Started: v.Started.UTC().Format(time.RFC3339Nano),
	}
}

// withoutPassword is the URL of a NATS server as it may be shown. What is no URL is not.
func withoutPassword(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Redacted()
}

// miss notes that a node has not answered.
func (o *Observer) miss(at time.Time, id string, m *member) {
	m.missed++
	if m.missed < misses {
		return
	}
	if seen, known := o.seen(id); !known || seen.State != trace.NodeSilent {
		o.is(at, id, trace.NodeSilent)
	}
	if at.Sub(m.heard) > o.Forget {
		o.is(at, id, trace.NodeGone)
		delete(o.members, id)
	}
}

func (o *Observer) is(at time.Time, id string, state trace.State) {
	o.Stream.Tell(at, trace.Event{Kind: trace.NodeIs, Node: id, State: state})
}

// seen returns a node as it has been told.
func (o *Observer) seen(id string) (n trace.Node, known bool) {
	o.Stream.Scene(func(s *trace.Scene) { n, known = s.Node(id) })
	return n, known
}

// Detail returns what a node told in the latest round. The error is [dashboard.ErrUnknown].
func (o *Observer) Detail(_ context.Context, id string) (trace.Detail, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen, known := o.seen(id)
	m := o.members[id]
	if !known || m == nil {
		return trace.Detail{}, dashboard.ErrUnknown
	}
	d := trace.Detail{ID: id, State: seen.State, About: seen.About, Edges: seen.Edges, Passive: []string{}}
	if d.Edges == nil {
		d.Edges = []trace.Edge{}
	}
	if seen.State == trace.NodeUp {
		Describe(&d, &m.views)
		if m.told != nil {
			d.Counters = m.told.counters()
		}
	}
	return d, nil
}
