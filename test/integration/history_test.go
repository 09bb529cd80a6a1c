// What a run has left behind: who lived when, what they said, heard and told, and what the network did.

//go:build unix

package integration_test

import (
	"math"
	"slices"
	"sort"
	"time"
)

// A history is a record of one run. All times count from its beginning.
type history struct {
	active int // the most neighbors a node may have
	lives  []*lifetime
	// network are the states of the network, by time; each holds until the next.
	network []moment
	// calm are the times when nothing was broken, from the moment on when the mesh was whole.
	calm   []span
	limits limits
}

// lifetime is one life of a node.
type lifetime struct {
	node string
	life string // as entries name it
	// joined is when it had its first neighbor, died when it was told to end, or killed;
	// forever if that was never.
	joined, died time.Duration
	left         bool // it said goodbye
	told         []told
	said         []entry // one for each message, from 1 on; the last ones may be unknown
	heard        []entry // in the order in which they came
}

const forever = time.Duration(math.MaxInt64)

// told is one event of the stream that a node gives its application.
type told struct {
	at    time.Duration
	kind  string // as kith.EventKind says it
	peer  string
	peers []string // of a snapshot
}

// entry says that messages of one life were published, delivered, or reported as missing.
type entry struct {
	Life  string        `json:"life"`
	From  uint64        `json:"from"`
	Until uint64        `json:"until"`
	At    time.Duration `json:"at"`
	Gap   bool          `json:"gap"`
}

// moment is the state of the network from a time on.
type moment struct {
	at time.Duration
	// part is in which connected part of the network a node is; those who are dead or stopped
	// are in none.
	part map[string]int
	// direct are the pairs, in both orders, between which packets pass both ways.
	direct map[[2]string]bool
}

type span struct{ from, until time.Duration }

// limits are what Kith promises about messages.
type limits struct {
	kept   time.Duration // how long a message can be had from whoever got it
	giveUp time.Duration // how long what is missing is asked for
	repair time.Duration // how long until the mesh has got around a fault, and asks others
	notice time.Duration // how long a neighbor that cannot be heard is kept at most
}

// together reports whether two nodes could reach each other all that time, over others
// maybe.
func (h *history) together(a, b string, from, until time.Duration) bool {
	first, _ := slices.BinarySearchFunc(h.network, from, func(m moment, at time.Duration) int {
		if m.at <= at {
			return -1
		}
		return 1
	})
	for _, m := range h.network[max(first-1, 0):] {
		if m.at > until {
			break
		}
		x, okX := m.part[a]
		y, okY := m.part[b]
		if !okX || !okY || x != y {
			return false
		}
	}
	return true
}

// lived reports whether the node was a member all that time.
func (l *lifetime) lived(from, until time.Duration) bool { return l.joined <= from && l.died >= until }

// saidAfter returns the first message that was published later than that, or the one that
// would have come next.
func (l *lifetime) saidAfter(at time.Duration) uint64 {
	i := sort.Search(len(l.said), func(i int) bool { return l.said[i].At > at })
	return uint64(i) + 1
}

// records are what one life has heard of one other, in the order in which it did.
type records map[string][]entry

func (l *lifetime) records() records {
	all := make(records)
	for _, e := range l.heard {
		all[e.Life] = append(all[e.Life], e)
	}
	return all
}

// last is the highest sequence that was delivered or reported, 0 if none was.
func (r records) last(life string) uint64 {
	all := r[life]
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Until
}

// find returns when a message was published or delivered. The entries are in order of sequences, as
// the rules of order were checked before.
func find(all []entry, sequence uint64) (at time.Duration, ok bool) {
	i := sort.Search(len(all), func(i int) bool { return all[i].Until >= sequence })
	if i == len(all) || all[i].From > sequence || all[i].Gap {
		return 0, false
	}
	return all[i].At, true
}
