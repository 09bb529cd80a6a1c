// What is measured, and what is wanted of it.

package main

import (
	"fmt"

	"github.com/kithmesh/kith/bench/row"
)

// The sides.
const (
	kithSide  = "kith"
	lanSide   = "memberlist"
	tunedSide = "memberlist tuned"
	serfSide  = "serf"
	gossipsub = "gossipsub"
)

// The groups of the table.
const (
	forming  = "forming"
	idling   = "doing nothing"
	failing  = "faults"
	speaking = "messages"
)

const (
	kib       = 1 << 10
	different = "Kith: no neighbor is dead, all of them are symmetric, one component, and a message has come to all; memberlist: every list is right. It is not the same: Kith tells of neighbors only"
	packets   = "with IP and transport headers, 52 bytes a packet with TCP, 28 with UDP"
)

// measures are all of them.
func measures() []measure {
	return []measure{
		{name: forms, group: forming, nodes: []int{50, 100}, sides: []string{kithSide, lanSide}, rows: formRows},
		{name: "join", group: forming, nodes: []int{10, 100, 200}, most: 1, sides: []string{kithSide, lanSide}, rows: joinRows, across: joinGrowth},
		{name: "idle", group: idling, nodes: []int{100}, sides: []string{kithSide, lanSide}, rows: idleRows},
		{name: "state", group: idling, nodes: []int{1000, 10000}, fixed: true, most: 1, sides: []string{kithSide, lanSide}, rows: stateRows, across: stateGrowth},
		{name: "crash", group: failing, nodes: []int{50}, sides: []string{kithSide, tunedSide}, rows: crashRows},
		{name: "vanish", group: failing, nodes: []int{50}, sides: []string{kithSide, tunedSide}, rows: vanishRows},
		{name: "half", group: failing, nodes: []int{50}, sides: []string{kithSide, lanSide}, rows: halfRows},
		{name: "partition", group: failing, nodes: []int{10}, most: 1, apart: true, sides: []string{kithSide, lanSide}, rows: partitionRows},
		{name: "message", group: speaking, nodes: []int{100}, sides: []string{kithSide, tunedSide, gossipsub}, rows: messageRows},
		{name: "rate", group: speaking, nodes: []int{50}, most: 1, sides: []string{kithSide, lanSide, tunedSide, serfSide, gossipsub}, rows: rateRows},
	}
}

// beside is a row of Kith and another side. Scale is what a figure is divided by.
func (o outcomes) beside(peer, name string, scale float64, r row.Row) row.Row {
	return o.pair(name, peer, name, scale, r)
}

// pair is a row of two figures that are compared.
func (o outcomes) pair(own, peer, name string, scale float64, r row.Row) row.Row {
	kith, other := scaled(o.of(kithSide, own), scale), scaled(o.of(peer, name), scale)
	r.Kith, r.Peer, r.Versus = row.NewFigure(kith...), row.NewFigure(other...), peer
	r.Ratio = row.Ratios(o.both(kithSide, own, peer, name))
	if lost := len(o[peer]) - len(other); lost > 0 {
		r.Note = joined(r.Note, fmt.Sprintf("%s: no figure in %d of %d rounds", peer, lost, len(o[peer])))
	}
	return r
}

// both are the figures of those rounds in which there are two.
func (o outcomes) both(side, name, other, otherName string) (of, to []float64) {
	for i := range min(len(o[side]), len(o[other])) {
		x, known := o[side][i][name]
		y, too := o[other][i][otherName]
		if known && too {
			of, to = append(of, x), append(to, y)
		}
	}
	return of, to
}

func scaled(figures []float64, scale float64) []float64 {
	all := make([]float64, len(figures))
	for i, x := range figures {
		all[i] = x / scale
	}
	return all
}

func joined(notes ...string) string {
	all := ""
	for _, note := range notes {
		switch {
		case note == "":
		case all == "":
			all = note
		default:
			all += "; " + note
		}
	}
	return all
}

