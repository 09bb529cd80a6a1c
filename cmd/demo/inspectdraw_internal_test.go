// Pictures of meshes.

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kithmesh/kith/natstransport"
)

func TestMeshForGraphviz(t *testing.T) {
	in := inspectionOf("c", []natstransport.Views{placed(told("a", "b", "gone"), "eu"), placed(told("b"), "us")})
	var b strings.Builder
	if err := in.writeDOT(&b); err != nil {
		t.Fatal(err)
	}
	const want = `graph "c" {
	layout=neato; overlap=false; node [shape=circle, style=filled, fontcolor=white];
	"a" [fillcolor="#0072b2", color="#d00000", penwidth=4];
	"b" [fillcolor="#d55e00", color="#d00000", penwidth=4];
	"gone" [fillcolor="#0072b2", color="#d00000", penwidth=4];
	"a" -- "b" [style=dashed, color="#d00000"];
	"a" -- "gone" [style=dashed, color="#d00000"];
}
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// elements counts the elements of a document, which must be well formed.
func elements(t *testing.T, document []byte) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return counts
		}
		if err != nil {
			t.Fatalf("%v in %s", err, document)
		}
		if start, ok := token.(xml.StartElement); ok {
			counts[start.Name.Local]++
		}
	}
}

func TestMeshAsSVG(t *testing.T) {
	all := ring(12, 3)
	all[3] = placed(all[3], `<zone & "x">`)
	all[4].Active = all[4].Active[:1]
	in := inspectionOf("c", all)
	picture := in.svg()
	counts := elements(t, picture)
	if counts["line"] != 12 || counts["circle"] != 12+1 || counts["title"] != 12 {
		t.Errorf("got %v, want 12 links and nodes, and one zone", counts)
	}
	if n := strings.Count(string(picture), "stroke-dasharray"); n != 1 {
		t.Errorf("%d dashed links, want the one of one side", n)
	}
	if !bytes.Equal(picture, in.svg()) {
		t.Error("the same inspection twice, two pictures")
	}
	empty := inspectionOf("c", nil)
	elements(t, empty.svg())
}

// In a ring the neighbors are nearer than the others.
func TestLayoutPutsNeighborsTogether(t *testing.T) {
	for _, n := range []int{1, 2, 3, 12, 60} {
		var links [][2]int
		for i := range n {
			links = append(links, [2]int{i, i * 7 % n}, [2]int{i, (i + 1) % n})
		}
		spots := layout(n, links[1:2]) // a few
		for _, s := range append(spots, layout(n, links)...) {
			if !(s.x >= 0 && s.x <= 1 && s.y >= 0 && s.y <= 1) {
				t.Errorf("%d nodes: one is at %v", n, s)
			}
		}
	}
	const n = 20
	var links [][2]int
	for i := range n {
		links = append(links, [2]int{i * 7 % n, (i + 1) * 7 % n}) // a ring, in an order unlike that of the circle
	}
	spots := layout(n, links)
	distance := func(i, j int) float64 { return math.Hypot(spots[i].x-spots[j].x, spots[i].y-spots[j].y) }
	linked, all, pairs := 0.0, 0.0, 0
	for i := range n {
		for j := range i {
			all += distance(i, j)
			pairs++
			if slices.Contains(links, [2]int{i, j}) || slices.Contains(links, [2]int{j, i}) {
				linked += distance(i, j)
			}
		}
	}
	if mean := all / float64(pairs); linked/n > mean*0.6 {
		t.Errorf("neighbors are %.2f apart, all nodes %.2f", linked/n, mean)
	}
}
