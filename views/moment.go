// Times in half the memory.

package views

import (
	"math/rand/v2"
	"time"
)

// moment is a time since the node's own start in sixteenths of a second, rounded
// down: nothing looks fresher than it is. It reaches 4.2 years in both directions
// and stays at its end after that.
type moment int32

const (
	tick       = time.Second / 16
	lastMoment = moment(1<<31 - 1)
)

func momentOf(d time.Duration) moment {
	ticks := int64(d / tick)
	if d%tick < 0 {
		ticks--
	}
	return moment(max(-int64(lastMoment), min(int64(lastMoment), ticks)))
}

func (m moment) duration() time.Duration { return time.Duration(m) * tick }

// glimpse is when a peer was last seen, rounded down to an even moment, and in its
// lowest bit whether the peer is proved. Of two at the same time the proved is larger.
type glimpse int32

func glimpseOf(d time.Duration, proved bool) glimpse {
	g := glimpse(momentOf(d)) &^ 1
	if proved {
		g |= 1
	}
	return g
}

func (g glimpse) duration() time.Duration { return moment(g &^ 1).duration() }

func (g glimpse) proved() bool { return g&1 != 0 }

// count is 1 for a proved peer.
func (g glimpse) count() int { return int(g & 1) }

// draws hands out small random numbers, several from each one of the source.
type draws struct {
	rng *rand.Rand
	// fraction is what is left of the source's number, of 1<<fractionBits; used is
	// by what it was multiplied so far.
	fraction, used uint64
}

const (
	fractionBits = 48
	// mostUsed keeps the numbers uniform to one part in sixteen million.
	mostUsed = 1 << (fractionBits - 24)
)

// below returns a uniform number from 0 to n-1; n is at most 65536.
func (d *draws) below(n int) int {
	if d.used *= uint64(n); d.used == 0 || d.used > mostUsed {
		d.fraction, d.used = d.rng.Uint64()>>(64-fractionBits), uint64(n)
	}
	product := d.fraction * uint64(n)
	d.fraction = product & (1<<fractionBits - 1)
	return int(product >> fractionBits)
}
