// What a node is told when it starts, and what is wrong with it.

package kith

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nuid"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Config says who a node is and where it listens. Only Cluster is mandatory;
// every other field has a default that fits one machine. For collaborators, such
// as a NATS connection or a logger, see the options of [Start].
type Config struct {
	// Cluster names the mesh: 1 to 64 of A–Z a–z 0–9 - _. Nodes of different
	// clusters never link, even on one NATS.
	Cluster string
	// ID names the node, unique in its cluster, of the same characters as Cluster.
	// Default: the name in the certificate of [WithIdentity], else the host name and a
	// short random suffix.
	ID string
	// Bind is the host:port on which the node listens for others. Port 0 means any
	// free one. Default: 127.0.0.1:0, which nodes on other machines cannot reach.
	Bind string
	// Advertise is the host:port that others dial, where it differs from Bind: a
	// public address, or the node's own when Bind is 0.0.0.0. Without a port, or
	// with port 0, it is the port listened on. Default: the address listened on,
	// which must then not be an unspecified one.
	Advertise string
	// Insecure allows links without TLS that others than this machine can reach. Whoever can
	// reach the node may then be anybody, read everything and say anything. Not needed
	// while Bind is a loopback address.
	Insecure bool
	// NATS is the client URL of the node's own NATS server, for neighbors that
	// link to it. Default: none.
	NATS string
	// Zone is a free label of at most 64 bytes, such as a data center.
	Zone string
	// Meta is up to 512 bytes of the application's own, told to every peer.
	Meta string
	// Contacts are host:port addresses of other nodes, asked over TCP to let this
	// one in. A DNS name stands for all its addresses and is resolved anew for
	// every attempt. Not needed with [WithNATS].
	Contacts []string
	// StateFile is where the node keeps its incarnation and the peers it knows, so
	// that it comes back after a restart without a contact. Default: nowhere.
	StateFile string
	// Membership holds the parameters of the protocol; the zero value stands for
	// [membership.DefaultConfig].
	Membership membership.Config
	// JoinTimeout bounds one attempt to join at one meeting place. Default: 2 s.
	JoinTimeout time.Duration
	// Transport holds the limits and deadlines of the TCP links; the zero value
	// stands for [tcptransport.DefaultConfig]. Its Cluster, Bind and Logger are set
	// by the node.
	Transport tcptransport.Config
	// Broadcast holds the parameters of messages to everybody; the zero value stands
	// for [broadcast.DefaultConfig].
	Broadcast broadcast.Config
	// MaxPayload is the most bytes of data and header in a message of this node, at
	// most 64 KiB less than MaxCarried of Transport. It should be the same on all
	// nodes. Default: 1 MiB.
	MaxPayload int
	// Linker holds the periods of the NATS links of [WithLinks]; the zero value
	// stands for [linker.DefaultConfig]. Its Mode, Cluster, Self and Logger are set
	// by the node.
	Linker linker.Config
}

// ErrConfig is matched by every fault of a [Config].
var ErrConfig = errors.New("kith: invalid configuration")

// ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("kith: %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// withDefaults returns the configuration with every unset field filled in.
func (c Config) withDefaults() Config {
	if c.ID == "" {
		c.ID = defaultID()
	}
	if c.Bind == "" {
		c.Bind = "127.0.0.1:0"
	}
	if c.JoinTimeout == 0 {
		c.JoinTimeout = 2 * time.Second
	}
	if c.Membership == (membership.Config{}) {
		c.Membership = membership.DefaultConfig()
	}
	if reflect.ValueOf(c.Transport).IsZero() {
		c.Transport = tcptransport.DefaultConfig()
	}
	if c.Broadcast == (broadcast.Config{}) {
		c.Broadcast = broadcast.DefaultConfig()
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = 1 << 20
	}
	if reflect.ValueOf(c.Linker).IsZero() {
		c.Linker = linker.DefaultConfig()
	}
	c.Transport.Cluster, c.Transport.Bind = c.Cluster, c.Bind
	return c
}

// defaultID is the host name, cut down to what an ID may hold, and a suffix that
// tells nodes on one host apart.
func defaultID() string {
	const suffix = 6
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "node"
	}
	host = strings.Map(func(r rune) rune {
		if r < 0x80 && views.ValidToken(string(r)) {
			return r
		}
		return '-'
	}, host)
	unique := nuid.Next()
	return host[:min(len(host), views.MaxID-suffix-1)] + "-" + unique[len(unique)-suffix:]
}

