// Inspections whose outcome is known.

package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

// told is what a node says that has these neighbors.
func told(id string, neighbors ...string) natstransport.Views {
	peer := func(id string) *views.Peer { return &views.Peer{ID: id, Incarnation: 2, Addr: id + ":1"} }
	v := natstransport.Views{Self: peer(id), Version: "0.1.0", Uptime: 90 * time.Second}
	for _, n := range neighbors {
		v.Active = append(v.Active, natstransport.Neighbor{Peer: peer(n)})
	}
	return v
}

func TestInspection(t *testing.T) {
	earlier := told("a", "x")
	earlier.Self = &views.Peer{ID: "a", Incarnation: 1, Addr: "a:1"}
	for name, c := range map[string]struct {
		views      []natstransport.Views
		sizes      []int
		degrees    []int
		asymmetric []pair
		silent     []string
		edges      int
		fault      string
	}{
		"a node alone": {
			views: []natstransport.Views{told("a")},
			sizes: []int{1}, degrees: []int{1}, asymmetric: []pair{}, silent: []string{},
		},
		"a ring, and an earlier life of one node": {
			views: []natstransport.Views{told("a", "c", "b"), told("b", "a", "c"), told("c", "b", "a"), earlier},
			sizes: []int{3}, degrees: []int{0, 0, 3}, asymmetric: []pair{}, silent: []string{}, edges: 3,
		},
		"two halves": {
			views: []natstransport.Views{told("a", "b"), told("b", "a"), told("x", "y"), told("y", "x"), told("z")},
			sizes: []int{2, 2, 1}, degrees: []int{1, 4}, asymmetric: []pair{}, silent: []string{}, edges: 2,
			fault: "cluster c: the nodes are 3 components, of 2, 2, 1 nodes, want 1",
		},
		"one side only, and one that is silent": {
			views: []natstransport.Views{told("a", "b", "gone"), told("b")},
			sizes: []int{2}, degrees: []int{1, 0, 1}, asymmetric: []pair{{"a", "b"}, {"a", "gone"}},
			silent: []string{"gone"}, edges: 2,
			fault: "cluster c: asymmetric: 2 links known to one side only",
		},
		"nobody": {
			sizes: []int{}, degrees: []int{0}, asymmetric: []pair{}, silent: []string{},
			fault: "cluster c: the nodes are 0 components",
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := inspectionOf("c", c.views)
			want := inspection{
				Cluster: "c", Nodes: len(in.Members), Components: len(c.sizes), Sizes: c.sizes,
				Symmetric: len(c.asymmetric) == 0, Edges: c.edges, Degrees: c.degrees,
				Asymmetric: c.asymmetric, Silent: c.silent, Odd: in.Odd, Members: in.Members,
			}
			if !reflect.DeepEqual(in, want) {
				t.Errorf("got\n%+v, want\n%+v", in, want)
			}
			switch err := in.fault(); {
			case c.fault == "" && err != nil:
				t.Errorf("fault: %v", err)
			case c.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), c.fault)):
				t.Errorf("fault %v, want %q", err, c.fault)
			}
		})
	}
}

// placed is what a node of a zone says.
func placed(v natstransport.Views, zone string) natstransport.Views {
	v.Self.Zone, v.Wanted = zone, 5
	return v
}

func TestInspectionForHumans(t *testing.T) {
	a := placed(told("a", "b", "gone"), "eu")
	a.Active[0].Peer.Zone, a.Active[0].RTT = "us\x1b[2J", 31*time.Millisecond
	a.Active[1].Peer.Zone, a.Active[1].RTT = "eu", 412*time.Microsecond
	lost := told("long-name")
	lost.Lost, lost.Version, lost.Self.Addr = 7, "0.0.9", "h\u009b2J:1" // which terminals obey, too
	in := inspectionOf("c", []natstransport.Views{a, told("b"), lost})
	var b strings.Builder
	if err := in.writeText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `cluster c is NOT one mesh: 3 nodes, 2 components (2, 1), 2 pairs
  odd: b is isolated: it has no neighbor
  odd: long-name is isolated: it has no neighbor
  odd: gone did not answer, and is a neighbor of a
  odd: a has b as a neighbor, which does not have it
  odd: long-name looks for 7 peers that it has lost
  odd: long-name is of version 0.0.9, most are of 0.1.0

   0 neighbors:     2  ##########################
   2 neighbors:     1  #############

node       zone  version        age  spare  lost  address                neighbors
a          eu    0.1.0        1m30s      0     0  a:1                    b(us?[2J 31ms) gone(0.4ms)
b                0.1.0        1m30s      0     0  b:1
long-name        0.0.9        1m30s      0     7  h?2J:1
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestInspectionOfAMeshIsShort(t *testing.T) {
	in := inspectionOf("c", []natstransport.Views{told("a", "b"), told("b", "a")})
	want := []string{
		"cluster c is one mesh: 2 nodes, 1 component, 1 pair", "  nobody is odd", "",
		"   1 neighbors:     2  " + strings.Repeat("#", 40), "",
	}
	if got := in.lines()[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInspectionTellsTheSizeThatNodesEstimate(t *testing.T) {
	var all []natstransport.Views
	for id, size := range map[string]int{"a": 90, "b": 100, "c": 130, "silent": 0} {
		v := told(id)
		v.Size = size
		all = append(all, v)
	}
	in := inspectionOf("c", all)
	if want := "  by their own estimates 100 nodes, from 90 to 130"; !slices.Contains(in.lines(), want) {
		t.Errorf("%q lacks %q", in.lines(), want)
	}
	if got := in.Members[1].Size; got != 100 {
		t.Errorf("as JSON the size is %d, want 100", got)
	}
}

func TestInspectionAsJSON(t *testing.T) {
	var b strings.Builder
	if err := writeJSON(&b, inspectionOf("c", []natstransport.Views{told("a")})); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"cluster": "c", "nodes": 1.0, "components": 1.0, "component_sizes": []any{1.0}, "symmetric": true,
		"edges": 0.0, "degrees": []any{1.0}, "asymmetric": []any{}, "silent": []any{},
		"odd": []any{},
		"members": []any{map[string]any{
			"id": "a", "incarnation": 2.0, "addr": "a:1", "version": "0.1.0", "age_s": 90.0,
			"neighbors": []any{}, "links": []any{}, "passive": 0.0, "lost": 0.0,
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
