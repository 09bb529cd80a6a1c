// Who is odd, and who is not.

package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kithmesh/kith/natstransport"
)

// ring is n nodes, each with its two neighbors and as many as wanted.
func ring(n, wanted int) []natstransport.Views {
	id := func(i int) string { return fmt.Sprintf("n%02d", (i+n)%n) }
	var all []natstransport.Views
	for i := range n {
		v := told(id(i), id(i-1), id(i+1))
		v.Wanted = wanted
		all = append(all, v)
	}
	return all
}

func TestOddNodes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(all []natstransport.Views)
		nodes  int
		wanted int
		want   []string // node and kind
	}{
		"nothing":                     {nodes: 8, wanted: 3},
		"too few of what there could": {nodes: 4, wanted: 5},
		"half of what is wanted": {
			nodes: 5, wanted: 4,
			want: []string{"n00 few_neighbors", "n01 few_neighbors", "n02 few_neighbors", "n03 few_neighbors", "n04 few_neighbors"},
		},
		"nodes that do not say what they want": {nodes: 9},
		"a few lost": {
			nodes: 12, change: func(all []natstransport.Views) { all[3].Lost = 2; all[4].Lost = 3 },
		},
		"many lost": {
			nodes: 11, change: func(all []natstransport.Views) { all[3].Lost = 3 },
			want: []string{"n03 many_lost"},
		},
		"a patch, a newer one, no version, an old one": {
			nodes: 9, change: func(all []natstransport.Views) {
				all[1].Version, all[2].Version, all[3].Version, all[4].Version = "0.1.9", "2.0.0", "main", "0.0.1"
			},
			want: []string{"n04 old_version"},
		},
		"half old, half new": {
			nodes: 4, change: func(all []natstransport.Views) { all[1].Version, all[3].Version = "0.2.0", "0.2.0" },
			want: []string{"n00 old_version", "n02 old_version"},
		},
		"the gravest first": {
			nodes: 6, change: func(all []natstransport.Views) {
				all[0].Lost = 9
				all[5].Active = nil
			},
			want: []string{"n05 isolated", "n00 one_sided", "n04 one_sided", "n00 many_lost"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := ring(c.nodes, c.wanted)
			if c.change != nil {
				c.change(all)
			}
			in := inspectionOf("c", all)
			var got []string
			for _, f := range in.Odd {
				got = append(got, f.Node+" "+f.Kind)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFewOfManyFindingsAreShown(t *testing.T) {
	in := inspectionOf("c", ring(9, 4))
	lines := in.oddLines()
	if want := "  odd: 4 more (few_neighbors)"; len(lines) != mostAlike+1 || lines[mostAlike] != want {
		t.Errorf("got %q, want %d lines, the last %q", lines, mostAlike+1, want)
	}
}
