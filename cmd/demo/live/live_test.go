// What is told of a real mesh, and what orders do to it.

package live_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/live"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// long is far longer than anything here takes.
const long = 30 * time.Second

// show is a mesh that is observed, and the picture that its events make.
type show struct {
	t        *testing.T
	mesh     *meshtest.Mesh
	stream   *dashboard.Stream
	observer *live.Observer
	controls *live.Controls
	touched  []string
	lines    chan trace.Event
	scene    trace.Scene
}

// begin observes a mesh from its start until the test ends.
func begin(t *testing.T, mode linker.Mode, opts ...meshtest.Option) *show {
	t.Helper()
	mesh := meshtest.Run(t, append(opts, meshtest.Quick(), meshtest.Links(mode))...)
	s := &show{t: t, mesh: mesh, lines: make(chan trace.Event, 100_000)}
	s.stream = dashboard.NewStream(trace.Event{Cluster: "c", Source: "demo"}, dashboard.Keep{})
	var err error
	if s.observer, err = live.New(mesh, mode, s.stream); err != nil {
		t.Fatal(err)
	}
	s.controls = &live.Controls{Observer: s.observer, Before: func(action string, nodes []int) {
		s.touched = append(s.touched, fmt.Sprint(action, nodes))
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		s.observer.Run(ctx)
		done <- struct{}{}
	}()
	go func() {
		_ = s.stream.Follow(context.Background(), "", func(lines []dashboard.Line) error {
			for _, l := range lines {
				e, err := trace.Parse(l.JSON)
				if err != nil {
					t.Errorf("%s: %v", l.JSON, err)
				}
				s.lines <- e
			}
			return nil
		})
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
	})
	return s
}

// await takes in events until one of them, or the picture then, is as wanted.
func (s *show) await(what string, is func(e *trace.Event) bool) trace.Event {
	s.t.Helper()
	limit := time.NewTimer(long)
	defer limit.Stop()
	for {
		select {
		case e := <-s.lines:
			s.scene.Apply(&e)
			if is(&e) {
				return e
			}
		case <-limit.C:
			s.t.Fatalf("not told: %s; the picture is %+v", what, s.scene.Picture())
		}
	}
}

// awaitTruth waits until the picture is that of the mesh.
func (s *show) awaitTruth() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), long)
	defer cancel()
	if err := s.mesh.AwaitSettled(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.await("what is so", func(*trace.Event) bool { return reflect.DeepEqual(s.edges(), s.truth()) })
}

// edges are those of the picture: of each node that is up, its neighbors, their links and trees.
func (s *show) edges() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range s.scene.Picture().Nodes {
		if n.State == trace.NodeUp {
			all[n.ID] = append([]trace.Edge{}, n.Edges...)
		}
	}
	return all
}

// truth are those that the nodes have.
func (s *show) truth() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range s.mesh.Alive() {
		edges := []trace.Edge{}
		stats := n.Stats()
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

// do carries out an order.
func (s *show) do(o dashboard.Order) dashboard.Order {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), long)
	defer cancel()
	done, err := s.controls.Do(ctx, o)
	if err != nil {
		s.t.Fatalf("%+v: %v", o, err)
	}
	return done
}

// state waits until a node has a state.
func (s *show) state(id string, want trace.State) {
	s.t.Helper()
	s.await(fmt.Sprintf("%s is %s", id, want), func(*trace.Event) bool {
		n, _ := s.scene.Node(id)
		return n.State == want
	})
}

func TestEventsMakeThePictureOfTheMesh(t *testing.T) {
	for _, mode := range []linker.Mode{linker.Connections, linker.Subscriptions} {
		t.Run(mode.String(), func(t *testing.T) {
			var opts []meshtest.Option
			if mode == linker.Subscriptions {
				opts = append(opts, meshtest.SharedServer())
			}
			s := begin(t, mode, append(opts, meshtest.Nodes(8))...)
			s.awaitTruth()
			f := s.await("figures", func(e *trace.Event) bool {
				return e.Kind == trace.Sample && e.Figures.OneSided == 0 && e.Figures.Kith.Subscriptions > 0
			}).Figures
			if f.Nodes != 8 || f.Components != 1 || !slices.Equal(f.Sizes, []int{8}) || f.Pairs < 14 ||
				f.Kith.Connections < f.Pairs || f.FullMesh.Connections < 28 || f.FullMesh.Subscriptions < f.Kith.Subscriptions {
				t.Errorf("the figures are %+v", f)
			}
			n, _ := s.scene.Node("n03")
			if self := s.mesh.Node(3).Self(); n.About.Addr != self.Addr || n.About.Version == "" || n.About.Started == "" {
				t.Errorf("n03 is %+v", n)
			}

			s.do(dashboard.Order{Action: "kill", Nodes: []string{"n02", "n05"}})
			s.await("why a neighbor is gone", func(e *trace.Event) bool {
				return e.Kind == trace.Down && e.Peer == "n02" && e.Reason == "closed"
			})
			s.state("n05", trace.NodeKilled)
			s.awaitTruth()
			s.do(dashboard.Order{Action: "restart", Nodes: []string{"n02"}})
			s.state("n02", trace.NodeUp)
			s.awaitTruth()
		})
	}
}

