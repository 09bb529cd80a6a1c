// Trees after many nodes have failed at once (Plumtree paper, section 4.3).

package paper

import (
	"fmt"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

// collapse is one of the paper's failures: so many percent at once. What the paper has
// is read off its Figure 6.
type collapse struct {
	percent int
	paper   float64    // % that the first message reaches
	first   [2]float64 // the range that is wanted, that of a flooding; 0, 0: none
}

func collapses() []collapse {
	return []collapse{
		{percent: 10, paper: 100, first: [2]float64{99.9, 100}},
		{percent: 20, paper: 100, first: [2]float64{99.8, 100}},
		{percent: 30, paper: 100, first: [2]float64{99, 100}},
		{percent: 40, paper: 99, first: [2]float64{98, 99.5}},
		{percent: 50, paper: 95, first: [2]float64{93, 97}},
		{percent: 60, paper: 56},
		{percent: 70, paper: 15},
		{percent: 80, paper: 0, first: [2]float64{0, 5}},
		{percent: 90, paper: 0, first: [2]float64{0, 5}},
		{percent: 95, paper: 0, first: [2]float64{0, 10}},
	}
}

// fallen are the variants that are looked at.
func fallen() []variant {
	all := variants()
	return []variant{all[0], all[1], all[2], all[3]}
}

// collapse lets nodes of the stable overlay fail at once, each time anew. The trees are
// built on the stable overlay, as a world with a broadcast cannot be copied.
func (x *plumtree) collapse(stable *sim.World) error {
	for range rounds {
		if err := stable.Run(cycle); err != nil {
			return err
		}
	}
	lines := make([]report.Line, len(fallen()))
	for _, c := range x.plan.collapses {
		courses, err := x.collapseOf(stable, c)
		if err != nil {
			return err
		}
		for i, v := range fallen() {
			x.addCollapse(v, c, courses[i])
			lines[i].Name = v.title
			lines[i].Points = append(lines[i].Points, [2]float64{float64(c.percent), courses[i][0].reliability})
		}
	}
	x.result.Charts = append(x.result.Charts, report.Chart{
		Name: "first", Title: "Share of the survivors that the first message reaches (Figure 6a)",
		X: "% of nodes failed", Y: "reliability, %", Lines: lines,
	})
	return nil
}

func (x *plumtree) collapseOf(stable *sim.World, c collapse) ([]course, error) {
	w, err := stable.Fork()
	if err != nil {
		return nil, err
	}
	w.Contact = nobody
	flows, err := flows(w, fallen())
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d %% fail", c.percent)
	if _, err := x.passes(w, flows, x.plan.treeCycles, what, func() {}); err != nil {
		return nil, err
	}
	once := false
	return x.passes(w, flows, x.plan.restored, what, func() {
		if !once {
			fail(w, x.nodes*c.percent/100, x.spared(), w.CrashHost)
			once = true
		}
	})
}

// addCollapse adds the measures of one failure.
func (x *plumtree) addCollapse(v variant, c collapse, after course) {
	add := func(name, about string, value float64) *report.Measure {
		return x.adder(v)(fmt.Sprintf("%s_%d", name, c.percent), fmt.Sprintf(about, c.percent), value)
	}
	first := add("first", "%% that the first message after %d %% reaches, before anybody has noticed, Figure 6a", after[0].reliability).Against(c.paper)
	if c.first[1] > 0 {
		x.atScale(first, c.first[0], c.first[1])
	}
	add("first_share", "%% of the nodes that flooding would have reached that this message reached after %d %%", shareOf(&after[0])).
		Within(99.9, 100.001)
	second := add("second", "%% that the second message after %d %% reaches", after[1].reliability)
	if c.percent <= 80 {
		x.atScale(second, 99.9, 100.001)
	}
	add("rmr_0", "RMR of the first message after %d %%", after[0].rmr())
	add("rmr_1", "RMR of the second message after %d %%", after[1].rmr())
	add("rmr_2", "RMR of the third message after %d %%", after[2].rmr())
	healed := add("heal", "cycles after %d %% until a message reaches everybody (one more than there were: not within them)", float64(after.healed()))
	if c.percent <= 80 {
		x.atScale(healed, 0, 3)
	}
}

// healed returns the first of the messages that reached everybody, counted from 0.
func (c course) healed() int {
	for i := range c {
		if c[i].reliability == 100 {
			return i
		}
	}
	return len(c) + 1
}
