// The stories whose schedules are explored: the pairs of events that have been
// dangerous in this protocol, here and elsewhere.

package membership_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/kithmesh/kith/membership"
)

var mostStates = flag.Int("states", 1000, "the most states that TestExplore looks at in a story that is told in part")

// lucks are the seeds of the nodes' random choices. Each is explored by itself.
const lucks = 2

func stories() map[string]story {
	three := first(asks("a", ""), asks("b", "a"), asks("c", "a"))
	pairs := first(asks("a", ""), asks("b", "a"), settled, asks("c", ""), asks("d", "c"), settled,
		knows("a", "c", "d"), knows("b", "c", "d"), knows("c", "a", "b"), knows("d", "a", "b"))
	return map[string]story{
		"join and join": {
			active: 2, jumps: 1, awaits: membership.RequestTimer,
			begin: first(asks("a", ""), asks("b", "a")),
			then:  []func(*world){asksAgain("a", "b")},
		},
		"three join at once": {
			active: 2, jumps: 1, awaits: membership.RequestTimer,
			begin: first(asks("a", "b"), asks("b", "c"), asks("c", "a")),
		},
		"evict and neighbor": {
			active: 1, partial: true,
			begin: first(asks("a", ""), asks("b", "a"), settled, asks("c", "a"), knows("c", "a")),
			then:  []func(*world){asks("d", "c"), knows("d", "c", "b")},
		},
		"two of high priority and one place": {
			active: 1,
			begin:  first(asks("a", ""), asks("b", "a"), asks("c", ""), asks("d", ""), settled),
			then:   []func(*world){knows("c", "a"), knows("d", "a")},
		},
		"disconnect and neighbor": {
			active: 2,
			begin:  first(three, settled, asks("d", "a")),
			then:   []func(*world){breaks("a", "b"), knows("b", "a", "d")},
		},
		"disconnect, neighbor and a request out of time": {
			active: 2, jumps: 1, awaits: membership.RequestTimer, partial: true,
			begin: first(three, settled, asks("d", "a")),
			then:  []func(*world){breaks("a", "b"), knows("b", "a", "d")},
		},
		"disconnect and refill": {
			active: 2, jumps: 1, awaits: membership.RefillTimer,
			begin: first(three, settled),
			then:  []func(*world){breaks("a", "b")},
		},
		"restart and old link": {
			active: 2, jumps: 2, awaits: membership.RequestTimer,
			begin: first(asks("a", ""), asks("b", "a"), settled),
			then:  []func(*world){crashes("b"), asks("b", "a")},
		},
		"restart that nobody noticed": {
			active: 2, jumps: 1, awaits: membership.RefillTimer,
			begin: first(asks("a", ""), asks("b", "a"), settled),
			then:  []func(*world){vanishes("b"), asks("b", "a")},
		},
		"loss and late reply": {
			active: 2, jumps: 1, awaits: membership.RequestTimer,
			begin: first(asks("a", ""), asks("b", "a")),
			then:  []func(*world){breaks("b", "a"), knows("b", "a")},
		},
		"leave and refill": {
			active: 2,
			begin:  first(three, settled),
			then:   []func(*world){leaves("b"), breaks("a", "c"), asks("d", "c")},
		},
		"leave and refill in time": {
			active: 2, jumps: 1, awaits: membership.RefillTimer, partial: true,
			begin: first(three, settled),
			then:  []func(*world){leaves("b"), breaks("a", "c"), asks("d", "c")},
		},
		"pause and silence": {
			active: 2, jumps: 1, awaits: membership.RequestTimer,
			begin: first(three, settled),
			then:  []func(*world){stops("a"), knows("b", "c"), resumes("a")},
		},
		"pause of who was asked": {
			active: 2, jumps: 1, awaits: membership.RequestTimer,
			begin: first(asks("a", ""), asks("b", ""), settled, knows("b", "a")),
			then:  []func(*world){stops("a"), resumes("a")},
		},
		"crossed swaps": {
			active: 1, begin: pairs,
			then: []func(*world){rotates("a"), rotates("c")},
		},
		"three swaps": {
			active: 1, begin: pairs, partial: true,
			then: []func(*world){rotates("a"), rotates("d"), rotates("c")},
		},
	}
}

func TestExplore(t *testing.T) {
	for name, s := range stories() {
		for luck := range uint64(lucks) {
			t.Run(fmt.Sprintf("%s, luck %d", name, luck+1), func(t *testing.T) {
				t.Parallel()
				x := explorer{t: t, story: s, luck: luck + 1, most: 1 << 20}
				if s.partial {
					x.most = *mostStates
				}
				x.explore()
				how := "all of them"
				if x.cut {
					how = "not all"
				}
				t.Logf("%.0f orders (%s), %d states, %d ends", x.orders, how, len(x.seen), x.ends)
				switch {
				case x.failure != "":
					t.Fatalf("%s\n%s", x.failure, x.retell())
				case x.cut && !s.partial:
					t.Fatalf("cut off after %d states", len(x.seen))
				}
			})
		}
	}
}
