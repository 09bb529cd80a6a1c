// What every node was given of what was published, and what it was told it lost.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
)

// ledger follows a broadcast. The first nodes of the world are its publishers, and those
// after them speak once each.
type ledger struct {
	*trial
	layer  *sim.Broadcast
	index  map[broadcast.Life]int // of the senders
	times  [][]time.Duration      // by sender and sequence
	pages  []page                 // by node, of those that were there when it began
	parted bool                   // the cluster is cut in two
	// delays are those of messages that were sent while it was not.
	delays []float64
}

// page is one node's, with a column for each sender.
type page []column

type column struct {
	latest  uint64 // the sequence of the latest message that came in order
	got     uint64
	missing uint64 // reported as lost
}

// ledger grows a world and begins a broadcast in it.
func (r *run) ledger(digest bool, change func(c *sim.Config)) (*ledger, error) {
	t, err := r.world(change)
	if err != nil {
		return nil, err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return nil, err
	}
	cfg := broadcast.DefaultConfig()
	cfg.Digest = digest
	senders := publishers + r.Nodes/speakers
	l := &ledger{
		trial: t, index: make(map[broadcast.Life]int),
		times: make([][]time.Duration, senders), pages: make([]page, t.Nodes()),
	}
	for i := range l.pages {
		l.pages[i] = make(page, senders)
	}
	if l.layer, err = t.Broadcast(cfg); err != nil {
		return nil, err
	}
	l.layer.OnEvent = l.heed
	for i := range senders {
		l.index[l.layer.Life(sim.NodeID(i))] = i
	}
	return l, nil
}

// apart marks the time of a message that is sent while the cluster is cut in two.
const apart = -1

// send lets a sender send.
func (l *ledger) send(i int) {
	at := l.Now()
	if l.parted {
		at = apart
	}
	l.times[i] = append(l.times[i], at)
	l.layer.Publish(sim.NodeID(i), nil)
}

// heed notes what a node was given. Those that came later have no page.
func (l *ledger) heed(id sim.NodeID, e *broadcast.Effect) {
	if int(id) >= len(l.pages) {
		return
	}
	p := l.pages[id]
	switch e.Kind {
	case broadcast.Deliver:
		if e.Ordered {
			i := l.index[e.Life]
			l.delivered(i, &p[i], e.Sequence)
		}
	case broadcast.Miss:
		p[l.index[e.Life]].missing += e.Until - e.From + 1
	case broadcast.Push, broadcast.Tell, broadcast.Pass, broadcast.Arrive,
		broadcast.Spread, broadcast.Expel, broadcast.Wake:
	}
}

func (l *ledger) delivered(sender int, c *column, sequence uint64) {
	if sequence <= c.latest { // what comes twice, or too late, is not got
		return
	}
	c.got++
	c.latest = sequence
	if at := l.times[sender][sequence-1]; at != apart {
		l.delays = append(l.delays, milliseconds(l.Now()-at))
	}
}

// sent is how many messages were sent.
func (l *ledger) sent() int {
	sum := 0
	for _, t := range l.times {
		sum += len(t)
	}
	return sum
}

// deficit is what the nodes did not get of some senders.
type deficit struct {
	lost, reported uint64
}

// deficit sums up the senders from one to before another, at all nodes that live.
func (l *ledger) deficit(from, until int) deficit {
	var d deficit
	for i, p := range l.pages {
		if !l.Lives(sim.NodeID(i)) {
			continue
		}
		for k := from; k < until; k++ {
			d.lost += uint64(len(l.times[k])) - p[k].got
			d.reported += p[k].missing
		}
	}
	return d
}

// survivors is how many nodes have lived since the beginning.
func (l *ledger) survivors() int {
	count := 0
	for i := range l.pages {
		if l.Lives(sim.NodeID(i)) {
			count++
		}
	}
	return count
}

// add adds what was found. What must not be lost has a bound where nothing may be.
func (l *ledger) add(prefix string, nothing bool) {
	r, s := l.run, l.layer.Stats()
	r.add(prefix, "nodes", "nodes that lived from the beginning to the end", float64(l.survivors()))
	r.add(prefix, "sent", "messages that each of them should get", float64(l.sent()))
	r.add(prefix, "rmr", "payloads in vain, as a share of those needed", share(float64(s.Payloads), float64(s.Fresh))-1)
	r.add(prefix, "duplicates", "payloads in vain, at all nodes", float64(s.Payloads-s.Fresh))
	r.add(prefix, "controls", "control messages for each payload that was needed", share(float64(s.Controls()), float64(s.Fresh)))
	d := overlay.Percentiles(l.delays, 50, 99, 99.9, 100)
	for i, name := range []string{"p50", "p99", "p999", "max"} {
		r.add(prefix, "late_"+name+"_ms", "from sending until a node got a message in order, but for those sent in a partition, "+name, d[i])
	}
	often, once := l.deficit(0, publishers), l.deficit(publishers, len(l.times))
	lost := r.add(prefix, "lost", "messages of the publishers that a node did not get, all nodes together", float64(often.lost))
	if nothing {
		lost.Within(0, 0)
	}
	r.add(prefix, "reported", "of these, those that the node was told of", float64(often.reported))
	r.add(prefix, "silent", "of these, the others", float64(often.lost)-float64(often.reported)).Within(0, 0)
	lost = r.add(prefix, "once_lost", "messages of those who speak once that a node did not get", float64(once.lost))
	if nothing {
		lost.Within(0, 0)
	}
}

// late is a line of how long deliveries took, from the quickest to the slowest.
func (l *ledger) late(name string) report.Line {
	line := report.Line{Name: name}
	shares := []float64{1, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.9, 100}
	for i, took := range overlay.Percentiles(l.delays, shares...) {
		line.Points = append(line.Points, [2]float64{shares[i], max(took, 0.1)})
	}
	return line
}