func formRows(o outcomes, _ int) []row.Row {
	return []row.Row{
		o.beside(lanSide, "seconds", 1, row.Row{
			Group: forming, Measure: "until all know all", Unit: "s",
			Note: "Kith: one component, views symmetric and full but for one place; memberlist: every list is complete. It is not the same: Kith's nodes know their neighbors",
		}),
		o.beside(lanSide, "bytes", kib, row.Row{
			Group: forming, Measure: "sent until then, a node", Unit: "KiB",
			Note: packets,
		}),
		o.beside(lanSide, "cpu", 1, row.Row{Group: forming, Measure: "processor time until then, a node", Unit: "ms"}),
	}
}

func joinRows(o outcomes, _ int) []row.Row {
	return []row.Row{
		o.beside(lanSide, "bytes", kib, row.Row{
			Group: forming, Measure: "sent for one more node", Unit: "KiB",
			Note: "by the whole cluster, less what one sends that nobody joins; " + packets,
		}),
		o.beside(lanSide, "seconds", 1, row.Row{Group: forming, Measure: "until all know one more node", Unit: "s"}),
	}
}

// flat is by how much something may grow that is said not to grow: the smallest cluster is one in which walks end early.
const flat = 1.5

// joinGrowth compares the smallest cluster with the largest.
func joinGrowth(all map[int]outcomes) []row.Row {
	return growth(all, "bytes", row.Row{
		Group: forming, Measure: "sent for one more node: growth", Goal: row.AtMost(flat).OfOwn(),
	})
}

