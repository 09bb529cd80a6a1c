// Package dashtest follows, in tests, what a stream tells of a mesh, and compares it with the mesh.
package dashtest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// Long is far longer than anything here takes.
const Long = 30 * time.Second

// Follower takes in the events of a mesh.
type Follower struct {
	Mesh    *meshtest.Mesh
	Scene   trace.Scene   // the picture that the events make, as far as they were awaited
	History []trace.Event // those that were awaited

	t      *testing.T
	events chan trace.Event
}

// Follow runs an observer, which tells the stream and ends it when its context ends, until the test
// ends.
func Follow(t *testing.T, mesh *meshtest.Mesh, stream *dashboard.Stream, observe func(ctx context.Context)) *Follower {
	t.Helper()
	const room = 100_000 // more than any test tells
	f := &Follower{Mesh: mesh, t: t, events: make(chan trace.Event, room)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		observe(ctx)
		done <- struct{}{}
	}()
	go func() {
		_ = stream.Follow(context.Background(), "", f.takeIn) // until the stream ends
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
	})
	return f
}

func (f *Follower) takeIn(lines []dashboard.Line) error {
	for _, l := range lines {
		e, err := trace.Parse(l.JSON)
		if err != nil {
			f.t.Errorf("%s: %v", l.JSON, err)
		}
		f.events <- e
	}
	return nil
}

// Await takes in events until one of them, or the picture then, is as wanted.
func (f *Follower) Await(what string, is func(e *trace.Event) bool) trace.Event {
	f.t.Helper()
	limit := time.NewTimer(Long)
	defer limit.Stop()
	for {
		select {
		case e := <-f.events:
			f.Scene.Apply(&e)
			f.History = append(f.History, e)
			if is(&e) {
				return e
			}
		case <-limit.C:
			f.t.Fatalf("not told: %s; the picture is %+v", what, f.Scene.Picture())
		}
	}
}

// AwaitTruth waits until the picture is that of the mesh.
func (f *Follower) AwaitTruth() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), Long)
	defer cancel()
	if err := f.Mesh.AwaitSettled(ctx); err != nil {
		f.t.Fatal(err)
	}
	f.Await("what is so", func(*trace.Event) bool { return reflect.DeepEqual(f.edges(), f.truth()) })
}

// edges are those of the picture: of each node that is up, its neighbors, their links and trees.
func (f *Follower) edges() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range f.Scene.Picture().Nodes {
		if n.State == trace.NodeUp {
			all[n.ID] = append([]trace.Edge{}, n.Edges...)
		}
	}
	return all
}

// truth are those that the nodes have.
func (f *Follower) truth() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range f.Mesh.Alive() {
		stats := n.Stats()
		edges := make([]trace.Edge, 0, len(stats.Broadcast.Links))
		for _, l := range stats.Broadcast.Links {
			e := trace.Edge{Peer: l.Neighbor, Eager: l.Eager}
			for _, k := range stats.Links {
				if k.Peer.ID == l.Neighbor && k.State == linker.Up && !k.Held {
					e.Link = trace.LinkUp
				}
			}
			edges = append(edges, e)
		}
		all[n.Self().ID] = edges
	}
	return all
}
