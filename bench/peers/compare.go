// The turns in which the sides are measured, and what is kept of them.

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kithmesh/kith/bench/row"
)

// measure is something that is measured on several sides.
type measure struct {
	name  string
	group string // of its rows
	nodes []int  // where no others are wanted
	sides []string
	most  int  // rounds, 0 for as many as are wanted
	apart bool // the sides only wait most of the time, and do so at the same time
	// fixed means that the number of nodes cannot be chosen, as they are no real ones.
	fixed bool
	rows  func(all outcomes, nodes int) []row.Row
	// across makes rows of all numbers of nodes, if given.
	across func(all map[int]outcomes) []row.Row
}

// outcomes are what each side came to, round by round.
type outcomes map[string][]values

// of are the figures of a side, round by round. A round without one has been left out.
func (o outcomes) of(side, name string) []float64 {
	var all []float64
	for _, v := range o[side] {
		if x, known := v[name]; known {
			all = append(all, x)
		}
	}
	return all
}

// compare measures all sides in turns.
func (m *measure) compare(ctx context.Context, o options, times schedule, progress func(string, ...any)) ([]row.Row, error) {
	nodes := m.nodes
	if o.nodes != nil && !m.fixed {
		nodes = o.nodes
	}
	rounds := o.rounds
	if m.most > 0 {
		rounds = min(rounds, m.most)
	}
	var rows []row.Row
	all := make(map[int]outcomes)
	for _, n := range nodes {
		got := make(outcomes)
		for range rounds {
			if err := m.round(ctx, n, times, got, progress); err != nil {
				return rows, err
			}
		}
		all[n] = got
		for _, r := range m.rows(got, n) {
			r.Nodes = n
			rows = append(rows, r)
		}
	}
	if m.across != nil {
		rows = append(rows, m.across(all)...)
	}
	return rows, nil
}

// round measures each side once. What fails is told and left out: it is one of the things that one wants to know of a
// side. Of Kith it is an error.
func (m *measure) round(ctx context.Context, nodes int, times schedule, got outcomes, progress func(string, ...any)) error {
	results, faults := make([]values, len(m.sides)), make([]error, len(m.sides))
	one := func(i int) {
		results[i], faults[i] = inChild(ctx, task{Measure: m.name, Side: m.sides[i], Nodes: nodes, Times: times})
		progress("%s, %d nodes, %s: %s", m.name, nodes, m.sides[i], results[i])
	}
	var work sync.WaitGroup
	for i := range m.sides {
		if m.apart {
			work.Go(func() { one(i) })
		} else {
			one(i)
		}
	}
	work.Wait()
	for i, side := range m.sides {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case faults[i] != nil && side == kithSide:
			return faults[i]
		case faults[i] != nil:
			progress("%v", faults[i])
			results[i] = values{}
		}
		got[side] = append(got[side], results[i])
	}
	return nil
}

// String lists the values by name.
func (v values) String() string {
	parts := make([]string, 0, len(v))
	for name, x := range v {
		parts = append(parts, fmt.Sprintf("%s %.4g", name, x))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
