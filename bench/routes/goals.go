// What is wanted.

package main

import (
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

// goals are those of one comparison; nil where there is none.
type goals struct{ rate, p99 *row.Goal }

// goals returns those of a form beside the faster routes: with one connection a pair.
func (c *comparison) goals(form string) goals {
	if c.pool != "off" {
		return goals{}
	}
	return goalsFor(form, c.Nodes, c.Size)
}

// goalsFor returns the goals, which are about clusters that are worth a mesh: 25 and 50 nodes.
func goalsFor(form string, nodes, size int) (g goals) {
	if nodes != 25 && nodes != 50 {
		return g
	}
	switch {
	case form == side.Callback && size == 128:
		g.rate, g.p99 = row.AtLeast(6), row.AtMost(0.4)
	case form == side.Bridge && size == 128:
		g.rate = row.AtLeast(1.3)
	case form == side.Bridge && size == 4096:
		g.rate = row.AtLeast(1.05)
	}
	if form == side.Bridge && nodes == 50 && size <= 4096 {
		g.p99 = row.AtMost(0.5)
	}
	return g
}
