// Random stories under random priorities: whatever happens, in whatever order, the
// cluster is one again when it is left in peace.

package membership_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)

var (
	seeds   = flag.Uint64("seeds", 200, "how many seeds TestPCT runs")
	oneSeed = flag.Uint64("seed", 0, "the one seed that TestPCT runs, with a transcript; 0: all")
)

// pctSteps is how many steps the scheduler decides. Then time rules.
const pctSteps = 1500

// calamity is a story made from a seed.
type calamity struct {
	*pct
	seed  uint64
	text  strings.Builder // what happened
	until time.Duration   // when the last of it happens
}

// newCalamity makes a world with its story.
func newCalamity(t *testing.T, seed uint64) *calamity {
	dice := rand.New(rand.NewPCG(seed, 2))
	cfg := membership.DefaultConfig()
	cfg.ActiveSize = 3 + dice.IntN(3)
	w := newWorld(t, cfg, seed)
	w.fatal = func(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }
	c := &calamity{seed: seed, pct: newPCT(w, dice, 2+dice.IntN(3), pctSteps)}
	nodes := 5 + dice.IntN(8)
	for i := range nodes {
		c.plan(dice.IntN(4)*i, func() string { return c.starts(fmt.Sprintf("n%d", i)) })
	}
	for range 3 + dice.IntN(8) {
		c.plan(dice.IntN(4000), c.happens(dice.IntN(12)))
	}
	c.plan(1, c.peace)
	return c
}

// plan lets something happen so many milliseconds after the last of it.
func (c *calamity) plan(after int, act func() string) {
	c.until += time.Duration(after) * time.Millisecond
	c.at(c.until, &event{what: "story", run: func() {
		fmt.Fprintf(&c.text, "%v: %s\n", c.now, act())
	}})
}

// happens returns one of the things that go wrong.
func (c *calamity) happens(what int) func() string {
	switch what {
	case 0, 1:
		return c.on("crashes", func(m *member) { c.crash(m) })
	case 2:
		return c.on("leaves", func(m *member) {
			c.resume(m)
			c.leave(m)
		})
	case 3, 4:
		return func() string {
			m := c.anybody()
			c.crash(m)
			return c.starts(m.name)
		}
	case 5, 6:
		return c.on("pauses", func(m *member) { c.pause(m) })
	case 7:
		return c.on("resumes", func(m *member) { c.resume(m) })
	case 8:
		return c.on("vanishes", func(m *member) { c.vanish(m) })
	case 9, 10:
		return func() string {
			a, b, part := c.anybody(), c.anybody(), c.dice.IntN(3)
			c.cut(part, a, b)
			return fmt.Sprintf("%s and %s go to part %d", a.name, b.name, part)
		}
	default:
		return func() string {
			a, b := c.anybody(), c.anybody()
			if a == b {
				return "nothing"
			}
			breaks(a.name, b.name)(c.world)
			return fmt.Sprintf("the link of %s and %s breaks", a.name, b.name)
		}
	}
}

// on does something to somebody who is up, unless it is the last one.
func (c *calamity) on(what string, do func(*member)) func() string {
	return func() string {
		m := c.anybody()
		if !m.up || len(c.alive()) < 3 {
			return "nothing"
		}
		do(m)
		return m.name + " " + what
	}
}

func (c *calamity) anybody() *member { return c.members[c.dice.IntN(len(c.members))] }

func (c *calamity) starts(name string) string {
	m := c.start(name)
	return nameOf(m.self) + " starts"
}

func (c *calamity) peace() string {
	c.heal()
	for _, m := range c.members {
		c.resume(m)
	}
	return "peace"
}

// play lets it all happen, and returns what must not be, if anything.
func (c *calamity) play() (fault string) {
	defer func() {
		if f := recover(); f != nil {
			text, ours := f.(failure)
			if !ours {
				panic(f)
			}
			fault = string(text)
		}
	}()
	for c.steps < pctSteps {
		c.next()
	}
	c.run(max(c.now, c.until+mostDelay))
	c.world.until("one cluster", 3*time.Minute, c.whole)
	c.world.until("as full as can be", 3*time.Minute, func() bool { return c.free() == 0 && c.whole() })
	return ""
}

// free counts the places that are free, but for one where their number is odd.
func (c *calamity) free() int {
	most := min(c.cfg.ActiveSize, len(c.alive())-1)
	free := 0
	for _, m := range c.alive() {
		free += most - m.node.Active().Len()
	}
	return free - free%2
}

func TestPCT(t *testing.T) {
	first, last := uint64(1), *seeds
	if *oneSeed > 0 {
		first, last = *oneSeed, *oneSeed
	}
	const workers, enough = 4, 3
	for worker := range uint64(workers) {
		t.Run(fmt.Sprintf("part %d", worker+1), func(t *testing.T) {
			t.Parallel()
			failures := 0
			for seed := first + worker; seed <= last && failures < enough; seed += workers {
				c := newCalamity(t, seed)
				tr := &transcript{}
				if first == last {
					tr = record(c.world)
				}
				if fault := c.play(); fault != "" {
					failures++
					t.Errorf("%s\n%s\n%s\nagain, with a transcript: go test ./membership -run '^TestPCT$' -seed %d",
						tr.text.String(), &c.text, fault, seed)
				}
			}
		})
	}
}
