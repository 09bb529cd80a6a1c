// Whether nodes are one graph.

package main

import "slices"

// connected reports whether the views lead only to nodes that have a view, are symmetric, and make one
// component of all.
func connected(views map[string][]string) bool {
	var first string
	for node, view := range views {
		first = node
		for _, other := range view {
			back, known := views[other]
			if !known || !slices.Contains(back, node) {
				return false
			}
		}
	}
	seen, next := map[string]bool{first: true}, []string{first}
	for len(next) > 0 {
		node := next[len(next)-1]
		next = next[:len(next)-1]
		for _, other := range views[node] {
			if !seen[other] {
				seen[other] = true
				next = append(next, other)
			}
		}
	}
	return len(views) == 0 || len(seen) == len(views)
}
