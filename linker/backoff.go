// When to try again.

package linker

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/views"
)

// backoff is a pause that doubles with every use.
type backoff struct {
	least, most time.Duration
	now         time.Duration
	rng         *rand.Rand
}

// newBackoff returns the backoff of the link to one peer. It is seeded by who the
// two are, which is enough to keep nodes from acting in step.
func newBackoff(cfg *Config, peer *views.Peer) *backoff {
	pair := fnv.New64a()
	_, _ = pair.Write([]byte(cfg.Self.ID + " " + peer.ID)) // a hash takes everything
	return &backoff{
		least: cfg.BackoffMin, most: cfg.BackoffMax,
		rng: rand.New(rand.NewPCG(pair.Sum64(), cfg.Self.Incarnation)),
	}
}

// next returns the pause to make now: between half of it and all of it.
func (b *backoff) next() time.Duration {
	b.now = min(max(2*b.now, b.least), b.most)
	return b.now - b.random(b.now/2)
}

// reset makes the next pause the least one.
func (b *backoff) reset() { b.now = 0 }

// jitter returns between three quarters of d and d, so that the hellos of many
// nodes started at once drift apart.
func (b *backoff) jitter(d time.Duration) time.Duration { return d - b.random(d/4) }

// random returns a duration from 0 to most.
func (b *backoff) random(most time.Duration) time.Duration {
	return time.Duration(b.rng.Int64N(int64(most) + 1))
}
