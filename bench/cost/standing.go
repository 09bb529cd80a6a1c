// Clusters at rest.

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kithmesh/kith/bench/child"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

// standing measures clusters of one size at rest.
type standing struct {
	options
	nodes int
	log   func(format string, args ...any)
}

// readings are the results of one side, round by round. A side that failed in a round is left
// out from then on, as it would fail again, and take long.
type readings struct {
	results []result
	fault   error
}

// slack is how long a child may take for everything else: to start and to end servers.
const slack = time.Minute

// mostPooled is the largest cluster with the default pool that fits into one process, with 20,000
// descriptors: it has two for each connection.
const mostPooled = 60

// rows measures.
func (s *standing) rows(ctx context.Context) []row.Row {
	sides := []string{poolOff, defaultPool, side.Linker, side.Callback, side.Bridge}
	if s.nodes > mostPooled {
		sides = []string{poolOff, side.Linker, side.Callback, side.Bridge}
	}
	all := make(map[string]*readings, len(sides))
	for _, name := range sides {
		all[name] = &readings{}
	}
	for round := range s.rounds {
		for _, name := range sides {
			if all[name].fault == nil && ctx.Err() == nil {
				s.measure(ctx, name, round, all[name])
			}
		}
	}
	var rows []row.Row
	for _, form := range []string{side.Linker, side.Callback, side.Bridge} {
		rows = append(rows, s.compare(form, poolOff, all)...)
		if all[defaultPool] != nil {
			rows = append(rows, s.compare(form, defaultPool, all)...)
		} else {
			rows = append(rows, s.expected(form, all[form]))
		}
	}
	return rows
}

// measure runs one side once.
func (s *standing) measure(ctx context.Context, name string, round int, into *readings) {
	ctx, cancel := context.WithTimeout(ctx, s.limit+seconds(s.rest+s.seconds)+slack)
	defer cancel()
	r, err := child.Run[result](ctx, task{
		Part: whole, Side: name, Nodes: s.nodes, Settle: seconds(s.rest), Measure: seconds(s.seconds), Limit: s.limit,
	})
	if err != nil {
		into.fault = fmt.Errorf("round %d: %w", round+1, err)
		s.log("%s, %d nodes, round %d: %v", name, s.nodes, round+1, err)
		return
	}
	into.results = append(into.results, r)
	if r.Incomplete != "" {
		s.log("%s, %d nodes, round %d: did not form: %s", name, s.nodes, round+1, r.Incomplete)
	}
	s.log("%s, %d nodes, round %d: formed in %v, %d sockets, %d goroutines, %.0f MiB, %.1f %% of a processor",
		name, s.nodes, round+1, r.Formed.Round(time.Millisecond), r.Sockets, r.Goroutines, mebibytes(r), 100*r.Busy)
}

func mebibytes(r result) float64 { return float64(r.Resident) / (1 << 20) }

// quantity is one thing that is measured of a cluster at rest.
type quantity struct {
	measure, unit string
	of            func(result) float64
	goal          *row.Goal
}

// quantities are all of them, with what is wanted of a cluster of that size.
func quantities(nodes int, peer string) []quantity {
	at := func(size int, goal *row.Goal) *row.Goal {
		if nodes == size && peer == poolOff {
			return goal
		}
		return nil
	}
	return []quantity{
		{"time to form", "s", func(r result) float64 { return r.Formed.Seconds() }, at(100, row.AtMost(1./3))},
		{"sockets", "", func(r result) float64 { return float64(r.Sockets) }, at(100, row.AtMost(1./15))},
		{"goroutines", "", func(r result) float64 { return float64(r.Goroutines) }, nil},
		{"resident memory", "MiB", mebibytes, at(100, row.AtMost(1./8))},
		{"idle CPU", "% of one processor", func(r result) float64 { return 100 * r.Busy }, at(50, row.AtMost(1./3))},
	}
}

// compare makes the rows of one form of Kith beside one peer.
func (s *standing) compare(form, peer string, all map[string]*readings) []row.Row {
	ours, theirs := all[form], all[peer]
	var rows []row.Row
	for _, q := range quantities(s.nodes, peer) {
		kith, other := q.series(ours), q.series(theirs)
		r := row.Row{
			Group: "cost", Measure: q.measure, Unit: q.unit, Nodes: s.nodes, Form: form, Versus: peer,
			Kith: row.NewFigure(kith...), Peer: row.NewFigure(other...), Ratio: row.Ratios(kith, other), Goal: q.goal,
		}
		switch {
		case ours.fault != nil:
			r.Fault = ours.fault.Error()
		case theirs.fault != nil:
			r.Note = "the peer failed: " + theirs.fault.Error()
		default:
			r.Note = remark(theirs)
		}
		rows = append(rows, r)
	}
	return rows
}

// remark says of a peer that it did not form, and so would have taken longer, and more of the
// rest.
func remark(peer *readings) string {
	incomplete, last := 0, ""
	for _, r := range peer.results {
		if r.Incomplete != "" {
			incomplete++
			last = r.Incomplete
		}
	}
	if incomplete == 0 {
		return ""
	}
	return fmt.Sprintf("the peer did not form in %d of %d rounds, and was measured as it was when the time was over: %s", incomplete, len(peer.results), last)
}

func (q quantity) series(of *readings) []float64 {
	all := make([]float64, 0, len(of.results))
	for _, r := range of.results {
		all = append(all, q.of(r))
	}
	return all
}

// expected is the row of sockets where the default pool cannot be started in one process: what it
// would have is known.
func (s *standing) expected(form string, ours *readings) row.Row {
	sockets := float64(s.nodes*(s.nodes-1)*side.PerPair + 2*s.nodes)
	var kith, peer []float64
	for _, r := range ours.results {
		kith, peer = append(kith, float64(r.Sockets)), append(peer, sockets)
	}
	r := row.Row{
		Group: "cost", Measure: "sockets", Nodes: s.nodes, Form: form, Versus: defaultPool,
		Kith: row.NewFigure(kith...), Peer: row.NewFigure(peer...), Ratio: row.Ratios(kith, peer),
		Note: fmt.Sprintf("the peer is computed, not measured: N(N−1)·%d ends of connections and 2N listeners are more descriptors than one process may have",
			side.PerPair),
	}
	if s.nodes == 100 {
		r.Goal = row.AtMost(1. / 60)
	}
	if ours.fault != nil {
		r.Fault = ours.fault.Error()
	}
	return r
}
