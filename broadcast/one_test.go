// A single node, among neighbors that do what a test says.

package broadcast_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// one is a single node, called p, with neighbors on the links 1, 2, ...
type one struct {
	t    *testing.T
	node *broadcast.Node
	now  time.Duration
}

// newOne makes a node with so many links.
func newOne(t *testing.T, cfg broadcast.Config, links int) *one {
	t.Helper()
	node, err := broadcast.New(broadcast.NewLife("p", 1), cfg)
	if err != nil {
		t.Fatal(err)
	}
	o := &one{t: t, node: node}
	for link := range links {
		o.up(uint64(link + 1))
	}
	return o
}

// paperly returns the protocol as the paper has it, as far as the configuration
// decides that.
func paperly() broadcast.Config {
	cfg := broadcast.DefaultConfig()
	cfg.LazyDelay, cfg.OwnTree, cfg.Threshold, cfg.Digest = 0, 0, 0, false
	return cfg
}

func life(id string) broadcast.Life { return broadcast.NewLife(id, 1) }

func (o *one) step(in broadcast.Input) []broadcast.Effect {
	o.t.Helper()
	in.Now = o.now
	return slices.Clone(o.node.Step(in))
}

func (o *one) up(link uint64) []broadcast.Effect {
	o.t.Helper()
	return o.step(broadcast.Input{Kind: broadcast.LinkUp, Link: link})
}

func (o *one) down(link uint64) []broadcast.Effect {
	o.t.Helper()
	return o.step(broadcast.Input{Kind: broadcast.LinkDown, Link: link})
}

// pass lets time pass, with a Tick at its end.
func (o *one) pass(d time.Duration) []broadcast.Effect {
	o.t.Helper()
	o.now += d
	return o.step(broadcast.Input{Kind: broadcast.Tick})
}

func gossip(origin string, sequence uint64, hop uint8) broadcast.Gossip {
	return broadcast.Gossip{
		Life: []byte(life(origin)), Sequence: sequence, First: 1, Hop: hop, Frame: fmt.Appendf(nil, "%s/%d", origin, sequence),
	}
}

// gets hands the node a message that a neighbor sends.
func (o *one) gets(link uint64, origin string, sequence uint64) []broadcast.Effect {
	o.t.Helper()
	return o.step(broadcast.Input{Kind: broadcast.Received, Link: link, Gossip: gossip(origin, sequence, 2)})
}

// told hands the node a control message about one origin.
func (o *one) told(link uint64, kind broadcast.ControlKind, m broadcast.Mark) []broadcast.Effect {
	o.t.Helper()
	return o.step(broadcast.Input{Kind: broadcast.Told, Link: link, Control: &broadcast.Control{
		Kind: kind, Marks: []broadcast.Mark{m},
	}})
}

// hears tells the node that a neighbor has the messages from low to high.
func (o *one) hears(link uint64, origin string, low, high uint64) []broadcast.Effect {
	o.t.Helper()
	return o.told(link, broadcast.IHave, broadcast.Mark{Life: life(origin), Low: low, High: high, Hop: 3})
}

func (o *one) publishes() []broadcast.Effect {
	o.t.Helper()
	sequence, first := o.node.Next()
	return o.step(broadcast.Input{Kind: broadcast.Published, Gossip: broadcast.Gossip{
		Life: []byte(life("p")), Sequence: sequence, First: first, Frame: fmt.Appendf(nil, "p/%d", sequence),
	}})
}

// lines writes effects as scripts show them; those that a step has without anything
// being due are left out.
func lines(o *one, effects []broadcast.Effect) string {
	var b strings.Builder
	for i := range effects {
		if text := describe(&effects[i], o.linkIn); text != "" {
			fmt.Fprintln(&b, text)
		}
	}
	return b.String()
}

// linkIn names the link in a slot by its number.
func (o *one) linkIn(slot int) string {
	for link := range uint64(2 * broadcast.MaxLinks) {
		if o.node.Slot(link) == slot {
			return fmt.Sprint(link)
		}
	}
	return "?"
}

// expectSet compares effects with lines in any order.
func (o *one) expectSet(effects []broadcast.Effect, want ...string) {
	o.t.Helper()
	got := o.lines(effects)
	slices.Sort(got)
	slices.Sort(want)
	o.same(got, want)
}

// expect compares effects with lines.
func (o *one) expect(effects []broadcast.Effect, want ...string) {
	o.t.Helper()
	o.same(o.lines(effects), want)
}

func (o *one) lines(effects []broadcast.Effect) []string {
	return strings.FieldsFunc(lines(o, effects), func(r rune) bool { return r == '\n' })
}

func (o *one) same(got, want []string) {
	o.t.Helper()
	if !slices.Equal(got, want) {
		o.t.Fatalf("effects\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
