// What can be set, the defaults, and what is wrong with a setting.

package linker

import (
	"errors"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/views"
)

// Config says how a Linker behaves. Begin with [DefaultConfig] and set Mode,
// Cluster and Self.
type Config struct {
	// Mode says what links are made of. No default.
	Mode Mode
	// Cluster is the name of the mesh, a part of every subject: 1 to 64 of
	// A–Z a–z 0–9 - _. No default.
	Cluster string
	// Self is the own node. Of it the ID, the incarnation and, in mode
	// Connections, the URL of the NATS server matter. No default.
	Self *views.Peer

	// Reconcile is how often a link that is up is confirmed by a hello, and the
	// table of links compared with the view even when nothing changed. Default
	// 5 s, our choice: a hello costs two small messages.
	Reconcile time.Duration
	// HelloTimeout is how long a hello may go unanswered before it is repeated.
	// Default 2 s, our choice: the same as DialTimeout.
	HelloTimeout time.Duration
	// HelloMisses is the number of hellos unanswered in a row after which the
	// link is given up and made anew. Default 3, our choice: a neighbor that
	// fell silent is noticed within Reconcile + 3·HelloTimeout = 11 s, and
	// membership, whose heartbeat is faster, has usually removed it by then. A
	// neighbor that NATS knows to be gone is noticed at the first hello.
	HelloMisses int
	// DialTimeout limits a dial together with the NATS handshake. Default 2 s,
	// as for the mesh's own connections.
	DialTimeout time.Duration
	// WriteTimeout limits a write to a neighbor's server that makes no progress,
	// and so how long one stuck neighbor can delay a Publish. Default 2 s, our
	// choice, in place of the minute of nats.go.
	WriteTimeout time.Duration
	// RequestTimeout limits a Request whose context has no deadline. Default
	// 5 s, as in nats.go's jetstream package.
	RequestTimeout time.Duration
	// BackoffMin and BackoffMax bound the pause between two attempts at a link;
	// it doubles with every failure and is drawn from its upper half. Defaults
	// 250 ms and 10 s, our choice: a server that comes back is linked again
	// within 10 s, and one that stays away is dialed by its five neighbors only.
	BackoffMin, BackoffMax time.Duration
	// HoldDown keeps the link to a peer that left the view for that long, in
	// case it returns. Meanwhile the link works, so messages are exchanged with
	// a peer that is no neighbor. Default 0, our choice: links to the neighbors
	// and to nobody else.
	HoldDown time.Duration
	// Pending is the number of messages that may wait for the handlers, per
	// connection. More are dropped and counted. Default 4096, our choice:
	// 32 KiB of pointers.
	Pending int

	// Logger gets what happens to links. The zero value is silent.
	Logger zerolog.Logger
}

// DefaultConfig returns a Config with everything set that has a default.
func DefaultConfig() Config {
	return Config{
		Reconcile:      5 * time.Second,
		HelloTimeout:   2 * time.Second,
		HelloMisses:    3,
		DialTimeout:    2 * time.Second,
		WriteTimeout:   2 * time.Second,
		RequestTimeout: 5 * time.Second,
		BackoffMin:     250 * time.Millisecond,
		BackoffMax:     10 * time.Second,
		Pending:        4096,
	}
}

// Validate reports every fault at once, joined; each is a [ConfigError].
func (c *Config) Validate() error {
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
	}
	switch c.Mode {
	case Connections, Subscriptions:
	default:
		fault("Mode", c.Mode.String(), "connections or subscriptions")
	}
	if !views.ValidToken(c.Cluster) {
		fault("Cluster", c.Cluster, "1 to 64 of A-Z a-z 0-9 - _")
	}
	switch {
	case c.Self == nil:
		fault("Self", "nil", "the own node")
	case !views.ValidToken(c.Self.ID):
		fault("Self.ID", c.Self.ID, "1 to 64 of A-Z a-z 0-9 - _")
	case c.Self.Incarnation == 0:
		fault("Self.Incarnation", "0", "a number above 0")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Reconcile", c.Reconcile},
		{"HelloTimeout", c.HelloTimeout},
		{"DialTimeout", c.DialTimeout},
		{"WriteTimeout", c.WriteTimeout},
		{"RequestTimeout", c.RequestTimeout},
		{"BackoffMin", c.BackoffMin},
	} {
		if d.value <= 0 {
			fault(d.field, d.value.String(), "a duration above 0")
		}
	}
	if c.BackoffMax < c.BackoffMin {
		fault("BackoffMax", c.BackoffMax.String(), "at least BackoffMin")
	}
	if c.HoldDown < 0 {
		fault("HoldDown", c.HoldDown.String(), "a duration of 0 or more")
	}
	if c.HelloMisses < 1 {
		fault("HelloMisses", strconv.Itoa(c.HelloMisses), "a number above 0")
	}
	if c.Pending < 1 {
		fault("Pending", strconv.Itoa(c.Pending), "a number above 0")
	}
	return errors.Join(faults...)
}
