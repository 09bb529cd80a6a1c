// The experiments of the Plumtree paper.

package paper

import (
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

const plumtreeLong = `Repeats the experiments of the Plumtree paper (SRDS 2007) with the cores that ship, at the
paper's size, on the overlay of the HyParView paper (see 'demo sim paper'). A cycle is: nodes
fail, if they do; one message is sent; a round of shuffles follows. Trees grow from the first
cycle after the joins. Measured are the messages of one broadcast when all is calm (Table 1), how
many payloads came in vain (RMR: 0 for a tree, 3 for flooding) and over how many links the last
node got it (LDH); then the same while half a percent of the nodes fail in each of 100 cycles.
From the stable overlay, each time anew, 10 to 95 % of the nodes fail at once: what the first
message reaches before anybody has noticed, and how many cycles it takes until a message reaches
everybody again.

Single is one sender for all messages, many a random one for each; opt is the paper's optimization
with its threshold. All variants run on the same overlay at the same time. Flooding is counted
on the graph.

Ours is the configuration that ships, with latencies of 0.5 to 1.5 ms, timers, collected
announcements, digests and trees of their own for those who send often: single, ten that take
turns, and everybody. Its messages are half a second apart.`

// Plumtree returns the experiment.
func Plumtree() scenario.Scenario {
	return scenario.Scenario{
		Name:  "plumtree",
		Short: "Repeat the experiments of the Plumtree paper",
		Long:  plumtreeLong,
		Nodes: paperNodes,
		Run:   RunPlumtree,
	}
}

// cycle is the paper's unit of time. It is longer than the silence after which a host
// that is gone is noticed, so that this happens after the cycle's message.
const cycle = 4 * time.Second

// unnoticed is how long after a failure nobody has noticed it yet, and every message
// has come as far as it can.
const unnoticed = time.Second

// variants are the paper's.
func variants() []variant {
	return []variant{
		{"single", "one sender", plumtreeConfig(0), 1},
		{"single_opt3", "one sender, threshold 3", plumtreeConfig(3), 1},
		{"many", "many senders", plumtreeConfig(0), 0},
		{"many_opt7", "many senders, threshold 7", plumtreeConfig(7), 0},
		{"many_opt1", "many senders, threshold 1", plumtreeConfig(1), 0},
	}
}

// plumtreeConfig is the paper's protocol, as near as the core can be brought to it:
// announcements of each message for itself, one tree for all, nothing told of what is
// in store. The timer for what was announced is longer than any way through the tree,
// as the paper's simulator has no time in which one could run out too early.
//
// The paper compares a message with the announcements of it that came before, the core
// with those that come after. With a threshold, announcements therefore wait until the
// message has passed.
func plumtreeConfig(threshold int) broadcast.Config {
	c := broadcast.DefaultConfig()
	c.LazyDelay, c.MoveDelay, c.OwnTree, c.Digest = 0, 0, 0, false
	if c.Threshold = threshold; threshold > 0 {
		c.LazyDelay, c.MoveDelay = 200*frame, 50*frame
	}
	c.GraftDelay, c.GraftRetry = 1000*frame, 10*frame
	c.SourceExpiry = forgotten
	return c
}

// forgotten is how long an origin is remembered that says nothing: with as many origins
// as messages, memory is what bounds the size of the experiment.
const forgotten = time.Minute

// plan is how much is done.
type plan struct {
	// calm, failing and rest are the cycles in which trees grow, in which a few nodes
	// fail, and after that. Figures of the stable state are means over the second half
	// of the first.
	calm, failing, rest int
	// collapses are the failures of many nodes at once, with so many cycles before, in
	// which trees grow, and after each.
	collapses            []collapse
	treeCycles, restored int
	// ours are the messages of what ships: in the calm, of which the second half is
	// measured, before each collapse and after it.
	oursCalm, oursTrees, oursAfter int
}

func fullPlan() plan {
	return plan{
		calm: 80, failing: 100, rest: 20,
		collapses: collapses(), treeCycles: 5, restored: 8,
		oursCalm: 200, oursTrees: 20, oursAfter: 30,
	}
}

// plumtree is one run with one seed.
type plumtree struct {
	*experiment
	plan   plan
	single sim.NodeID // who sends when there is one sender
}

// RunPlumtree runs the whole experiment with one seed.
func RunPlumtree(o scenario.Options) (*report.Result, error) { return runPlumtree(o, fullPlan()) }

func runPlumtree(o scenario.Options, p plan) (*report.Result, error) {
	m := o.Membership
	m.ShuffleInterval = cycle
	w, err := world(o.Seed, m, o.Check)
	if err != nil {
		return nil, err
	}
	x := &plumtree{experiment: newExperiment(o, w), plan: p, single: sim.NodeID(o.Nodes / 2)}
	if err := x.join(); err != nil {
		return nil, err
	}
	before, err := w.Fork()
	if err != nil {
		return nil, err
	}
	before.Contact = nobody
	if err := x.grow(); err != nil {
		return nil, err
	}
	if err := x.collapse(before); err != nil {
		return nil, err
	}
	if err := x.ours(o); err != nil {
		return nil, err
	}
	x.result.Digest = w.Digest()
	return x.result, nil
}

// sender is who sends the next message of a variant; random is whom chance has chosen
// for all of them.
func (x *plumtree) sender(f *flow, random sim.NodeID) sim.NodeID {
	if f.senders == 0 {
		return random
	}
	return x.single + sim.NodeID(f.sent%f.senders)
}

// spared are the nodes that do not fail, as they are the senders.
func (x *plumtree) spared() []sim.NodeID {
	spared := make([]sim.NodeID, senders)
	for i := range spared {
		spared[i] = x.single + sim.NodeID(i)
	}
	return spared
}

// senders is how many take turns where there are several.
const senders = 10

func random(w *sim.World, rng *rand.Rand) sim.NodeID {
	return w.Alive()[rng.IntN(len(w.Alive()))]
}
