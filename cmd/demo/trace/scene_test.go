// The picture that events make, and its figures.

package trace_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

// checkScene holds a picture against what is always so.
func checkScene(t *testing.T, s *trace.Scene) {
	t.Helper()
	p := s.Picture()
	if !slices.IsSortedFunc(p.Nodes, func(a, b trace.Node) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("nodes out of order: %v", p.Nodes)
	}
	for i, n := range p.Nodes {
		if n.ID == "" || i > 0 && p.Nodes[i-1].ID == n.ID {
			t.Errorf("node %d is %q, and was there before", i, n.ID)
		}
		if !slices.IsSortedFunc(n.Edges, func(a, b trace.Edge) int { return strings.Compare(a.Peer, b.Peer) }) {
			t.Errorf("edges out of order: %v", n.Edges)
		}
	}
}

// scene returns what events make.
func scene(events ...trace.Event) *trace.Scene {
	var s trace.Scene
	for i := range events {
		s.Apply(&events[i])
	}
	return &s
}

// describe shows a scene in a line: nodes, states and edges, with ! for an eager one.
func describe(s *trace.Scene) string {
	var b strings.Builder
	for _, n := range s.Picture().Nodes {
		fmt.Fprintf(&b, "%s:%s(", n.ID, n.State)
		for _, e := range n.Edges {
			b.WriteString(e.Peer)
			if e.Eager {
				b.WriteString("!")
			}
			b.WriteString(string(e.Link))
			b.WriteString(" ")
		}
		b.WriteString(") ")
	}
	return b.String()
}

func up(node, peer string) trace.Event { return trace.Event{Kind: trace.Up, Node: node, Peer: peer} }

func is(node string, state trace.State) trace.Event {
	return trace.Event{Kind: trace.NodeIs, Node: node, State: state}
}

func TestSceneFollowsEvents(t *testing.T) {
	s := scene(is("b", trace.NodeUp), is("a", trace.NodeUp), up("a", "c"), up("a", "b"), up("b", "a"), up("a", "b"))
	steps := []struct {
		event trace.Event
		want  string
	}{
		{trace.Event{Kind: trace.TreeIs, Node: "a", Peer: "b", Eager: true}, "a:up(b! c ) b:up(a ) "},
		{trace.Event{Kind: trace.LinkIs, Node: "a", Peer: "b", Link: trace.LinkUp}, "a:up(b!up c ) b:up(a ) "},
		{trace.Event{Kind: trace.LinkIs, Node: "a", Peer: "d", Link: trace.LinkHolding}, "a:up(b!up c ) b:up(a ) "},
		{trace.Event{Kind: trace.Down, Node: "a", Peer: "c"}, "a:up(b!up ) b:up(a ) "},
		{trace.Event{Kind: trace.Down, Node: "a", Peer: "c"}, "a:up(b!up ) b:up(a ) "},
		{is("b", trace.NodePaused), "a:up(b!up ) b:paused(a ) "},
		{is("b", trace.NodeKilled), "a:up(b!up ) b:killed() "},
		{is("b", trace.NodeUp), "a:up(b!up ) b:up() "},
		{up("d", "a"), "a:up(b!up ) b:up() d:up(a ) "},
		{is("d", trace.NodeSilent), "a:up(b!up ) b:up() d:silent() "},
		{is("d", trace.NodeGone), "a:up(b!up ) b:up() "},
		{is("d", trace.NodeGone), "a:up(b!up ) b:up() "},
		{trace.Event{Kind: "later", Node: "a"}, "a:up(b!up ) b:up() "},
	}
	for _, step := range steps {
		s.Apply(&step.event)
		if got := describe(s); got != step.want {
			t.Errorf("after %+v: %s, want %s", step.event, got, step.want)
		}
		checkScene(t, s)
	}
}