func TestOrders(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(6), meshtest.SharedServer())
	s.awaitTruth()
	s.do(dashboard.Order{Action: "pause", Nodes: []string{"n01"}})
	s.state("n01", trace.NodePaused)
	s.do(dashboard.Order{Action: "resume", Nodes: []string{"n00", "n01"}})
	s.state("n01", trace.NodeUp)
	s.do(dashboard.Order{Action: "leave", Nodes: []string{"n02"}})
	s.state("n02", trace.NodeLeft)
	if done := s.do(dashboard.Order{Action: "add", Count: 3}); !slices.Equal(done.Nodes, []string{"n06", "n07", "n08"}) {
		t.Errorf("added %+v", done)
	}
	s.state("n08", trace.NodeUp)
	s.awaitTruth()

	done := s.do(dashboard.Order{Action: "cut"})
	if len(done.Nodes) != 4 {
		t.Errorf("one side is %v", done.Nodes)
	}
	done = s.do(dashboard.Order{Action: "cut", Nodes: []string{"n03", "n07"}})
	if !slices.Equal(done.Nodes, []string{"n03", "n07"}) {
		t.Errorf("one side is %v", done.Nodes)
	}
	s.await("the cut", func(*trace.Event) bool {
		cut := s.scene.Picture().Cut
		return cut != nil && slices.Equal(cut[0], done.Nodes) && len(cut[1]) == 7
	})
	s.await("two parts", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.Components == 2 })
	s.do(dashboard.Order{Action: "heal"})
	s.await("the end of the cut", func(*trace.Event) bool { return s.scene.Picture().Cut == nil })
	s.awaitTruth()

	want := []string{"pause[1]", "resume[1]", "leave[2]", "add[6 7 8]", "cut[", "cut[3 7 0 1 2 4 5 6 8]", "heal[]"}
	if !slices.EqualFunc(s.touched, want, strings.HasPrefix) {
		t.Errorf("told before: %v", s.touched)
	}
}

func TestAWaveReachesAll(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(12), meshtest.SharedServer())
	s.awaitTruth()
	s.do(dashboard.Order{Action: "publish", Nodes: []string{"n04"}, Size: 100})
	hops := map[string]int{"n04": 0}
	wave := s.await("a wave", func(e *trace.Event) bool { return e.Kind == trace.Wave })
	reached := s.await("its end", func(e *trace.Event) bool {
		if e.Kind == trace.Hop {
			if _, again := hops[e.Node]; again || e.Message != wave.Message || e.Ms <= 0 {
				t.Errorf("%+v", e)
			}
			if from, has := hops[e.Peer]; e.Peer != "" && (!has || from != e.Hops-1) {
				t.Errorf("%+v is from a node that had it after %d hops", e, from)
			}
			hops[e.Node] = e.Hops
		}
		return e.Kind == trace.Reached
	})
	if wave.Node != "n04" || reached.Message != wave.Message || reached.Count != 12 || reached.Of != 12 || len(hops) != 12 {
		t.Errorf("%+v, %+v, %v", wave, reached, hops)
	}
	if most := slices.Max(slices.Collect(maps.Values(hops))); reached.Hops != most || reached.Ms <= 0 {
		t.Errorf("%+v, but %d hops", reached, most)
	}
}

