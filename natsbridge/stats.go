// What a bridge has counted.

package natsbridge

import (
	"sync/atomic"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// Stats is what a bridge has counted since its start.
type Stats struct {
	// Exported are messages sent to other nodes, Delivered those of other nodes that the own server was given. Each reply
	// counts as one.
	Exported, Delivered uint64
	// NoResponders are requests that a bridge answered so; those that the server answered
	// itself are not known here.
	NoResponders uint64
	// Unwanted are messages from the server for which nobody was left, Refused those on
	// subjects that may not cross, TooLong those above the limits of the mesh, Late those given up
	// because neighbors did not keep up for two seconds, Undelivered those that the server did not take.
	Unwanted, Refused, TooLong, Late, Undelivered uint64
	// Bad are messages of other bridges that were not well formed, Failed what could not be told to
	// the other bridges of subscriptions.
	Bad, Failed uint64
	// Exporter says that this bridge is the one of all those on the same NATS cluster that
	// exports.
	Exporter bool
	Interest interest.Stats
}

type counters struct {
	exported, delivered, noResponders             atomic.Uint64
	unwanted, refused, tooLong, late, undelivered atomic.Uint64
	bad, failed                                   atomic.Uint64
}

// Stats returns what has been counted so far.
func (b *Bridge) Stats() Stats {
	c := &b.counters
	b.mu.Lock()
	core, exporter := b.core.Stats(), b.core.Exporter()
	b.mu.Unlock()
	var dropped uint64 // before the server could be given them
	for _, sub := range b.subs {
		dropped += sub.Dropped()
	}
	return Stats{
		Exported: c.exported.Load(), Delivered: c.delivered.Load(), NoResponders: c.noResponders.Load(),
		Unwanted: c.unwanted.Load(), Refused: c.refused.Load(), TooLong: c.tooLong.Load(),
		Late: c.late.Load(), Undelivered: c.undelivered.Load() + dropped, Bad: c.bad.Load(), Failed: c.failed.Load(),
		Exporter: exporter, Interest: core,
	}
}

// complain counts a message that is not well formed.
func (b *Bridge) complain(origin string, err error) {
	if b.counters.bad.Add(1)&(b.counters.bad.Load()-1) == 0 { // ever more rarely
		b.log.Warn().Err(err).Str("origin", origin).Msg("bad_bridge_message")
	}
}
