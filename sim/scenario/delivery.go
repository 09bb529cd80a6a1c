// Delivery: who lives gets everything, whatever happens to others and to links.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func delivery() Scenario {
	return Scenario{
		Name:  "delivery",
		Short: "broadcasts while nodes, links and halves of the cluster fail",
		Long: `Five nodes send five messages a second each, for two minutes, and every fifth node speaks
once in that time. All the while nodes die and others come, 30 % of the cluster a minute, half of the dead noticed by silence only, and one link
in 500 breaks every second. After a minute the cluster is cut in halves for ten seconds, of which
the meeting place knows nothing either. Counted are the nodes that live from the beginning to the
end: they should get every message of everybody, in order. Once with digests, by which a new link
begins with what is in store, and once without.

Lost are messages that such a node did not get; reported are those of them of which it was told
so; silent are the others, which must not be. Of those who speak once nobody can know what was
lost without digests. Late is the time from sending to the delivery in order.

Then one node is cut off from all others, for a third of the time that messages are kept, and for
one and a half times: the first must lose nothing, the second must be told what it has lost.`,
		Nodes: 200,
		Run:   runner("delivery", runDelivery),
	}
}

// How messages are sent, and how nodes come and go.
const (
	publishers    = 5
	publishEvery  = 40 * time.Millisecond // all publishers together
	speakers      = 5                     // one in so many nodes speaks once
	deliveryFor   = 2 * time.Minute
	deliveryChurn = 30 // percent a minute
	deliveryBreak = 0.002
	halvesAfter   = time.Minute
	halvesFor     = 10 * time.Second
	// deliveryRest is what the last messages get to arrive: a gap ends after 5 s, and a
	// silent neighbor is noticed after 3.
	deliveryRest = 20 * time.Second
)

func runDelivery(r *run) error {
	r.expect(4)
	var lines []report.Line
	for _, digest := range []bool{true, false} {
		name := "digests"
		if !digest {
			name = "no_digests"
		}
		late, err := r.deliveryWorld(name, digest)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, late)
		r.step(name)
	}
	r.chart(report.Chart{
		Name: "delivery_late", Title: "Delivery in order while nodes, links and halves fail",
		X: "deliveries (%)", Y: "after at most (ms)", LogY: true, Lines: lines,
	})
	age := broadcast.DefaultConfig().StoreAge
	for _, cut := range []struct {
		name   string
		length time.Duration
	}{{"cut_short", age / 3}, {"cut_long", age * 3 / 2}} {
		if err := r.cutOffWorld(cut.name, cut.length); err != nil {
			return fmt.Errorf("%s: %w", cut.name, err)
		}
		r.step(cut.name)
	}
	r.close()
	return nil
}

// deliveryWorld lets everything fail while messages are sent, and returns how late they
// were.
func (r *run) deliveryWorld(name string, digest bool) (late report.Line, err error) {
	l, err := r.ledger(digest, func(c *sim.Config) { c.LinkLoss = deliveryBreak })
	if err != nil {
		return late, err
	}
	half := func(id sim.NodeID) bool { return id%2 == 0 }
	l.At(l.Now()+halvesAfter, func() { l.part(half) })
	l.At(l.Now()+halvesAfter+halvesFor, l.unite)
	deaths := float64(r.Nodes) * deliveryChurn / 100 / time.Minute.Seconds() * publishEvery.Seconds()
	if err := l.publish(deliveryFor, func() {
		if l.Random().Float64() < deaths {
			l.replace()
		}
	}); err != nil {
		return late, err
	}
	l.add(name+"_", digest)
	r.end(l.trial)
	return l.late(name), nil
}

// cutOffWorld cuts one node off for a while.
func (r *run) cutOffWorld(name string, length time.Duration) error {
	l, err := r.ledger(true, silent)
	if err != nil {
		return err
	}
	alone := sim.NodeID(r.Nodes - 1)
	const before = 5 * time.Second
	l.At(l.Now()+before, func() { l.part(func(id sim.NodeID) bool { return id == alone }) })
	l.At(l.Now()+before+length, l.unite)
	if err := l.publish(2*before+length, func() {}); err != nil {
		return err
	}
	l.add(name+"_", length < broadcast.DefaultConfig().StoreAge)
	r.end(l.trial)
	return nil
}

// part cuts the cluster in two, and what meets at the meeting place with it.
func (l *ledger) part(in func(sim.NodeID) bool) {
	l.parted = true
	l.Meets = func(a, b sim.NodeID) bool { return in(a) == in(b) }
	l.CutInTwo(in)
}

func (l *ledger) unite() {
	l.parted = false
	l.Meets = nil
	l.Heal()
}

// replace kills a random node that is no sender, and starts another.
func (l *ledger) replace() {
	for {
		if id := l.random(); int(id) >= len(l.times) {
			l.strike(id)
			l.Start()
			return
		}
	}
}

// publish lets the publishers send in turn for a while, those who speak once do so
// meanwhile, and something happen before each message. Then it waits for the last to
// arrive.
func (l *ledger) publish(length time.Duration, happens func()) error {
	messages := int(length / publishEvery)
	spoken := publishers
	for i := range messages {
		happens()
		l.send(i % publishers)
		if (spoken-publishers)*messages < i*(len(l.times)-publishers) {
			l.send(spoken)
			spoken++
		}
		if err := l.Run(publishEvery); err != nil {
			return err
		}
	}
	return l.Run(deliveryRest)
}