// A wave that cannot reach everybody ends all the same.
func TestAWaveEndsAtACut(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(4), meshtest.SharedServer())
	s.awaitTruth()
	s.do(dashboard.Order{Action: "cut", Nodes: []string{"n00"}})
	s.do(dashboard.Order{Action: "publish", Nodes: []string{"n01"}})
	got := s.await("its end", func(e *trace.Event) bool { return e.Kind == trace.Reached })
	if got.Of != 4 || got.Count != 3 {
		t.Errorf("%+v", got)
	}
}

// There are so many messages under way at most, and nobody is told of one that is refused.
func TestTooManyWaves(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(4), meshtest.SharedServer())
	s.awaitTruth()
	s.do(dashboard.Order{Action: "cut", Nodes: []string{"n00"}}) // which keeps them under way for a while
	sent := 0
	for start := time.Now(); ; sent++ {
		_, err := s.controls.Do(t.Context(), dashboard.Order{Action: "publish", Nodes: []string{"n01"}})
		if _, refused := errors.AsType[*dashboard.RefusedError](err); refused {
			break
		}
		if err != nil || time.Since(start) > long {
			t.Fatalf("after %d messages: %v", sent, err)
		}
	}
	s.do(dashboard.Order{Action: "heal"})
	told := 0
	s.await("the heal", func(e *trace.Event) bool {
		if e.Kind == trace.Action && e.Action == "publish" {
			told++
		}
		return e.Kind == trace.Action && e.Action == "heal"
	})
	if told != sent || sent < 64 {
		t.Errorf("told of %d messages, want the %d that were sent", told, sent)
	}
}

func TestDetails(t *testing.T) {
	s := begin(t, linker.Connections, meshtest.Nodes(7))
	s.awaitTruth()
	d, err := s.observer.Detail(t.Context(), "n01")
	if err != nil || d.ID != "n01" || d.State != trace.NodeUp || len(d.Edges) < 4 || len(d.RTT) != len(d.Edges) ||
		len(d.AgeSeconds) != len(d.Edges) || d.Counters["kith_neighbors"] != float64(len(d.Edges)) {
		t.Errorf("%+v, %v", d, err)
	}
	s.do(dashboard.Order{Action: "kill", Nodes: []string{"n01"}})
	s.state("n01", trace.NodeKilled)
	d, err = s.observer.Detail(t.Context(), "n01")
	if err != nil || d.State != trace.NodeKilled || d.Edges == nil || d.Passive == nil || d.Counters != nil {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err = s.observer.Detail(t.Context(), "n99"); !errors.Is(err, dashboard.ErrUnknown) {
		t.Error(err)
	}
}

func TestOrdersThatCannotBe(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(3), meshtest.SharedServer())
	s.awaitTruth()
	for _, o := range []dashboard.Order{
		{Action: "kill"},
		{Action: "kill", Nodes: []string{"n09"}},
		{Action: "kill", Nodes: []string{"n00", "n01", "n02"}},
		{Action: "leave", Nodes: []string{"n00", "n01", "n02"}},
		{Action: "pause", Nodes: []string{"n00", "n01", "n02"}},
		{Action: "resume", Nodes: []string{"n00"}},
		{Action: "explode", Nodes: []string{"n00"}},
		{Action: "cut", Nodes: []string{"n09"}},
		{Action: "cut", Nodes: []string{"n00", "n01", "n02"}},
		{Action: "add", Count: -1},
		{Action: "add", Count: 1000},
		{Action: "publish", Nodes: []string{"n09"}},
		{Action: "publish", Size: 2 << 20},
	} {
		_, err := s.controls.Do(t.Context(), o)
		if _, refused := errors.AsType[*dashboard.RefusedError](err); !refused {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if len(s.touched) > 0 {
		t.Errorf("carried out all the same: %v", s.touched)
	}
}

// Orders that come at the same time have no more room together than one after the other.
func TestAddsAtOnceKeepTheLimit(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(2))
	controls := &live.Controls{Observer: s.observer}
	controls.SetMost(5)
	var added, refused atomic.Int32
	var orders sync.WaitGroup
	for range 6 {
		orders.Go(func() {
			_, err := controls.Do(t.Context(), dashboard.Order{Action: "add", Count: 2})
			if _, no := errors.AsType[*dashboard.RefusedError](err); no {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			} else {
				added.Add(1)
			}
		})
	}
	orders.Wait()
	if n := len(s.mesh.Nodes()); n != 4 || added.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d nodes after %d orders were carried out and %d refused, want 4 after 1 and 5", n, added.Load(), refused.Load())
	}
}
