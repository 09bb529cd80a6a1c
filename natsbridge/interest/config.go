// The parameters of the exchange, their defaults and where each comes from.

package interest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The least and the most that [Config.MaxMessage] may be. Nothing longer is read.
const (
	MinMessage = 4 << 10
	MaxMessage = 512 << 10
)

// Config holds the parameters; a field that is not set stands for its default, but for
// Epoch and Services.
type Config struct {
	// Epoch tells the bridges of one life of a node apart. It must be higher for one that is
	// started later.
	Epoch uint64
	// Subjects are patterns: interest that overlaps with none of them is neither told nor
	// followed, and messages that match none do not cross. Default: everything, ">".
	Subjects []string
	// Services lets $SRV cross, by which services of NATS are found. Default: no.
	Services bool
	// Coalesce is how long a change waits for others before it is told, at most 100 ms.
	// Our choice: 50 ms.
	Coalesce time.Duration
	// TTL is how long the interest of a node counts that is not heard any more. Every node
	// announces itself every TTL/3 ±25 %. All nodes should have the same. Our
	// choice: 30 s, which survives the loss of two announcements in a row.
	TTL time.Duration
	// Grace is how long a node whose neighbor lost it has to show that it lives, before its
	// interest is withdrawn. Our choice: 2 s, some round trips and a repair of the broadcast tree.
	Grace time.Duration
	// Settle is how long a newly attached node waits for others of its group, unless it learns
	// earlier who is there. Our choice: 300 ms.
	Settle time.Duration
	// Digest is the time between two digests to neighbors in turn, ±25 %. Our choice: 10 s.
	Digest time.Duration
	// AskTimeout is how long a node that was asked for a table has to answer, before another is
	// asked; it doubles with each. Our choice: 1 s.
	AskTimeout time.Duration
	// RollUp is how many plain keys under one prefix are told one by one; more are told as
	// prefix.>, until there are less than half. Our choice: 256.
	RollUp int
	// MaxMessage is the longest message that is sent, in bytes. Our choice: 64 KiB.
	MaxMessage int
	// MaxNodes is how many other nodes are remembered. Our choice: 4,096.
	MaxNodes int
	// MaxKeys is how many keys one node may announce, this one included. Our choice: 65,536,
	// the subscriptions of a busy server.
	MaxKeys int
	// MaxLocal is how many keys of the own server are remembered. Our choice: 1,048,576.
	MaxLocal int
	// MaxBytes bounds the keys in all tables together, as they are told, and once more in those
	// that are incomplete. Our choice: 64 MiB.
	MaxBytes int
}

// DefaultConfig returns the defaults; the comment of each field says where its
// value comes from.
func DefaultConfig() Config {
	return Config{
		Subjects: []string{">"}, Coalesce: 50 * time.Millisecond, TTL: 30 * time.Second, Grace: 2 * time.Second,
		Settle: 300 * time.Millisecond, Digest: 10 * time.Second, AskTimeout: time.Second, RollUp: 256,
		MaxMessage: 64 << 10, MaxNodes: 4096, MaxKeys: 1 << 16, MaxLocal: 1 << 20, MaxBytes: 64 << 20,
	}
}

// withDefaults returns the configuration with every unset field filled in.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if len(c.Subjects) == 0 {
		c.Subjects = d.Subjects
	}
	c.Subjects = slices.Clone(c.Subjects)
	unset := func(field *time.Duration, value time.Duration) {
		if *field == 0 {
			*field = value
		}
	}
	unset(&c.Coalesce, d.Coalesce)
	unset(&c.TTL, d.TTL)
	unset(&c.Grace, d.Grace)
	unset(&c.Settle, d.Settle)
	unset(&c.Digest, d.Digest)
	unset(&c.AskTimeout, d.AskTimeout)
	c.RollUp = orDefault(c.RollUp, d.RollUp)
	c.MaxMessage = orDefault(c.MaxMessage, d.MaxMessage)
	c.MaxNodes = orDefault(c.MaxNodes, d.MaxNodes)
	c.MaxKeys = orDefault(c.MaxKeys, d.MaxKeys)
	c.MaxLocal = orDefault(c.MaxLocal, d.MaxLocal)
	c.MaxBytes = orDefault(c.MaxBytes, d.MaxBytes)
	return c
}

func orDefault(value, unset int) int {
	if value == 0 {
		return unset
	}
	return value
}

// ErrConfig is matched by every fault of a [Config].
var ErrConfig = errors.New("interest: invalid configuration")

// ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct {
	Field, Value, Want string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("interest: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// Validate reports every fault at once, joined; each is a [ConfigError]. Unset fields
// are judged by their defaults.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
	}
	between := func(field string, value, least, most time.Duration) {
		if value < least || value > most {
			fault(field, value.String(), fmt.Sprintf("%v to %v", least, most))
		}
	}
	count := func(field string, value, least, most int) {
		if value < least || value > most {
			fault(field, strconv.Itoa(value), fmt.Sprintf("%d to %d", least, most))
		}
	}
	for _, pattern := range c.Subjects {
		if !validSubject(pattern) {
			fault("Subjects", strconv.Quote(pattern), "subjects, which may have wildcards")
		}
	}
	between("Coalesce", c.Coalesce, time.Millisecond, 100*time.Millisecond)
	between("TTL", c.TTL, time.Second, 24*time.Hour)
	between("Grace", c.Grace, time.Millisecond, c.TTL)
	between("Settle", c.Settle, time.Millisecond, c.TTL)
	between("Digest", c.Digest, 100*time.Millisecond, time.Hour)
	between("AskTimeout", c.AskTimeout, time.Millisecond, time.Minute)
	count("RollUp", c.RollUp, 2, 1<<20)
	count("MaxMessage", c.MaxMessage, MinMessage, MaxMessage)
	count("MaxNodes", c.MaxNodes, 1, 1<<20)
	count("MaxKeys", c.MaxKeys, 1, 1<<24)
	count("MaxLocal", c.MaxLocal, 1, 1<<28)
	count("MaxBytes", c.MaxBytes, 64<<10, 1<<40)
	return errors.Join(faults...)
}
