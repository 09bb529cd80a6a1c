// Judging an overlay by who says they have whom as a neighbor.

package main

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kithmesh/kith"
)

// graph holds the active view of every node that was seen: IDs to IDs.
type graph map[string][]string

// pair is a link that one side has and the other has not.
type pair struct {
	From string `json:"from"` // who has the neighbor
	To   string `json:"to"`   // who does not have From, or was not seen at all
}

// ids returns those of peers, in order.
func ids(peers []kith.Peer) []string {
	all := make([]string, 0, len(peers))
	for i := range peers {
		all = append(all, peers[i].ID)
	}
	slices.Sort(all)
	return all
}

// nodes returns all IDs in order.
func (g graph) nodes() []string { return slices.Sorted(maps.Keys(g)) }

// components returns the connected components, the biggest first, each in order
// of IDs. A link counts when either side has it; neighbors that were not seen
// themselves do not.
func (g graph) components() [][]string {
	both := make(graph, len(g))
	for from, view := range g {
		for _, to := range view {
			if _, seen := g[to]; seen {
				both[from] = append(both[from], to)
				both[to] = append(both[to], from)
			}
		}
	}
	var all [][]string
	reached := make(map[string]bool, len(g))
	for _, start := range g.nodes() {
		if reached[start] {
			continue
		}
		reached[start] = true
		component := []string{start}
		for i := 0; i < len(component); i++ {
			for _, next := range both[component[i]] {
				if !reached[next] {
					reached[next] = true
					component = append(component, next)
				}
			}
		}
		slices.Sort(component)
		all = append(all, component)
	}
	slices.SortStableFunc(all, func(a, b []string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// hops returns how many links the farthest node is away from one, of those that can be
// reached: what a flooding from it would need.
func (g graph) hops(from string) int {
	away := map[string]int{from: 0}
	queue := []string{from}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if _, known := away[next]; !known {
				away[next] = away[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return slices.Max(slices.Collect(maps.Values(away)))
}

// asymmetric returns the links that only one side has, in order.
func (g graph) asymmetric() []pair {
	var all []pair
	for _, from := range g.nodes() {
		for _, to := range slices.Sorted(slices.Values(g[from])) {
			if !slices.Contains(g[to], from) {
				all = append(all, pair{from, to})
			}
		}
	}
	return all
}

// edges is the number of links, each counted once.
func (g graph) edges() int {
	once := make(map[pair]bool)
	for from, view := range g {
		for _, to := range view {
			once[pair{min(from, to), max(from, to)}] = true
		}
	}
	return len(once)
}

// degrees returns how many nodes have 0, 1, 2 … neighbors.
func (g graph) degrees() []int {
	most := 0
	for _, view := range g {
		most = max(most, len(view))
	}
	histogram := make([]int, most+1)
	for _, view := range g {
		histogram[len(view)]++
	}
	return histogram
}
