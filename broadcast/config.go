// The parameters of the protocol, their defaults and where each comes from.

package broadcast

import (
	"errors"
	"fmt"
	"time"
)

// Config holds the parameters of the protocol. Start from [DefaultConfig]; the
// zero value is not valid.
type Config struct {
	// LazyDelay is how long announcements are collected before they are sent in
	// one message. Our choice: 20 ms; from 30 ms on it takes a tree that was cut
	// up a fifth of a second longer to be whole for one message in a hundred. Zero sends each at once, as in the paper.
	LazyDelay time.Duration
	// GraftDelay is the least time between the first announcement of a message and
	// the GRAFT that asks for it (paper: timeout1). The time by which messages have
	// come later than their announcements is added twice. Our choice: 500 ms: what waits
	// on busy links is late, not lost, and a link that ends is not waited for.
	GraftDelay time.Duration
	// GraftRetry is the time until the next announcer is asked, when one does not
	// answer (paper: timeout2). The link's round trip is added twice. Our choice: 50 ms.
	GraftRetry time.Duration
	// Threshold is by how many hops an announcement must be nearer to its origin
	// than the message was, for the shared tree to be changed (paper: 3 for one
	// sender, 7 for many). Zero turns that off. Our choice: 7; trees of their own
	// take every hop.
	Threshold int
	// OwnTree is the number of messages after which an origin gets a tree of its
	// own. Zero keeps everybody on the shared tree, as in the paper. Our choice: 8.
	OwnTree int
	// MoveDelay is the least time between two changes of an origin's tree for the
	// sake of hops, and how long a link that goes on after a PRUNE is not sent another. Our
	// choice: 200 ms.
	MoveDelay time.Duration

	// StoreBytes and StoreAge bound what is kept to answer a GRAFT: frames, with 24
	// bytes for the keeping of each, and 40 for each place between the first and the last
	// of an origin. Our choice: 16 MiB and 30 s. StoreBytes must hold what is published within
	// GraftDelay and some retries, or a node that falls behind for that long loses messages. StoreAge must be well above GraftDelay and
	// the 2 s that may be added to that: otherwise what is announced may be gone when it is
	// asked for, and nobody knows of the loss before the origin's next message.
	StoreBytes int
	StoreAge   time.Duration
	// Window is by how many messages an origin may be ahead of the first that is
	// missing. Our choice: 16,384.
	Window int
	// GapWait is how long what is missing holds up the messages of its origin that
	// came after it. Our choice: 5 s, well above the 3 s until a silent neighbor is
	// noticed.
	GapWait time.Duration
	// Digest says whether a link begins with what is in store, whether the last message of an
	// origin that falls silent is announced again, and whether those are told nothing who have
	// announced it themselves.
	Digest bool

	// MaxSources is the most lives of origins that are remembered; messages of
	// others are refused while there are so many. Our choice: 65,536.
	MaxSources int
	// SourceExpiry is how long an origin that says nothing is remembered. Our
	// choice: 1 h.
	SourceExpiry time.Duration
	// MaxHops is the most links that a message for one node follows before it is
	// sent to everybody. Our choice: 32.
	MaxHops int

	// StallAfter is how long a link may be congested until nobody waits for it any more,
	// for half a minute; it becomes lazy in every tree after half of that, at a node that only
	// relays after a quarter. SlowAfter is how long until its peer is expelled. Our choice:
	// 1 s and 5 s.
	StallAfter, SlowAfter time.Duration
}

// DefaultConfig returns the defaults; the comment of each field says where its
// value comes from.
func DefaultConfig() Config {
	return Config{
		LazyDelay:    20 * time.Millisecond,
		GraftDelay:   500 * time.Millisecond,
		GraftRetry:   50 * time.Millisecond,
		Threshold:    7,
		OwnTree:      8,
		MoveDelay:    200 * time.Millisecond,
		StoreBytes:   16 << 20,
		StoreAge:     30 * time.Second,
		Window:       16 << 10,
		GapWait:      5 * time.Second,
		Digest:       true,
		MaxSources:   1 << 16,
		SourceExpiry: time.Hour,
		MaxHops:      32,
		StallAfter:   time.Second,
		SlowAfter:    5 * time.Second,
	}
}

// ErrConfig is matched by every fault of a [Config].
var ErrConfig = errors.New("broadcast: invalid configuration")

// ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct {
	Field, Value, Want string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("broadcast: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// Validate reports every fault at once, joined; each is a [ConfigError].
func (c *Config) Validate() error {
	var faults []error
	fault := func(field string, value any, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: fmt.Sprint(value), Want: want})
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"LazyDelay", c.LazyDelay},
		{"GraftDelay", c.GraftDelay},
		{"MoveDelay", c.MoveDelay},
	} {
		if d.value < 0 {
			fault(d.field, d.value, "no negative duration")
		}
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"GraftRetry", c.GraftRetry},
		{"StoreAge", c.StoreAge},
		{"GapWait", c.GapWait},
		{"SourceExpiry", c.SourceExpiry},
		{"StallAfter", c.StallAfter},
	} {
		if d.value <= 0 {
			fault(d.field, d.value, "a duration above 0")
		}
	}
	if c.SlowAfter < c.StallAfter {
		fault("SlowAfter", c.SlowAfter, "at least StallAfter, "+c.StallAfter.String())
	}
	for _, n := range []struct {
		field       string
		value       int
		least, most int
	}{
		{"Threshold", c.Threshold, 0, 255},
		{"OwnTree", c.OwnTree, 0, 1 << 30},
		{"StoreBytes", c.StoreBytes, 1, 1 << 40},
		{"Window", c.Window, 1, 1 << 20},
		{"MaxSources", c.MaxSources, 1, 1 << 24},
		{"MaxHops", c.MaxHops, 1, 255},
	} {
		if n.value < n.least || n.value > n.most {
			fault(n.field, n.value, fmt.Sprintf("%d to %d", n.least, n.most))
		}
	}
	return errors.Join(faults...)
}
