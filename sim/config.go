// What a world is made of, and what is wrong with a setting.

package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/kithmesh/kith/membership"
)

// Config says what a world is like. Begin with [DefaultConfig].
type Config struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Membership is every node's configuration. With a HeartbeatInterval of 0 no
	// heartbeats are sent, which saves most of the work of a run; silence is then
	// noticed as if there were one a second.
	Membership membership.Config

	// Latency is how long a frame takes, one way. Default: 0.5 to 1.5 ms, a data
	// center.
	Latency Latency
	// DialTrips is how many round trips a dial takes before the first frame can be
	// sent. Default 2: TCP's handshake and the hello.
	DialTrips int
	// DialTimeout is after how long a dial is given up that nobody answers. A dial
	// to a host that is up, at which nobody listens, is refused after one round
	// trip. Default 2 s, as package tcptransport.
	DialTimeout time.Duration
	// DialLoss is the share of dials that fail by timeout for no other reason, from
	// 0 to 1. Default 0.
	DialLoss float64
	// LinkLoss is how many links break for no reason, per second and link that
	// somebody keeps. Default 0.
	LinkLoss float64
	// Silence is after how long without a sign of life a neighbor's link is given up.
	// Default 3 s, as package tcptransport.
	Silence time.Duration
	// Idle is after how long a link that neither side keeps is closed. Default 5 s,
	// as package tcptransport.
	Idle time.Duration
	// QueueFrames is how many frames may wait for a slow reader before the sender
	// gives the link up. Default 1,000: about what tcptransport's queue holds.
	QueueFrames int
	// AskTimeout is after how long a request at the meeting place is given up that
	// nobody answers. Default 2 s.
	AskTimeout time.Duration

	// Check calls Invariants on a node after each of its steps, which doubles the
	// time of a run.
	Check bool
	// Bytes counts the bytes of messages too, by encoding each.
	Bytes bool
}

// DefaultConfig returns the defaults, with seed 1.
func DefaultConfig() Config {
	return Config{
		Seed:        1,
		Membership:  membership.DefaultConfig(),
		Latency:     Uniform(500*time.Microsecond, 1500*time.Microsecond),
		DialTrips:   2,
		DialTimeout: 2 * time.Second,
		Silence:     3 * time.Second,
		Idle:        5 * time.Second,
		QueueFrames: 1000,
		AskTimeout:  2 * time.Second,
	}
}

// ErrConfig is matched by every error of [Config.Validate].
var ErrConfig = errors.New("sim: invalid configuration")

// Validate reports every fault at once, joined. Those of the membership
// configuration match [membership.ErrConfig].
func (c *Config) Validate() error {
	var faults []error
	want := func(ok bool, field string, value any, want string) {
		if !ok {
			faults = append(faults, fmt.Errorf("%w: %s is %v, want %s", ErrConfig, field, value, want))
		}
	}
	want(c.Latency != nil, "Latency", "nil", "a function")
	want(c.DialTrips >= 0, "DialTrips", c.DialTrips, "0 or more")
	want(c.DialTimeout > 0, "DialTimeout", c.DialTimeout, "a duration above 0")
	want(c.DialLoss >= 0 && c.DialLoss <= 1, "DialLoss", c.DialLoss, "0 to 1")
	want(c.LinkLoss >= 0, "LinkLoss", c.LinkLoss, "0 or more")
	want(c.Silence > 0, "Silence", c.Silence, "a duration above 0")
	want(c.Idle > 0, "Idle", c.Idle, "a duration above 0")
	want(c.QueueFrames > 0, "QueueFrames", c.QueueFrames, "a number above 0")
	want(c.AskTimeout > 0, "AskTimeout", c.AskTimeout, "a duration above 0")
	return errors.Join(errors.Join(faults...), c.Membership.Validate())
}
