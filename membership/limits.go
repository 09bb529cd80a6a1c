// Bounds: token buckets for rates, and short lists of remembered IDs.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// bucket is a token bucket in eight bytes. The zero value is full.
type bucket struct {
	missing float32 // the tokens that were taken and not yet replaced
	// at is when that was counted, in milliseconds. After 49 days it begins anew: a
	// bucket that nobody touched for that long may take a while more to fill.
	at uint32
}

// has reports whether there is a token: rate a second come in, up to size or one.
func (b *bucket) has(now time.Duration, rate, size float64) bool {
	b.missing = float32(max(0, float64(b.missing)-b.gained(now, rate)))
	b.at = milliseconds(now)
	return float64(b.missing)+1 <= max(1, size)
}

// take takes a token, if there is one.
func (b *bucket) take(now time.Duration, rate, size float64) bool {
	if !b.has(now, rate, size) {
		return false
	}
	b.missing++
	return true
}

// full reports whether no token is missing.
func (b *bucket) full(now time.Duration, rate float64) bool {
	return float64(b.missing) <= b.gained(now, rate)
}

// gained is how many tokens have come in since at.
func (b *bucket) gained(now time.Duration, rate float64) float64 {
	return rate * float64(milliseconds(now)-b.at) / 1000
}

func milliseconds(d time.Duration) uint32 { return uint32(uint64(d / time.Millisecond)) }

// mostNotes bounds every list of remembered IDs.
const mostNotes = 64

// notes remembers IDs and when each was noted, the oldest first. A full list
// forgets the oldest.
type notes []note

type note struct {
	id string
	at time.Duration
}

func (l notes) find(id string) int {
	for i := range l {
		if l[i].id == id {
			return i
		}
	}
	return -1
}

func (l notes) has(id string) bool { return l.find(id) >= 0 }

func (l *notes) add(id string, at time.Duration) {
	if l.has(id) {
		return
	}
	if len(*l) >= mostNotes {
		*l = append((*l)[:0], (*l)[1:]...)
	}
	*l = append(*l, note{id, at})
}

// remove forgets an ID and reports whether it was there; it writes to a list only
// if it was.
func (l *notes) remove(id string) bool {
	i := l.find(id)
	if i < 0 {
		return false
	}
	*l = append((*l)[:i], (*l)[i+1:]...)
	return true
}

// expire forgets what was noted before the given time.
func (l *notes) expire(before time.Duration) {
	for len(*l) > 0 && (*l)[0].at < before {
		*l = append((*l)[:0], (*l)[1:]...)
	}
}

// mostTombs bounds the tombstones.
const mostTombs = 256

// tombs remembers lives that ended by leaving, so that hearsay does not bring
// them back. The one that ends first is first; a full list forgets it.
type tombs []tomb

type tomb struct {
	id          string
	incarnation uint64
	until       time.Duration
}

// has reports whether p is a life that left, or one before it.
func (l tombs) has(p *views.Peer) bool { return p.Incarnation <= l.incarnation(p.ID) }

// incarnation returns the latest life of the ID that left, or 0.
func (l tombs) incarnation(id string) uint64 {
	latest := uint64(0)
	for i := range l {
		if l[i].id == id {
			latest = max(latest, l[i].incarnation)
		}
	}
	return latest
}

func (l *tombs) add(p *views.Peer, until time.Duration) {
	if l.has(p) {
		return
	}
	if len(*l) >= mostTombs {
		*l = append((*l)[:0], (*l)[1:]...)
	}
	*l = append(*l, tomb{p.ID, p.Incarnation, until})
}

func (l *tombs) expire(now time.Duration) {
	for len(*l) > 0 && (*l)[0].until < now {
		*l = append((*l)[:0], (*l)[1:]...)
	}
}
