// A node is killed while messages are published.

package main

import (
	"context"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/row"
)

// killRate is how many messages a second are published meanwhile: far from what any side can do.
const killRate = 500

// kill kills a node of each side, in turns.
func (c *comparison) kill(ctx context.Context) ([]row.Row, error) {
	sides, err := c.sides()
	if err != nil {
		return nil, err
	}
	lost, longest := make([][]float64, len(sides)), make([][]float64, len(sides))
	for round := range c.rounds {
		for i, s := range sides {
			v, err := load.Survive(ctx, s, c.Conditions, killRate)
			if err != nil {
				return nil, err
			}
			c.log("%d nodes, %d bytes, round %d: %s, a node killed: %d lost, longest %.1f ms; others used %.2f processors",
				c.Nodes, c.Size, round+1, s.Name, v.Lost, milliseconds(v.Longest), v.Others)
			lost[i], longest[i] = append(lost[i], float64(v.Lost)), append(longest[i], milliseconds(v.Longest))
		}
	}
	var rows []row.Row
	for i, form := range c.forms {
		one := func(measure, unit string, figures [][]float64, goal *row.Goal) row.Row {
			return row.Row{
				Group: group, Measure: "a node is killed: " + measure, Unit: unit, Nodes: c.Nodes, Bytes: c.Size, Form: form,
				Versus: versus(c.pool), Kith: row.NewFigure(figures[i+1]...), Peer: row.NewFigure(figures[0]...),
				Ratio: row.Ratios(figures[i+1], figures[0]), Goal: goal,
			}
		}
		rows = append(rows,
			one("messages lost at the survivors", "", lost, row.AtMost(0).OfOwn()),
			one("longest to the last survivor", "ms", longest, nil),
		)
	}
	return rows, nil
}
