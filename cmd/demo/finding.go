// Who is odd in an inspection: what an operator would look for in the table.

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// finding is one node at which to look, and why.
type finding struct {
	Node string `json:"node"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// The kinds of findings, in the order in which they are told.
const (
	oddIsolated = "isolated"      // no neighbor, though there are other nodes
	oddSilent   = "silent"        // a neighbor of others that did not answer
	oddOneSided = "one_sided"     // a neighbor that does not have the node as one
	oddFew      = "few_neighbors" // at most half of the neighbors it could have
	oddLost     = "many_lost"     // it looks for many peers that vanished
	oddVersion  = "old_version"   // older, but for patches, than most
)

func oddKinds() []string {
	return []string{oddIsolated, oddSilent, oddOneSided, oddFew, oddLost, oddVersion}
}

// leastLost is how many lost peers are many: a node that was restarted leaves one behind.
const leastLost = 3

// String is the finding as a sentence without its end.
func (f finding) String() string { return f.Node + " " + f.Text }

// findings lists all that is odd, the gravest kind first, and by node.
func (in *inspection) findings() []finding {
	all := append([]finding{}, in.oneSided()...)
	usual := in.usualVersion()
	for i := range in.Members {
		all = append(all, in.Members[i].findings(in.Nodes, usual)...)
	}
	for _, id := range in.Silent {
		all = append(all, finding{id, oddSilent, "did not answer, and is a neighbor of " + strings.Join(in.having(id), ", ")})
	}
	kinds := oddKinds()
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Node, b.Node))
	})
	return all
}

// oneSided are the neighbors that answered and say something else.
func (in *inspection) oneSided() []finding {
	var all []finding
	for _, p := range in.Asymmetric {
		if !slices.Contains(in.Silent, p.To) {
			all = append(all, finding{p.From, oddOneSided, "has " + p.To + " as a neighbor, which does not have it"})
		}
	}
	return all
}

// having lists who has the node as a neighbor.
func (in *inspection) having(id string) []string {
	var all []string
	for i := range in.Members {
		if slices.Contains(in.Members[i].Neighbors, id) {
			all = append(all, in.Members[i].ID)
		}
	}
	return all
}

// findings are those of one node among so many, most of which are of the usual version.
func (m *memberInfo) findings(nodes int, usual string) []finding {
	var all []finding
	add := func(kind, text string) { all = append(all, finding{m.ID, kind, text}) }
	possible := min(m.Wanted, nodes-1)
	switch has := len(m.Neighbors); {
	case has == 0 && nodes > 1:
		add(oddIsolated, "is isolated: it has no neighbor")
	case has > 0 && 2*has <= possible:
		add(oddFew, fmt.Sprintf("has %s, and wants %d", plural(has, "neighbor"), m.Wanted))
	}
	if m.Lost >= leastLost && 4*m.Lost > nodes {
		add(oddLost, "looks for "+plural(m.Lost, "peer")+" that it has lost")
	}
	if older(m.Version, usual) {
		add(oddVersion, "is of version "+m.Version+", most are of "+usual)
	}
	return all
}

// usualVersion is the one that most nodes have, of several the newest.
func (in *inspection) usualVersion() string {
	times := make(map[string]int)
	for i := range in.Members {
		times[in.Members[i].Version]++
	}
	usual := ""
	for _, version := range slices.Sorted(maps.Keys(times)) {
		if n := times[version]; n > times[usual] || n == times[usual] && older(usual, version) {
			usual = version
		}
	}
	return usual
}

// older reports whether a is an older version than b by more than patches. Versions that
// are no versions are not compared.
func older(a, b string) bool {
	x, okX := release(a)
	y, okY := release(b)
	return okX && okY && slices.Compare(x[:], y[:]) < 0
}

// release returns the first two numbers of a version.
func release(version string) (numbers [2]int, ok bool) {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return numbers, false
	}
	for i := range numbers {
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return numbers, false
		}
		numbers[i] = n
	}
	return numbers, true
}