// Validate reports every fault at once, joined. Each matches [ErrConfig]; those of
// the fields here are a [ConfigError], those of a part name the part first. Start
// calls it; unset fields are judged by their defaults.
func (c Config) Validate() error { return c.withDefaults().validate() }

// validate judges a configuration whose unset fields have been filled in.
func (c Config) validate() error {
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
	}
	const token = "1 to 64 of A-Z a-z 0-9 - _"
	if !views.ValidToken(c.Cluster) {
		fault("Cluster", c.Cluster, token)
	}
	if !views.ValidToken(c.ID) {
		fault("ID", c.ID, token)
	}
	if want := wrongBind(c.Bind); want != "" {
		fault("Bind", c.Bind, want)
	} else if c.Advertise == "" && unspecified(c.Bind) {
		fault("Advertise", "", "the host:port that others dial, since Bind is "+c.Bind)
	}
	if c.Advertise != "" {
		if want := wrongAdvertise(c.Advertise); want != "" {
			fault("Advertise", c.Advertise, want)
		}
	}
	for i, contact := range c.Contacts {
		if views.ValidAddr(contact) != nil {
			fault("Contacts["+strconv.Itoa(i)+"]", contact, "the host:port of another node")
		}
	}
	atMost := func(field, value string, most int) {
		if len(value) > most {
			fault(field, strconv.Itoa(len(value))+" bytes", "at most "+strconv.Itoa(most)+" bytes")
		}
	}
	if want := wrongURL(c.NATS); want != "" {
		fault("NATS", c.NATS, want)
	}
	atMost("NATS", c.NATS, views.MaxNATS)
	atMost("Zone", c.Zone, views.MaxZone)
	atMost("Meta", c.Meta, views.MaxMeta)
	if most := c.Transport.MaxCarried - 64<<10; c.MaxPayload < 0 || c.MaxPayload > max(most, 0) {
		fault("MaxPayload", strconv.Itoa(c.MaxPayload), "0 to "+strconv.Itoa(max(most, 0)))
	}
	if c.JoinTimeout < 0 {
		fault("JoinTimeout", c.JoinTimeout.String(), "a duration above 0")
	}
	return errors.Join(append(faults, c.validateParts()...)...)
}

// validateParts judges the configurations of the parts. What the node sets itself,
// from fields that were judged already, is put right first.
func (c Config) validateParts() []error {
	const fine = "fine"
	c.Transport.Cluster, c.Transport.Bind = fine, "127.0.0.1:0"
	c.Linker.Mode, c.Linker.Cluster = linker.Subscriptions, fine
	c.Linker.Self = &views.Peer{ID: fine, Incarnation: 1, Addr: "127.0.0.1:1"}
	var faults []error
	for _, part := range []struct {
		name string
		err  error
	}{
		{"Membership", c.Membership.Validate()},
		{"Transport", c.Transport.Validate()},
		{"Linker", c.Linker.Validate()},
		{"Broadcast", c.Broadcast.Validate()},
	} {
		if part.err != nil {
			faults = append(faults, fmt.Errorf("%w: %s: %w", ErrConfig, part.name, part.err))
		}
	}
	return faults
}

// wrongBind returns what was wanted of a listening address, empty if it is fine.
func wrongBind(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "host:port to listen on"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "a port from 0 to 65535"
	}
	return ""
}

// wrongURL returns what was wanted of the URL of a NATS server, empty if it is fine
// or absent.
func wrongURL(raw string) string {
	if raw == "" {
		return ""
	}
	if u, err := url.Parse(raw); err == nil && u.Hostname() != "" {
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
			return ""
		}
	}
	return "the URL of one server, such as nats://10.0.0.7:4222"
}

// wrongAdvertise returns what was wanted of an address to be dialed, whose port
// may still be open.
func wrongAdvertise(addr string) string {
	if views.ValidAddr(withPort(addr, "1")) != nil {
		return "a host:port that others can dial"
	}
	return ""
}

// withPort completes an address whose port is missing or 0.
func withPort(addr, port string) string {
	host, given, err := net.SplitHostPort(addr)
	switch {
	case err != nil:
		return net.JoinHostPort(strings.Trim(addr, "[]"), port)
	case given == "" || given == "0":
		return net.JoinHostPort(host, port)
	}
	return addr
}

func unspecified(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "" || (ip != nil && ip.IsUnspecified())
}
