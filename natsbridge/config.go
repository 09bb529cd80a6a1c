// What a bridge can be told.

package natsbridge

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/natsbridge/interest"
	"github.com/kithmesh/kith/views"
)

// Config says which server to join to the mesh, and how. Either URL or Conn is needed.
type Config struct {
	// Name tells the bridges of a mesh apart that have nothing to do with each other: those
	// of the same name are joined. One bridge serves one account of the server; for
	// another account there is another bridge, with another Name. Default: "bridge".
	Name string

	// URL is where the server accepts leaf nodes: nats-leaf://user:password@host:port, or
	// tls:// to insist on TLS. The account is that of the user. For a server of the package
	// embedded it is LeafURL.
	URL string
	// TLS is for servers that want it. Default: the system's roots and the host of URL.
	TLS *tls.Config
	// Credentials is the path of a .creds file, NkeySeed that of an nkey's seed.
	Credentials, NkeySeed string
	// PendingBytes bounds what may wait to be written to the server. Default: 16 MiB.
	PendingBytes int

	// Conn is used when the server accepts no leaf nodes; see [ErrEcho] and the limits in
	// docs/bridge.md. It belongs to the caller.
	Conn *nats.Conn

	// Subjects are the patterns that may cross the mesh, in both directions; reserved
	// subjects never do. Default: ">". With Conn they are what it subscribes to, and ">" is
	// refused.
	Subjects []string
	// Services lets $SRV.> cross, so that the services of nats.go's micro are found
	// at all nodes.
	Services bool

	// Coalesce is how long changes of subscriptions are collected before the others are
	// told. Default: 50 ms; at most 100 ms.
	Coalesce time.Duration
	// TTL is how long the subscriptions at a node that is not heard any more are
	// remembered, and Grace how long if a neighbor has lost it. Default: 30 s and 2 s.
	TTL, Grace time.Duration
	// RollUp is the number of subjects with one prefix from which the others are told the
	// prefix instead. Default: 256.
	RollUp int

	// Logger gets what the bridge has to tell. Default: nothing.
	Logger zerolog.Logger
}

// DefaultName is the Name of a bridge that is not given one.
const DefaultName = "bridge"

// ErrConfig is matched by every fault of a [Config].
var ErrConfig = errors.New("natsbridge: invalid configuration")

// ErrEcho is matched by the fault of a Conn that hears what it publishes: it must have been
// made with [nats.NoEcho].
var ErrEcho = fmt.Errorf("%w: Conn has no NoEcho", ErrConfig)

// A ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct{ Field, Value, Want string }

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("natsbridge: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// filled returns c with the defaults.
func (c Config) filled() Config {
	if c.Name == "" {
		c.Name = DefaultName
	}
	if len(c.Subjects) == 0 {
		c.Subjects = []string{">"}
	}
	return c
}

// core returns the configuration of the core.
func (c *Config) core(now time.Time) interest.Config {
	core := interest.DefaultConfig()
	core.Epoch = uint64(now.UnixMilli()) //nolint:gosec // after 1970
	core.Subjects, core.Services = c.Subjects, c.Services
	for _, d := range []struct {
		from time.Duration
		to   *time.Duration
	}{{c.Coalesce, &core.Coalesce}, {c.TTL, &core.TTL}, {c.Grace, &core.Grace}} {
		if d.from != 0 {
			*d.to = d.from
		}
	}
	if c.RollUp != 0 {
		core.RollUp = c.RollUp
	}
	return core
}

// validate reports every fault that neither the core nor the attachment reports.
func (c *Config) validate() error {
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
	}
	if !views.ValidToken(c.Name) {
		fault("Name", fmt.Sprintf("%q", c.Name), "1 to 64 letters, digits, - and _")
	}
	if (c.URL == "") == (c.Conn == nil) {
		fault("URL and Conn", "both or neither", "one of them")
	}
	if c.Conn != nil {
		if !c.Conn.Opts.NoEcho {
			faults = append(faults, ErrEcho)
		}
		if slices.Contains(c.Subjects, ">") {
			fault("Subjects", fmt.Sprintf("%q", c.Subjects), "a list without \">\", as Conn subscribes to all of it")
		}
		all := append([]string{anyReply}, c.Subjects...)
		for i, a := range all {
			for _, b := range all[i+1:] {
				if interest.Overlap(a, b) {
					fault("Subjects", fmt.Sprintf("%q and %q", a, b), "patterns that do not overlap, as Conn subscribes to each")
				}
			}
		}
	}
	return errors.Join(faults...)
}
