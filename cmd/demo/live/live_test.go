// What is told of a real mesh, and what orders do to it.

package live_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/dashboard/dashtest"
	"github.com/kithmesh/kith/cmd/demo/live"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// show is a mesh that is observed.
type show struct {
	*dashtest.Follower

	t        *testing.T
	observer *live.Observer
	controls *live.Controls
	touched  []string
}

// begin observes a mesh from its start until the test ends.
func begin(t *testing.T, mode linker.Mode, opts ...meshtest.Option) *show {
	t.Helper()
	mesh := meshtest.Run(t, append(opts, meshtest.Quick(), meshtest.Links(mode))...)
	stream := dashboard.NewStream(trace.Event{Cluster: "c", Source: "demo"}, dashboard.Keep{})
	observer, err := live.New(mesh, mode, stream)
	if err != nil {
		t.Fatal(err)
	}
	s := &show{Follower: dashtest.Follow(t, mesh, stream, observer.Run), t: t, observer: observer}
	s.controls = &live.Controls{Observer: observer, Before: func(action string, nodes []int) {
		s.touched = append(s.touched, fmt.Sprint(action, nodes))
	}}
	return s
}

// do carries out an order.
func (s *show) do(o dashboard.Order) dashboard.Order {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), dashtest.Long)
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
	s.Await(fmt.Sprintf("%s is %s", id, want), func(*trace.Event) bool {
		n, _ := s.Scene.Node(id)
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
			s.AwaitTruth()
			f := s.Await("figures", func(e *trace.Event) bool {
				return e.Kind == trace.Sample && e.Figures.OneSided == 0 && e.Figures.Kith.Subscriptions > 0
			}).Figures
			if f.Nodes != 8 || f.Components != 1 || !slices.Equal(f.Sizes, []int{8}) || f.Pairs < 14 ||
				f.Kith.Connections < f.Pairs || f.FullMesh.Connections < 28 || f.FullMesh.Subscriptions < f.Kith.Subscriptions {
				t.Errorf("the figures are %+v", f)
			}
			n, _ := s.Scene.Node("n03")
			if self := s.Mesh.Node(3).Self(); n.About.Addr != self.Addr || n.About.Version == "" || n.About.Started == "" {
				t.Errorf("n03 is %+v", n)
			}

			s.do(dashboard.Order{Action: "kill", Nodes: []string{"n02", "n05"}})
			s.Await("why a neighbor is gone", func(e *trace.Event) bool {
				return e.Kind == trace.Down && e.Peer == "n02" && e.Reason == "closed"
			})
			s.state("n05", trace.NodeKilled)
			s.AwaitTruth()
			s.do(dashboard.Order{Action: "restart", Nodes: []string{"n02"}})
			s.state("n02", trace.NodeUp)
			s.AwaitTruth()
		})
	}
}

func TestOrders(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(6), meshtest.SharedServer())
	s.AwaitTruth()
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
	s.AwaitTruth()

	done := s.do(dashboard.Order{Action: "cut"})
	if len(done.Nodes) != 4 {
		t.Errorf("one side is %v", done.Nodes)
	}
	done = s.do(dashboard.Order{Action: "cut", Nodes: []string{"n03", "n07"}})
	if !slices.Equal(done.Nodes, []string{"n03", "n07"}) {
		t.Errorf("one side is %v", done.Nodes)
	}
	s.Await("the cut", func(*trace.Event) bool {
		cut := s.Scene.Picture().Cut
		return cut != nil && slices.Equal(cut[0], done.Nodes) && len(cut[1]) == 7
	})
	s.Await("two parts", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.Components == 2 })
	s.do(dashboard.Order{Action: "heal"})
	s.Await("the end of the cut", func(*trace.Event) bool { return s.Scene.Picture().Cut == nil })
	s.AwaitTruth()

	want := []string{"pause[1]", "resume[1]", "leave[2]", "add[6 7 8]", "cut[", "cut[3 7 0 1 2 4 5 6 8]", "heal[]"}
	if !slices.EqualFunc(s.touched, want, strings.HasPrefix) {
		t.Errorf("told before: %v", s.touched)
	}
}

func TestAWaveReachesAll(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(12), meshtest.SharedServer())
	s.AwaitTruth()
	s.do(dashboard.Order{Action: "publish", Nodes: []string{"n04"}, Size: 100})
	hops := map[string]int{"n04": 0}
	wave := s.Await("a wave", func(e *trace.Event) bool { return e.Kind == trace.Wave })
	reached := s.Await("its end", func(e *trace.Event) bool {
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
	s.AwaitTruth()
	s.do(dashboard.Order{Action: "cut", Nodes: []string{"n00"}})
	s.do(dashboard.Order{Action: "publish", Nodes: []string{"n01"}})
	got := s.Await("its end", func(e *trace.Event) bool { return e.Kind == trace.Reached })
	if got.Of != 4 || got.Count != 3 {
		t.Errorf("%+v", got)
	}
}

// There are so many messages under way at most, and nobody is told of one that is refused.
func TestTooManyWaves(t *testing.T) {
	s := begin(t, 0, meshtest.Nodes(4), meshtest.SharedServer())
	s.AwaitTruth()
	s.do(dashboard.Order{Action: "cut", Nodes: []string{"n00"}}) // which keeps them under way for a while
	sent := 0
	for start := time.Now(); ; sent++ {
		_, err := s.controls.Do(t.Context(), dashboard.Order{Action: "publish", Nodes: []string{"n01"}})
		if _, refused := errors.AsType[*dashboard.RefusedError](err); refused {
			break
		}
		if err != nil || time.Since(start) > dashtest.Long {
			t.Fatalf("after %d messages: %v", sent, err)
		}
	}
	s.do(dashboard.Order{Action: "heal"})
	told := 0
	s.Await("the heal", func(e *trace.Event) bool {
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
	s.AwaitTruth()
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
	s.AwaitTruth()
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
	if n := len(s.Mesh.Nodes()); n != 4 || added.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d nodes after %d orders were carried out and %d refused, want 4 after 1 and 5", n, added.Load(), refused.Load())
	}
}
