// How well a node estimates the size of its cluster, and what lies do to that.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// exchanges lets a node shuffle so many times. Each answer is what reply gives.
func (o *one) exchanges(times int, reply func() []views.Sighting) {
	o.t.Helper()
	for i := range times {
		o.now += 10 * time.Second
		effects := o.step(membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer}})
		shuffle := onlySend(o.t, effects, membership.Shuffle)
		o.receives(fmt.Sprintf("r%d", i%50), membership.Message{
			Kind: membership.ShuffleReply, Request: shuffle.Message.Request, Sample: reply(),
		})
	}
}

// of names eight random nodes of so many.
func of(nodes int, seed uint64) func() []views.Sighting {
	rng := rand.New(rand.NewPCG(seed, uint64(nodes)))
	return func() []views.Sighting {
		var sample []views.Sighting
		for range 8 {
			sample = append(sample, views.Sighting{Peer: made(fmt.Sprintf("n%d", rng.IntN(nodes))), Age: time.Second})
		}
		return sample
	}
}

// estimates fails unless the size of the cluster is estimated within a factor.
func (o *one) estimates(nodes int, factor float64) {
	o.t.Helper()
	if n := float64(o.node.ClusterSize()); n < float64(nodes)/factor || n > float64(nodes)*factor {
		o.t.Errorf("estimates %.0f of %d", n, nodes)
	}
}

// The shuffles are those of half an hour, or of two hours for 10,000 nodes.
func TestClusterSize(t *testing.T) {
	for nodes, shuffles := range map[int]int{10: 180, 40: 180, 70: 180, 100: 180, 1000: 180, 10_000: 720} {
		for seed := range uint64(10) {
			o := newOne(t, seed, nil).has("a", "b")
			o.exchanges(shuffles, of(nodes, seed))
			o.estimates(nodes, 2.2)
		}
	}
}

// A node that knows nobody says so; one with neighbors only counts these and itself.
func TestClusterSizeAtFirst(t *testing.T) {
	o := newOne(t, 1, nil)
	if n := o.node.ClusterSize(); n != 0 {
		t.Fatal(n)
	}
	o.has("a", "b", "c")
	if n := o.node.ClusterSize(); n != 4 {
		t.Fatal(n)
	}
}

// A cluster that loses nearly all its nodes is small again after five minutes, although the
// views go on naming the dead.
func TestClusterSizeShrinks(t *testing.T) {
	for seed := range uint64(10) {
		o := newOne(t, seed, func(cfg *membership.Config) { cfg.ShuffleInterval = 10 * time.Second }).has("a", "b")
		o.exchanges(720, of(10_000, seed))
		o.estimates(10_000, 2.2)
		living, dead := of(100, seed), of(10_000, seed)
		died := o.now - time.Second
		o.exchanges(40, func() []views.Sighting {
			sample := living()
			if o.now-died < 2*time.Minute {
				sample = sample[:2]
			}
			for _, s := range dead() {
				s.Age = o.now - died
				sample = append(sample, s)
			}
			return sample
		})
		o.estimates(100, 3)
		o.exchanges(60, living)
		o.estimates(100, 2)
	}
}

func TestClusterSizeGrows(t *testing.T) {
	for seed := range uint64(10) {
		o := newOne(t, seed, nil).has("a", "b")
		o.exchanges(30, of(10, seed))
		o.estimates(10, 2)
		o.exchanges(60, of(1000, seed))
		o.estimates(1000, 3)
	}
}

// Names that nobody bears push the estimate up to a bound, and for some minutes.
func TestClusterSizeSurvivesLies(t *testing.T) {
	o := newOne(t, 1, nil).has("a", "b")
	made := 0
	invent := func() []views.Sighting {
		var sample []views.Sighting
		for range 16 {
			made++
			sample = append(sample, views.Sighting{Peer: &views.Peer{ID: fmt.Sprintf("lie%d", made), Incarnation: 1, Addr: "lie:1"}})
		}
		return sample
	}
	o.exchanges(20_000, invent)
	if n := o.node.ClusterSize(); n < 1_000_000 || n > 10_000_000 {
		t.Errorf("estimates %d", n)
	}
	o.exchanges(60, of(100, 1))
	o.estimates(100, 4)
	// One name over and over says that there are few; its neighbors are there all the same.
	o.exchanges(100, func() []views.Sighting {
		return []views.Sighting{{Peer: &views.Peer{ID: "lie", Incarnation: 1, Addr: "lie:1"}}}
	})
	if n := o.node.ClusterSize(); n < 3 {
		t.Errorf("estimates %d", n)
	}
}

// Nodes of a group count only if their views depend on it.
func TestClusterSizeInAGroup(t *testing.T) {
	for _, size := range []int{5, membership.Auto} {
		cfg := quiet()
		cfg.ActiveSize = size
		node, err := newGroup(t, cfg).New(made("p"), rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		o := &one{t: t, node: node}
		o.step(membership.Input{Kind: membership.Start})
		o.has("a")
		if n := node.ClusterSize(); (n == 2) != (size == membership.Auto) {
			t.Errorf("with ActiveSize %d: %d", size, n)
		}
	}
}
