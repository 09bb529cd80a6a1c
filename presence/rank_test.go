// Rendezvous hashing: stable, even, and moving no more than it must.

package presence_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/presence"
)

// Stored data may depend on these, which were computed by another program from the
// description: they must never change.
func TestRankIsStable(t *testing.T) {
	ids := []string{"orders-1", "orders-2", "orders-3", "orders-4", "orders-5"}
	for key, want := range map[string][]string{
		"":              {"orders-1", "orders-5", "orders-4", "orders-2", "orders-3"},
		"a":             {"orders-3", "orders-2", "orders-1", "orders-5", "orders-4"},
		"customer-4711": {"orders-1", "orders-2", "orders-4", "orders-5", "orders-3"},
		"straße/7":      {"orders-3", "orders-4", "orders-1", "orders-2", "orders-5"},
	} {
		if got := presence.Rank(key, ids, 5); !slices.Equal(got, want) {
			t.Errorf("%q is ranked %q, want %q", key, got, want)
		}
	}
	if got := presence.Rank("key", ids, 2); !slices.Equal(got, presence.Rank("key", ids, 9)[:2]) {
		t.Errorf("the first two are %v", got)
	}
	if len(presence.Rank("key", ids, 0)) != 0 || len(presence.Rank("key", nil, 3)) != 0 || len(presence.Rank("key", ids, -1)) != 0 {
		t.Error("of none there are some")
	}
}

// Keys are spread evenly, whether they and the IDs look alike or not.
func TestRankIsEven(t *testing.T) {
	const nodes, keys = 20, 40_000
	for _, format := range [][2]string{{"node-%d", "key-%d"}, {"%d", "%d"}, {"%04x-replica", "user/%08d/orders"}} {
		ids := make([]string, nodes)
		for i := range ids {
			ids[i] = fmt.Sprintf(format[0], i)
		}
		first, second := map[string]int{}, map[string]int{}
		for i := range keys {
			owners := presence.Rank(fmt.Sprintf(format[1], i), ids, 2)
			first[owners[0]]++
			second[owners[1]]++
		}
		for _, counts := range []map[string]int{first, second} {
			chi := 0.0
			for _, id := range ids {
				off := float64(counts[id] - keys/nodes)
				chi += off * off / (keys / nodes)
			}
			if chi > 60 { // with 19 degrees of freedom, above that once in 300,000
				t.Errorf("%v: chi² is %.1f", format, chi)
			}
		}
	}
}

// When a node goes its keys move to who came next, and no other key does.
func TestRankMovesNoMoreThanItMust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9-]{1,12}`), 1, 20, rapid.ID[string]).Draw(t, "ids")
		key := rapid.String().Draw(t, "key")
		ranked := presence.Rank(key, ids, len(ids))
		if !slices.Equal(slices.Sorted(slices.Values(ranked)), slices.Sorted(slices.Values(ids))) {
			t.Fatalf("%v is ranked as %v", ids, ranked)
		}
		gone := rapid.SampledFrom(ids).Draw(t, "gone")
		less := func(all []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == gone })
		}
		rest := rapid.Permutation(less(ids)).Draw(t, "rest")
		if got := presence.Rank(key, rest, len(rest)); !slices.Equal(got, less(ranked)) {
			t.Fatalf("without %s %v become %v", gone, ranked, got)
		}
	})
}

func TestOwnersAreThoseOfRank(t *testing.T) {
	d := start(t, presence.Config{})
	ids := []string{"self"}
	for i := range 30 {
		ids = append(ids, fmt.Sprint("n", i))
		d.announced(ids[i+1])
	}
	for i := range 100 {
		key := fmt.Sprint("key", i)
		var got []string
		for _, e := range d.core.Owners(key, 3) {
			got = append(got, e.ID)
		}
		if want := presence.Rank(key, ids, 3); !slices.Equal(got, want) {
			t.Errorf("%s: owners are %v, want %v", key, got, want)
		}
	}
}

func BenchmarkOwners(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := start(b, presence.Config{MaxNodes: n + 1})
			fill(b, d.core, n)
			b.ReportAllocs()
			for b.Loop() {
				d.core.Owners("customer-4711", 2)
			}
		})
	}
}
