// The paper's setting, as near as the cores can be brought to it.

package paper

import (
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
)

// Parameters returns c without what the paper does not have: no heartbeats, no
// rotation, no limits on joins, evictions or answers, no cool-downs and no graces.
// Sizes and lengths of walks are c's; the defaults are the paper's.
func Parameters(c membership.Config) membership.Config {
	c.HeartbeatInterval = 0
	c.RotateInterval = 0
	c.ShuffleFast = c.ShuffleInterval
	const unlimited = 1e6
	c.JoinRate, c.JoinRateFull, c.EvictRate, c.ShuffleReplyRate, c.HearsayRate = unlimited, unlimited, unlimited, unlimited, unlimited
	c.HighInterval, c.GuestFor, c.CoolDown, c.Grace = 0, 0, 0, 0
	c.RefillMin, c.JoinMin = attempt, attempt
	return c
}

// The paper's simulator has no time, only cycles. Here a frame takes so little that
// 10,000 nodes join, or 1,000 messages are sent, well within one shuffle interval.
const (
	frame = time.Microsecond
	// attempt is how long it takes to dial somebody, to ask and to be answered. It is
	// also the time between two messages: each finds one more attempt at a repair
	// behind it, which is how the paper's nodes repair.
	attempt = 6 * frame
	// patience is after how long an event that nobody answers is given up.
	patience = 100 * frame
)

// world returns an empty world of the paper.
func world(seed uint64, c membership.Config, check bool) (*sim.World, error) {
	cfg := sim.DefaultConfig()
	cfg.Seed = seed
	cfg.Membership = Parameters(c)
	cfg.Latency = sim.Constant(frame)
	cfg.Idle, cfg.DialTimeout = patience, patience
	cfg.Check = check
	return sim.New(cfg)
}

// nobody answers at the meeting place: the paper has none.
func nobody(sim.NodeID) (sim.NodeID, bool) { return 0, false }
