// Messages under way: a pool, so that a run allocates nothing once it is warm.

package sim

import (
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// parcels keeps the messages that are under way. A message's sample is only lent
// by whoever sends it, so a parcel keeps a copy, in a slice that stays with it.
type parcels struct {
	all  []parcel
	free []uint32
}

type parcel struct {
	message membership.Message
	sample  []views.Sighting
}

// pack returns the number of a parcel with a copy of the message.
func (p *parcels) pack(m *membership.Message) uint32 {
	var n uint32
	if last := len(p.free) - 1; last >= 0 {
		n, p.free = p.free[last], p.free[:last]
	} else {
		n = uint32(len(p.all))
		p.all = append(p.all, parcel{})
	}
	at := &p.all[n]
	at.sample = append(at.sample[:0], m.Sample...)
	at.message = *m
	at.message.Sample = at.sample
	return n
}

// drop returns a parcel to the pool.
func (p *parcels) drop(n uint32) {
	p.free = append(p.free, n)
}
