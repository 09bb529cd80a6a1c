// The keys of a count, the largest first.

package browser_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sortedBy returns the keys with the largest counts first, always in the same order.
func sortedBy[K comparable](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		if d := counts[b] - counts[a]; d != 0 {
			return d
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
}