func TestSceneKeepsWhatANodeSaysOfItself(t *testing.T) {
	s := scene(trace.Event{Kind: trace.NodeIs, Node: "a", State: trace.NodeUp, About: &trace.About{Addr: "h:1"}}, is("a", trace.NodeKilled))
	if n, _ := s.Node("a"); n.About.Addr != "h:1" {
		t.Errorf("%+v", n)
	}
}

func TestSceneKnowsTheSidesOfACut(t *testing.T) {
	s := scene(is("a", trace.NodeUp), is("b", trace.NodeUp), is("c", trace.NodeUp),
		trace.Event{Kind: trace.Action, Action: "cut", Nodes: []string{"c", "a"}})
	if want := [][]string{{"a", "c"}, {"b"}}; !reflect.DeepEqual(s.Picture().Cut, want) {
		t.Errorf("cut into %v, want %v", s.Picture().Cut, want)
	}
	s.Apply(&trace.Event{Kind: trace.Action, Action: "heal"})
	if s.Picture().Cut != nil {
		t.Errorf("still cut into %v", s.Picture().Cut)
	}
}

func TestAPictureIsACopy(t *testing.T) {
	s := scene(up("a", "b"))
	s.Picture().Nodes[0].Edges[0].Peer = "x"
	if got := describe(s); got != "a:up(b ) " {
		t.Error(got)
	}
}

func TestSceneIsBounded(t *testing.T) {
	var s trace.Scene
	for i := range 5500 {
		s.Apply(&trace.Event{Kind: trace.NodeIs, Node: fmt.Sprint("n", i), State: trace.NodeUp})
	}
	for i := range 300 {
		s.Apply(&trace.Event{Kind: trace.Up, Node: "n1", Peer: fmt.Sprint("p", i)})
	}
	n, _ := s.Node("n1")
	if nodes := len(s.Picture().Nodes); nodes != 5000 || len(n.Edges) != 256 {
		t.Errorf("%d nodes, %d edges", nodes, len(n.Edges))
	}
}

func TestOverlay(t *testing.T) {
	s := scene(
		is("a", trace.NodeUp), is("b", trace.NodeUp), is("c", trace.NodeUp), is("d", trace.NodeUp),
		is("e", trace.NodeKilled), is("f", trace.NodeUp), is("g", trace.NodeUp),
		up("a", "b"), up("b", "a"), up("b", "c"), up("c", "e"), up("f", "g"), up("g", "f"),
	)
	got := s.Overlay()
	want := trace.Figures{
		Nodes: 6, Components: 3, Sizes: []int{3, 2, 1}, Pairs: 2, OneSided: 2, Isolated: 1, Degrees: []int{1, 4, 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if empty := scene().Overlay(); empty.Nodes != 0 || empty.Components != 0 || empty.Degrees == nil {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestRates(t *testing.T) {
	var r trace.Rates
	took := r.Add(trace.Counts{Delivered: 10, Repairs: 1, Repairing: time.Second},
		trace.Counts{Delivered: 30, Bytes: 500, Duplicates: 4, Repairs: 3, Repairing: 3 * time.Second})
	if !slices.Equal(took, []time.Duration{time.Second, time.Second}) {
		t.Errorf("repairs took %v", took)
	}
	if took := r.Add(trace.Counts{Delivered: 30, Repairs: 3}, trace.Counts{Delivered: 2}); took != nil {
		t.Errorf("a new life: repairs took %v", took)
	}
	var f trace.Figures
	r.Sample(&f, 2*time.Second)
	if f.Messages != 11 || f.Bytes != 250 || f.Duplicates != 2 || f.Repairs != 2 || f.RepairP50 != 1000 || f.RepairP99 != 1000 {
		t.Errorf("%+v", f)
	}
	r.Sample(&f, time.Second)
	if f.Messages != 0 || f.Repairs != 0 || f.RepairP50 != 1000 {
		t.Errorf("nothing since: %+v", f)
	}
	if got := (trace.Price{Connections: 2, Subscriptions: 3}).FullMesh(5); got != (trace.Cost{Connections: 20, Subscriptions: 30}) {
		t.Errorf("a full mesh costs %+v", got)
	}
}
