// Random histories, against the rules in a few lines.

package presence_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/presence"
)

// model is what must be known of one node: what it said itself, as long as that holds.
type model struct {
	incarnation uint64
	expires     time.Duration
	left        bool
}

// TestRandomHistories checks that who was heard last is known for exactly its TTL,
// whatever others tell; that who left is not, whatever others tell; and, by
// the tester, that events and list agree at all times.
func TestRandomHistories(t *testing.T) {
	ids := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(rt *rapid.T) {
		d := start(t, presence.Config{})
		heard := map[string]model{}
		life := func(rt *rapid.T) string {
			return fmt.Sprintf("%s/%d", rapid.SampledFrom(ids).Draw(rt, "id"), rapid.Uint64Range(1, 4).Draw(rt, "life"))
		}
		said := func(life string, left bool) {
			p := peer(life)
			if m, ok := heard[p.ID]; ok && m.expires > d.now && m.incarnation > p.Incarnation {
				return
			}
			heard[p.ID] = model{p.Incarnation, d.now + ttl, left}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"announce": func(rt *rapid.T) {
				l := life(rt)
				d.announced(l)
				said(l, false)
			},
			"leave": func(rt *rapid.T) {
				l := life(rt)
				d.left(l)
				said(l, true)
			},
			"tell": func(rt *rapid.T) {
				d.meet()
				d.meet("n")
				d.page(false, false, time.Duration(rapid.Int64Range(1, int64(2*ttl)).Draw(rt, "left")), life(rt))
			},
			"wait": func(rt *rapid.T) {
				d.until(d.now + time.Duration(rapid.Int64Range(1, int64(ttl)).Draw(rt, "wait")))
			},
			"": func(rt *rapid.T) {
				for _, id := range ids {
					m := heard[id]
					e, known := d.core.Get(id)
					switch {
					case m.expires <= d.now: // hearsay at most
					case m.left && known && e.Incarnation <= m.incarnation:
						rt.Fatalf("%s/%d is known, and left", id, e.Incarnation)
					case !m.left && (!known || e.Incarnation != m.incarnation):
						rt.Fatalf("%s/%d is known: %v, want life %d", id, e.Incarnation, known, m.incarnation)
					}
				}
			},
		})
	})
}