// growth divides the figures of the largest cluster by those of the smallest.
func growth(all map[int]outcomes, name string, r row.Row) []row.Row {
	least, most := 0, 0
	for n := range all {
		if least == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	if least == most {
		return nil
	}
	r.Kith = row.Ratios(all[most].of(kithSide, name), all[least].of(kithSide, name))
	r.Peer, r.Versus = row.Ratios(all[most].of(lanSide, name), all[least].of(lanSide, name)), lanSide
	r.Note = joined(r.Note, fmt.Sprintf("%d nodes by %d", most, least))
	return []row.Row{r}
}

func idleRows(o outcomes, _ int) []row.Row {
	return []row.Row{
		o.beside(lanSide, "bytes", 1, row.Row{
			Group: idling, Measure: "sent, a node", Unit: "B/s", Goal: row.AtMost(1),
			Note: packets + "; Kith hears from five neighbors each second, and misses one after 3 s, memberlist after ten; its exchange of all lists, each 90 s at 100 nodes, is hardly in it",
		}),
		o.beside(lanSide, "packets", 1, row.Row{Group: idling, Measure: "packets, a node", Unit: "1/s"}),
		o.beside(lanSide, "cpu", 1, row.Row{Group: idling, Measure: "processor time, a node", Unit: "ms/s", Goal: row.AtMost(1)}),
		o.beside(lanSide, "garbage", kib, row.Row{Group: idling, Measure: "garbage, a node", Unit: "KiB/s", Goal: row.AtMost(0.1)}),
		o.beside(lanSide, "memory", kib, row.Row{
			Group: idling, Measure: "heap and stacks, a node", Unit: "KiB", Note: "after a collection, and without what the process has without nodes",
		}),
	}
}

func stateRows(o outcomes, _ int) []row.Row {
	return []row.Row{o.beside(lanSide, "bytes", kib, row.Row{
		Group: idling, Measure: "membership state of one node", Unit: "KiB",
		Note: "Kith: a simulated cluster, divided by its nodes; memberlist: one node that was told of as many",
	})}
}

func stateGrowth(all map[int]outcomes) []row.Row {
	return growth(all, "bytes", row.Row{Group: idling, Measure: "membership state of one node: growth"})
}

func crashRows(o outcomes, _ int) []row.Row {
	return faultRows(o, tunedSide, "one node is killed", row.AtMost(1./20), "sockets are closed, as the kernel does when a process dies")
}

func vanishRows(o outcomes, _ int) []row.Row {
	return faultRows(o, tunedSide, "one node falls into a black hole", nil, "all that it sends and that is sent to it is lost")
}

func halfRows(o outcomes, _ int) []row.Row {
	return faultRows(o, lanSide, "half of the nodes are killed at once", row.AtMost(1./10), "")
}

func faultRows(o outcomes, peer, what string, goal *row.Goal, note string) []row.Row {
	return []row.Row{o.pair("heard", peer, "whole", 1, row.Row{
		Group: failing, Measure: what + ": until whole", Unit: "ms", Goal: goal, Note: joined(note, different),
	})}
}

func partitionRows(o outcomes, _ int) []row.Row {
	r := o.beside(lanSide, "healed", 1, row.Row{
		Group: failing, Measure: "45 s in two halves: from healing until whole", Unit: "s", Goal: row.AtMost(full().Heal.Seconds()).OfOwn(),
		Note: joined("measured once, both sides at the same time; no figure: not within 60 s; a dial that was begun in the cut does not come through after it", different),
	})
	return []row.Row{r}
}

func messageRows(o outcomes, _ int) []row.Row {
	rows := make([]row.Row, 0, 12)
	for _, m := range []struct{ name, measure string }{
		{"p50", "one message: half of the nodes have it"}, {"last", "one message: the last node has it"},
	} {
		best := better(o, m.name, []string{tunedSide, gossipsub})
		for _, peer := range []string{tunedSide, gossipsub} {
			r := row.Row{
				Group: speaking, Measure: m.measure, Unit: "ms", Bytes: payloadSize,
				Note: "four a second, each of another node; the better of the two has the goal",
			}
			if peer == best {
				r.Goal = row.AtMost(1. / 3)
			}
			rows = append(rows, o.beside(peer, m.name, 1, r))
		}
	}
	for _, peer := range []string{tunedSide, gossipsub} {
		rows = append(rows, o.beside(peer, "copies", 1, row.Row{
			Group: speaking, Measure: "copies for a delivery", Bytes: payloadSize, Goal: row.AtMost(1.1).OfOwn(),
		}))
		header := float64(tcpHeaders)
		if peer == tunedSide {
			header = udpHeaders
		}
		bare := o.without(peer, header)
		rows = append(rows,
			bare.beside(peer, "bare", 1, row.Row{
				Group: speaking, Measure: "bytes for a delivery, without the headers of packets", Unit: "B", Bytes: payloadSize,
				Goal: row.AtMost(250).OfOwn(), Note: "what was sent less what an idle cluster sends in the same time",
			}),
			o.beside(peer, "bytes", 1, row.Row{
				Group: speaking, Measure: "bytes for a delivery", Unit: "B", Bytes: payloadSize,
				Note: "the same, " + packets + "; one at a time, so that each has acknowledgments of its own",
			}),
			o.beside(peer, "lost", 1, row.Row{
				Group: speaking, Measure: "deliveries lost", Bytes: payloadSize, Goal: row.AtMost(0).OfOwn(), Note: "not there 2 s after the last message",
			}))
	}
	return rows
}

// Headers of a packet: IP, and TCP with its timestamps, or UDP.
const tcpHeaders, udpHeaders = 52, 28

// without adds the bytes without packet headers: of Kith by those of TCP.
func (o outcomes) without(peer string, header float64) outcomes {
	all := make(outcomes)
	for side, h := range map[string]float64{kithSide: tcpHeaders, peer: header} {
		for _, v := range o[side] {
			bare := values{}
			if bytes, known := v["bytes"]; known {
				bare["bare"] = bytes - h*v["packets"]
			}
			all[side] = append(all[side], bare)
		}
	}
	return all
}

// better is the side with the lower median, empty where there is none.
func better(o outcomes, name string, of []string) string {
	best, least := "", 0.
	for _, side := range of {
		f := row.NewFigure(o.of(side, name)...)
		if f.Rounds > 0 && (best == "" || f.Median < least) {
			best, least = side, f.Median
		}
	}
	return best
}

func rateRows(o outcomes, _ int) []row.Row {
	best, most := "", -1.
	peers := []string{lanSide, tunedSide, serfSide, gossipsub}
	rows := make([]row.Row, 0, len(peers))
	for _, peer := range peers {
		if f := row.NewFigure(o.of(peer, "rate")...); f.Rounds > 0 && f.Median > most {
			best, most = peer, f.Median
		}
	}
	for _, peer := range peers {
		r := row.Row{
			Group: speaking, Measure: "highest rate with full delivery", Unit: "messages/s", Bytes: payloadSize,
			Note: "one publisher; all of 2 s are at every node within 2 s, in one of three attempts, to within a quarter; 0: not even 8 a second; the best of the others has the goal",
		}
		if peer == best {
			r.Goal = row.AtLeast(50)
		}
		rows = append(rows, o.beside(peer, "rate", 1, r))
	}
	return rows
}
