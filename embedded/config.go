// What can be set, what is set when nothing is, and how it reaches nats-server.

package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nuid"
	"github.com/rs/zerolog"
)

// DefaultHost is where a server listens unless told otherwise: this machine only.
const DefaultHost = "127.0.0.1"

// Config says what server to run. The zero value runs one on a free port of
// 127.0.0.1.
type Config struct {
	// Name is the server's name, as `nats server list` shows it; it has no
	// spaces. Empty: the server names itself by its random ID.
	Name string
	// Host is the address to listen on. Empty: [DefaultHost].
	Host string
	// Port is the port to listen on. 0 or -1: a free one, which [Server.URL]
	// tells. Note that nats-server itself takes 0 for 4222.
	Port int
	// DontListen runs the server without a socket; Host and Port are ignored
	// and only [Server.Connect] and [Server.InProcess] reach it.
	DontListen bool
	// LeafNodes opens a listener for leaf nodes, on a free port of Host, also with
	// DontListen. [Server.LeafURL] has its address, and a user and a password that are made
	// up at each start. Compression is off, as who attaches is as a rule in the
	// same process. LeafAccount is the account that they are attached to, empty
	// for the server's default one; it has to exist, by Options.
	LeafNodes   bool
	LeafAccount string
	// Tags and Metadata are shown in the server's /varz, and tell an operator
	// which node a server belongs to.
	Tags     []string
	Metadata map[string]string
	// Logger gets what the server logs, at the level that the logger has. The
	// zero value is silent.
	Logger zerolog.Logger
	// Options, when set, is called last, with everything above filled in, and
	// may change any option of the server.
	Options func(*server.Options)
}

// ErrConfig is matched by every [ConfigError].
var ErrConfig = errors.New("embedded: invalid config")

// A ConfigError names the field of a [Config] that is wrong, its value and what
// was wanted instead.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("embedded: config %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// validate reports, joined, every fault that nats-server would not report, or would
// report without naming the field.
func (c *Config) validate() error {
	var faults []error
	if c.Port < -1 || c.Port > 65535 {
		faults = append(faults, &ConfigError{Field: "Port", Value: strconv.Itoa(c.Port), Want: "-1 to 65535"})
	}
	if strings.ContainsAny(c.Name, " \t\r\n") {
		faults = append(faults, &ConfigError{Field: "Name", Value: c.Name, Want: "a name without spaces"})
	}
	if c.LeafAccount != "" && !c.LeafNodes {
		faults = append(faults, &ConfigError{Field: "LeafAccount", Value: c.LeafAccount, Want: "none without LeafNodes"})
	}
	return errors.Join(faults...)
}

// options translates c for nats-server.
func (c *Config) options() *server.Options {
	o := &server.Options{
		ServerName: c.Name,
		Host:       c.Host,
		Port:       c.Port,
		DontListen: c.DontListen,
		Tags:       slices.Clone(c.Tags),
		Metadata:   maps.Clone(c.Metadata),
		NoSigs:     true, // signals belong to the process
		NoLog:      true, // Start installs the logger that was given
	}
	if o.Host == "" {
		o.Host = DefaultHost
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	if c.LeafNodes {
		o.LeafNode = server.LeafNodeOpts{
			Host:        o.Host,
			Port:        server.RANDOM_PORT,
			Username:    nuid.Next(),
			Password:    rand.Text(),
			Account:     c.LeafAccount,
			NoAdvertise: true,
			Compression: server.CompressionOpts{Mode: server.CompressionOff},
		}
	}
	if c.Options != nil {
		c.Options(o)
	}
	return o
}

// checkOptions refuses what makes nats-server hang: routes wait for the clients'
// listener, and a shutdown waits for the routes, so that with routes and without
// that listener the server neither gets ready nor ends.
func checkOptions(o *server.Options) error {
	if o.DontListen && o.Cluster.Port != 0 {
		return &ConfigError{Field: "DontListen", Value: "true", Want: "false for a server with routes"}
	}
	return nil
}
