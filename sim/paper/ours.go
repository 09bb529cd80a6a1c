// Broadcast as it ships, beside the paper's.

package paper

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/scenario"
)

// ours are the variants of what ships.
func ours() []variant {
	c := broadcast.DefaultConfig()
	c.SourceExpiry = forgotten
	return []variant{
		{"ours_single", "ours, one sender", c, 1},
		{"ours_ten", "ours, ten senders", c, senders},
		{"ours_many", "ours, many senders", c, 0},
	}
}

const (
	oursPause = 500 * time.Millisecond // between two messages
	oursGap   = 10 * time.Millisecond  // between two joins
)

// oursWorld returns a world of nodes that came one by one and have had the time of the
// paper's 50 cycles. Heartbeats would be most of the work; silence is noticed as if
// there were some.
func oursWorld(seed uint64, nodes int, m membership.Config, check bool) (*sim.World, error) {
	cfg := sim.DefaultConfig()
	cfg.Seed, cfg.Membership, cfg.Check = seed, m, check
	cfg.Membership.HeartbeatInterval = 0
	w, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	for range nodes {
		w.Start()
		if err := w.Run(oursGap); err != nil {
			return nil, err
		}
	}
	return w, w.Run(rounds * m.ShuffleInterval)
}

// ours measures what ships: in calm, and after failures.
func (x *plumtree) ours(o scenario.Options) error {
	stable, err := oursWorld(o.Seed, o.Nodes, o.Membership, o.Check)
	if err != nil {
		return err
	}
	if err := x.oursCalm(stable); err != nil {
		return err
	}
	for _, c := range x.plan.collapses {
		if err := x.oursCollapse(stable, c); err != nil {
			return err
		}
	}
	return nil
}

// talk sends messages in each flow and lets time pass after each. It returns the
// messages, by flow.
func (x *plumtree) talk(w *sim.World, flows []*flow, messages int, what string) ([][]*shot, error) {
	shots := make([][]*shot, len(flows))
	for done := range messages {
		chosen := random(w, x.rng)
		for i, f := range flows {
			shots[i] = append(shots[i], f.send(x.sender(f, chosen)))
		}
		if err := w.Run(oursPause); err != nil {
			return nil, err
		}
		x.progress(done+1, messages, what)
	}
	return shots, nil
}

func (x *plumtree) oursCalm(stable *sim.World) error {
	w, err := stable.Fork()
	if err != nil {
		return err
	}
	flows, err := flows(w, ours())
	if err != nil {
		return err
	}
	if _, err := x.talk(w, flows, x.plan.oursCalm/2, "ours, trees"); err != nil {
		return err
	}
	for _, f := range flows {
		f.spent()
	}
	shots, err := x.talk(w, flows, x.plan.oursCalm/2, "ours, calm")
	if err != nil {
		return err
	}
	if err := w.Run(unnoticed); err != nil { // for the last of them
		return err
	}
	for i, f := range flows {
		x.addOurs(f, shots[i])
	}
	return nil
}

// addOurs adds the measures of the calm.
func (x *plumtree) addOurs(f *flow, shots []*shot) {
	add := x.adder(f.variant)
	spent, n := f.spent(), float64(len(shots))
	hops, took := make([]float64, 0, len(shots)), make([]float64, 0, len(shots))
	reliability := 100.0
	for _, s := range shots {
		hops = append(hops, float64(s.lastHop))
		took = append(took, float64(s.last-s.at)/float64(time.Millisecond))
		reliability = min(reliability, f.reliability(s))
	}
	add("rmr", "RMR, stable", spent.rmr()).Within(0, 0.05)
	add("payloads", "payloads of one broadcast", spent.payloads/n)
	add("controls", "control messages of one broadcast", spent.controls/n)
	add("ldh", "last delivery hop, mean", mean(hops))
	add("last_ms", "time until the last node has a message, mean", mean(took))
	add("last_ms_worst", "the same, the longest", overlay.Percentiles(took, 100)[0])
	add("reliability", "% of the nodes that a message reaches, the worst", reliability).Within(100, 100)
}

func (x *plumtree) oursCollapse(stable *sim.World, c collapse) error {
	w, err := stable.Fork()
	if err != nil {
		return err
	}
	all := ours()
	flows, err := flows(w, []variant{all[0], all[2]})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("ours, %d %% fail", c.percent)
	if _, err := x.talk(w, flows, x.plan.oursTrees, what); err != nil {
		return err
	}
	for _, f := range flows {
		f.spent()
	}
	fail(w, x.nodes*c.percent/100, x.spared(), w.CrashHost)
	first := make([]*shot, len(flows))
	chosen := random(w, x.rng)
	for i, f := range flows {
		first[i] = f.send(x.sender(f, chosen))
	}
	if err := w.Run(unnoticed); err != nil {
		return err
	}
	early := make([]float64, len(flows))
	for i, f := range flows {
		early[i] = f.reliability(first[i])
	}
	shots, err := x.talk(w, flows, x.plan.oursAfter, what)
	if err != nil {
		return err
	}
	for i, f := range flows {
		x.addOursCollapse(f, c, early[i], first[i], shots[i])
	}
	return nil
}

// addOursCollapse adds the measures of one failure.
func (x *plumtree) addOursCollapse(f *flow, c collapse, early float64, first *shot, shots []*shot) {
	add := func(name, about string, value float64) {
		x.adder(f.variant)(fmt.Sprintf("%s_%d", name, c.percent), fmt.Sprintf(about, c.percent), value)
	}
	spent := f.spent()
	all, prompt := 0.0, 0.0
	for _, s := range shots {
		all += f.reliability(s) / float64(len(shots))
	}
	for _, s := range shots[len(shots)/2:] {
		prompt = max(prompt, float64(s.last-s.at)/float64(time.Millisecond))
	}
	add("first", "%% that the first message after %d %% reaches within 1 s, before anybody has noticed", early)
	add("first_late", "%% that has the first message after %d %% in the end", f.reliability(first))
	add("all_late", "%% that has a message sent after %d %% in the end, mean", all)
	add("last_ms", "time until the last node has a message after %d %%, the longest of the second half of them", prompt)
	add("rmr", "RMR of all messages after %d %%", spent.rmr())
}
