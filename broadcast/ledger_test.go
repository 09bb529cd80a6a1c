// What must hold of a node's effects, whatever comes in: a ledger of each origin's
// sequences.

package broadcast_test

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/wire"
)

// ledger follows one node.
type ledger struct {
	node    *broadcast.Node
	origins map[broadcast.Life]*account
	fault   error
}

// account is what the application was told of one life of an origin: everything up
// to upto was delivered in order or missed, from a beginning on.
type account struct {
	memory any
	begun  bool
	upto   uint64
	fresh  map[uint64]bool
	missed uint64
}

func newLedger(node *broadcast.Node) *ledger {
	return &ledger{node: node, origins: make(map[broadcast.Life]*account)}
}

// step steps the node and checks what comes of it. The effects are valid until the
// next step.
func (g *ledger) step(in broadcast.Input) ([]broadcast.Effect, error) {
	effects := g.node.Step(in)
	g.fault = g.node.Check()
	g.forget(true)
	for i := range effects {
		g.effect(&effects[i])
	}
	g.forget(false)
	if g.fault != nil {
		return nil, fmt.Errorf("after %s: %w", describeInput(&in), g.fault)
	}
	return effects, nil
}

// forget closes the accounts of origins that the node has forgotten, whether it has
// begun with them again or not.
func (g *ledger) forget(again bool) {
	for life, a := range g.origins { // order-free: each is looked at for itself
		if a.memory != g.node.Memory(life) && g.node.Knows(life) == again {
			delete(g.origins, life)
		}
	}
}

func (g *ledger) that(holds bool, format string, args ...any) {
	if !holds && g.fault == nil {
		g.fault = fmt.Errorf(format, args...)
	}
}

func (g *ledger) effect(e *broadcast.Effect) {
	switch e.Kind {
	case broadcast.Push, broadcast.Tell, broadcast.Pass, broadcast.Expel:
		g.that(e.To != 0, "%s", describe(e, g.linkIn))
		for slot := range e.To.All() {
			g.that(g.linkIn(slot) != "?", "%s: slot %d is empty", describe(e, g.linkIn), slot)
		}
	case broadcast.Deliver:
		g.deliver(e)
	case broadcast.Miss:
		g.miss(e)
	case broadcast.Wake:
		g.that(e.At >= 0, "wakes at %s", e.At)
	case broadcast.Arrive, broadcast.Spread:
	}
	if e.Kind == broadcast.Tell {
		g.tell(e.Control)
	}
}

func (g *ledger) linkIn(slot int) string {
	for link := range uint64(100) {
		if g.node.Slot(link) == slot {
			return fmt.Sprint(link)
		}
	}
	return "?"
}

func (g *ledger) account(life broadcast.Life) *account {
	a := g.origins[life]
	if a == nil {
		a = &account{memory: g.node.Memory(life), fresh: make(map[uint64]bool)}
		g.origins[life] = a
	}
	return a
}

// deliver checks that each message is fresh once, and that order has no holes but
// those that are reported.
func (g *ledger) deliver(e *broadcast.Effect) {
	m := e
	a := g.account(m.Life)
	g.that(e.Fresh || e.Ordered, "%s is delivered for nothing", nameOf(m))
	g.that(e.Fresh != a.fresh[m.Sequence], "%s is fresh: %t, was: %t", nameOf(m), e.Fresh, a.fresh[m.Sequence])
	a.fresh[m.Sequence] = true
	if e.Ordered {
		g.that(!a.begun || m.Sequence == a.upto+1, "%s follows %d", nameOf(m), a.upto)
		a.begun, a.upto = true, m.Sequence
	}
}

// miss checks that what is reported comes next, and was never here.
func (g *ledger) miss(e *broadcast.Effect) {
	a := g.account(e.Life)
	g.that(e.From <= e.Until && e.From > 0, "misses %d to %d", e.From, e.Until)
	g.that(!a.begun || e.From == a.upto+1, "misses %d to %d after %d", e.From, e.Until, a.upto)
	for sequence := range a.fresh { // order-free: any is a fault
		g.that(sequence < e.From || sequence > e.Until, "%d was here and is missed", sequence)
	}
	a.begun, a.upto = true, e.Until
	a.missed += e.Until - e.From + 1
}

// tell checks that what is said can be said: that it can be written and read.
func (g *ledger) tell(c *broadcast.Control) {
	g.that(len(c.Marks) > 0 && len(c.Marks) <= broadcast.MaxMarks, "a message with %d marks", len(c.Marks))
	frame := broadcast.AppendControl(nil, c)
	read, err := broadcast.ParseControl(frame[wire.HeaderLen-1], frame[wire.HeaderLen:])
	if err != nil {
		g.that(false, "%s: %v", describeControl(c), err)
		return
	}
	said := *c
	said.Marks = slices.Clone(c.Marks)
	for i := range said.Marks { // ages lose what is below a millisecond
		said.Marks[i].Age, read.Marks[i].Age = 0, 0
	}
	g.that(reflect.DeepEqual(&said, read), "%s is read as %s", describeControl(&said), describeControl(read))
}

func describeInput(in *broadcast.Input) string {
	kind := fmt.Sprintf("%d on %d at %s", in.Kind, in.Link, in.Now)
	switch in.Kind {
	case broadcast.Told:
		return kind + ": " + describeControl(in.Control)
	case broadcast.Received, broadcast.Published, broadcast.Routed:
		g := in.Gossip
		return fmt.Sprintf("%s: %s/%d first %d hop %d", kind, lifeName(broadcast.Life(g.Life)), g.Sequence, g.First, g.Hop)
	case broadcast.LinkUp, broadcast.LinkDown, broadcast.Congested, broadcast.Drained, broadcast.Tick:
	}
	return kind
}
