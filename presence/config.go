// The parameters of the directory, their defaults and where each comes from.

package presence

import (
	"errors"
	"fmt"
	"time"
)

// MinTTL is the shortest time to live: that of a node's own announcements, and of
// those of others.
const MinTTL = time.Second

// Config holds the parameters; a field that is not set stands for its default.
type Config struct {
	// TTL is how long this node is believed to live after each of its
	// announcements, of which it makes one every TTL/3 ±25 %. Nodes may differ in it.
	// Our choice: 30 s, which survives the loss of two in a row.
	TTL time.Duration
	// MaxTTL is the longest time for which others are believed to live; longer
	// ones are cut. It should not be below the TTL of any node. Our choice: 10 min.
	MaxTTL time.Duration
	// MaxNodes is the most nodes in the directory, this one included; what comes
	// beyond is refused and counted. Our choice: 10,000.
	MaxNodes int
	// AskTimeout is how long a neighbor that was asked for a page of its directory
	// has to answer, before another is asked. Our choice: 2 s.
	AskTimeout time.Duration
}

// DefaultConfig returns the defaults; the comment of each field says where its
// value comes from.
func DefaultConfig() Config {
	return Config{TTL: 30 * time.Second, MaxTTL: 10 * time.Minute, MaxNodes: 10_000, AskTimeout: 2 * time.Second}
}

// withDefaults returns the configuration with every unset field filled in.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.TTL == 0 {
		c.TTL = d.TTL
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = max(d.MaxTTL, c.TTL)
	}
	if c.MaxNodes == 0 {
		c.MaxNodes = d.MaxNodes
	}
	if c.AskTimeout == 0 {
		c.AskTimeout = d.AskTimeout
	}
	return c
}

// ErrConfig is matched by every fault of a [Config].
var ErrConfig = errors.New("presence: invalid configuration")

// ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct {
	Field, Value, Want string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("presence: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// Validate reports every fault at once, joined; each is a [ConfigError]. Unset fields
// are judged by their defaults.
func (c Config) Validate() error {
	c = c.withDefaults()
	const longest = 24 * time.Hour
	var faults []error
	fault := func(field string, value any, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: fmt.Sprint(value), Want: want})
	}
	if c.TTL < MinTTL || c.TTL > longest {
		fault("TTL", c.TTL, fmt.Sprintf("%v to %v", MinTTL, longest))
	}
	if c.MaxTTL < c.TTL || c.MaxTTL > longest {
		fault("MaxTTL", c.MaxTTL, fmt.Sprintf("TTL, %v, to %v", c.TTL, longest))
	}
	if c.MaxNodes < 1 || c.MaxNodes > 1<<20 {
		fault("MaxNodes", c.MaxNodes, fmt.Sprintf("1 to %d", 1<<20))
	}
	if c.AskTimeout < 0 {
		fault("AskTimeout", c.AskTimeout, "a duration above 0")
	}
	return errors.Join(faults...)
}
