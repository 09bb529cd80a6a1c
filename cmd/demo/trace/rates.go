// Figures that are made of counts, from one sample to the next.

package trace

import (
	"slices"
	"time"
)

// Counts are those of one life of a node that [Figures] are made of. They only grow.
type Counts struct {
	Delivered, Bytes, Duplicates uint64
	// Repairs are how many there were, Repairing the time they took together.
	Repairs   uint64
	Repairing time.Duration
}

// maxRepairs is how many repairs the percentiles are of.
const maxRepairs = 256

// Rates collects what is counted over all nodes. The zero value is that of nothing.
type Rates struct {
	delivered, bytes, duplicates uint64
	repairs                      int
	latest                       []time.Duration
}

// Add takes in what a life has counted since before, and returns how long each of its repairs since
// then took: of several that cannot be told apart, the mean. What has become less has begun again.
func (r *Rates) Add(before, now Counts) []time.Duration {
	r.delivered += since(before.Delivered, now.Delivered)
	r.bytes += since(before.Bytes, now.Bytes)
	r.duplicates += since(before.Duplicates, now.Duplicates)
	n := min(since(before.Repairs, now.Repairs), maxRepairs)
	if n == 0 || now.Repairs < before.Repairs {
		return nil
	}
	r.repairs += int(n)
	took := slices.Repeat([]time.Duration{max(0, now.Repairing-before.Repairing) / time.Duration(n)}, int(n))
	r.latest = append(r.latest, took...)
	r.latest = slices.Clone(r.latest[max(0, len(r.latest)-maxRepairs):])
	return took
}

func since(before, now uint64) uint64 {
	if now < before {
		return now
	}
	return now - before
}

// Sample fills in the figures of what was counted in the time since the last sample, and begins anew.
func (r *Rates) Sample(f *Figures, over time.Duration) {
	seconds := max(over, time.Millisecond).Seconds()
	f.Messages, f.Bytes, f.Duplicates = rate(r.delivered, seconds), rate(r.bytes, seconds), rate(r.duplicates, seconds)
	f.Repairs = r.repairs
	f.RepairP50, f.RepairP99 = percentile(r.latest, 50), percentile(r.latest, 99)
	*r = Rates{latest: r.latest}
}

func rate(n uint64, seconds float64) float64 { return float64(int64(float64(n)/seconds*10)) / 10 }

// percentile is one by nearest rank, in milliseconds.
func percentile(of []time.Duration, p int) float64 {
	if len(of) == 0 {
		return 0
	}
	const whole = 100
	return Milliseconds(slices.Sorted(slices.Values(of))[(len(of)*p+whole-1)/whole-1])
}

// Milliseconds is a time as events have it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Price is what one neighbor costs: connections of a pair of nodes, and subscriptions.
type Price struct{ Connections, Subscriptions int }

// FullMesh is what so many nodes need of which each has all others as neighbors.
func (p Price) FullMesh(nodes int) Cost {
	pairs := nodes * (nodes - 1) / sides
	return Cost{Connections: p.Connections * pairs, Subscriptions: p.Subscriptions * pairs}
}
