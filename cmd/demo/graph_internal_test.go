// Overlays whose judgment is known.

package main

import (
	"reflect"
	"testing"
)

func TestHops(t *testing.T) {
	g := graph{"a": {"b"}, "b": {"a", "c"}, "c": {"b", "gone"}, "d": {"e"}}
	for from, want := range map[string]int{"a": 3, "b": 2, "d": 1, "nobody": 0} {
		if got := g.hops(from); got != want {
			t.Errorf("%s: %d, want %d", from, got, want)
		}
	}
}

func TestGraph(t *testing.T) {
	for name, c := range map[string]struct {
		graph      graph
		components [][]string
		asymmetric []pair
		edges      int
		degrees    []int
	}{
		"nobody": {graph: graph{}, degrees: []int{0}},
		"alone":  {graph: graph{"a": nil}, components: [][]string{{"a"}}, degrees: []int{1}},
		"pair": {
			graph:      graph{"a": {"b"}, "b": {"a"}},
			components: [][]string{{"a", "b"}}, edges: 1, degrees: []int{0, 2},
		},
		"a ring and a pair": {
			graph:      graph{"x": {"y"}, "y": {"x"}, "c": {"a", "b"}, "a": {"b", "c"}, "b": {"c", "a"}},
			components: [][]string{{"a", "b", "c"}, {"x", "y"}}, edges: 4, degrees: []int{0, 2, 3},
		},
		"one side only": {
			graph:      graph{"a": {"b"}, "b": nil},
			components: [][]string{{"a", "b"}}, asymmetric: []pair{{"a", "b"}}, edges: 1, degrees: []int{1, 1},
		},
		"a neighbor nobody saw": {
			graph:      graph{"a": {"gone"}, "b": {"gone"}},
			components: [][]string{{"a"}, {"b"}},
			asymmetric: []pair{{"a", "gone"}, {"b", "gone"}}, edges: 2, degrees: []int{0, 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.graph.components(); !reflect.DeepEqual(got, c.components) {
				t.Errorf("components %v, want %v", got, c.components)
			}
			if got := c.graph.asymmetric(); !reflect.DeepEqual(got, c.asymmetric) {
				t.Errorf("asymmetric %v, want %v", got, c.asymmetric)
			}
			if got := c.graph.edges(); got != c.edges {
				t.Errorf("%d edges, want %d", got, c.edges)
			}
			if got := c.graph.degrees(); !reflect.DeepEqual(got, c.degrees) {
				t.Errorf("degrees %v, want %v", got, c.degrees)
			}
		})
	}
}
