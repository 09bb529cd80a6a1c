// What the transport counts and shows.

package tcptransport

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// Stats counts what has happened since Listen.
type Stats struct {
	Dials    uint64 // attempts, crossed ones included
	Accepted uint64 // connections, whoever was there
	Joins    uint64 // JOINs that came over TCP

	// Faults counts the connections that this node ended for what the other side did.
	Faults map[Fault]uint64
	// Refused counts the hellos answered with each verdict but ok.
	Refused map[Verdict]uint64
	// Lost counts the links reported as lost with each reason: among them
	// Unreachable and WrongPeer for dials that failed, Slow and Silent.
	Lost map[membership.Reason]uint64
	// IdleClosed counts the links closed for being idle.
	IdleClosed uint64

	FramesIn, FramesOut uint64 // messages received, and queued
	BytesIn, BytesOut   uint64 // read and written on links, after the hello
	BadFrames           uint64 // malformed
	UnknownTypes        uint64 // dropped: of a type this version does not know

	CarriedIn, CarriedOut uint64 // frames of the channels received, and queued

	// DialTimes are how long the dials took that became a link, from the first packet until
	// the other side was known; AcceptTimes the same of those that others dialed, from the
	// accepted connection until its dialer was Ready.
	DialTimes, AcceptTimes Durations

	// Lateness is the worst by which a timer of this node was late within the last twice
	// Silence: what keeps it from calling others silent.
	Lateness time.Duration
}

// LinkInfo describes a link that has not ended and is not being closed.
type LinkInfo struct {
	Peer     *views.Peer
	Link     uint64
	Dialed   bool // it began with a dial of this node
	Retained bool
	State    State
	Since    time.Time // of its beginning
	BytesIn  uint64
	BytesOut uint64
	Queue    int // bytes not written yet
}

// counters are the live Stats. Index 0 of the arrays, and of Lost what no link is
// lost with, stay zero.
type counters struct {
	dials, accepted, joins atomic.Uint64

	framesIn, framesOut, bytesIn, bytesOut atomic.Uint64
	badFrames, unknown, idle               atomic.Uint64
	carriedIn, carriedOut                  atomic.Uint64

	dialTimes, acceptTimes stopwatch

	faults  [FaultFlood + 1]atomic.Uint64
	refused [VerdictRefused + 1]atomic.Uint64
	ended   [membership.Misbehaved + 1]atomic.Uint64
}

func (c *counters) fault(f Fault) { c.faults[f].Add(1) }

func (c *counters) lost(reason membership.Reason) { c.ended[reason].Add(1) }

// Stats returns the counts of this moment.
func (t *Transport) Stats() Stats {
	c := &t.counters
	s := Stats{
		Dials:        c.dials.Load(),
		Accepted:     c.accepted.Load(),
		Joins:        c.joins.Load(),
		Faults:       make(map[Fault]uint64),
		Refused:      make(map[Verdict]uint64),
		Lost:         make(map[membership.Reason]uint64),
		IdleClosed:   c.idle.Load(),
		FramesIn:     c.framesIn.Load(),
		FramesOut:    c.framesOut.Load(),
		BytesIn:      c.bytesIn.Load(),
		BytesOut:     c.bytesOut.Load(),
		BadFrames:    c.badFrames.Load(),
		UnknownTypes: c.unknown.Load(),
		CarriedIn:    c.carriedIn.Load(),
		CarriedOut:   c.carriedOut.Load(),
		DialTimes:    c.dialTimes.read(),
		AcceptTimes:  c.acceptTimes.read(),
		Lateness:     t.late.recent(),
	}
	for f := range c.faults {
		if n := c.faults[f].Load(); n > 0 {
			s.Faults[Fault(f)] = n
		}
	}
	for v := range c.refused {
		if n := c.refused[v].Load(); n > 0 {
			s.Refused[Verdict(v)] = n
		}
	}
	for r := range c.ended {
		if n := c.ended[r].Load(); n > 0 {
			s.Lost[membership.Reason(r)] = n
		}
	}
	return s
}

// Links describes all links, in the order of their numbers.
func (t *Transport) Links() []LinkInfo {
	t.mu.Lock()
	infos := make([]LinkInfo, 0, len(t.links))
	for _, l := range t.links {
		infos = append(infos, LinkInfo{
			Peer:     l.peer,
			Link:     l.number,
			Dialed:   l.dialed,
			Retained: l.patience.isRetained(),
			State:    l.state,
			Since:    l.born,
			BytesIn:  l.bytesIn.Load(),
			BytesOut: l.bytesOut.Load(),
			Queue:    l.out.pending(),
		})
	}
	t.mu.Unlock()
	slices.SortFunc(infos, func(a, b LinkInfo) int { return cmp.Compare(a.Link, b.Link) })
	return infos
}
