// What can be set, the defaults, and what is wrong with a setting.

package leafnode

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Defaults of a [Config], our choices. Pings are sent often enough to notice a
// server that is gone within a minute; the bytes that may wait are a tenth of a second of
// a fast loopback; reconnecting begins quickly, as servers restart quickly, and
// ends at a pace that bothers nobody.
const (
	DefaultName         = "kith"
	DefaultTimeout      = 5 * time.Second
	DefaultPendingBytes = 16 << 20
	DefaultPingInterval = 20 * time.Second
	DefaultReconnectMin = 100 * time.Millisecond
	DefaultReconnectMax = 5 * time.Second
	// DefaultMaxMessage is what nats-server warns about when a larger max_payload
	// is set; it takes up to 64 MiB.
	DefaultMaxMessage  = 8 << 20
	DefaultMaxInterest = 1 << 20
	// DefaultPort is where nats-server listens for leaf nodes.
	DefaultPort = 7422
)

// firstMaxPayload is the largest message before the server has said what its
// largest is.
const firstMaxPayload = 1 << 20

// Config says where to attach and how. URL, Cluster and Handler have no default.
type Config struct {
	// URL is nats-leaf://, nats:// or tls:// with [user[:password]@]host[:port]. A
	// user without a password is a token, as with NATS. With tls the server has to
	// offer TLS; otherwise it is used when the server wants it.
	URL string
	// Name is shown by the server's /leafz. It has no spaces. Default "kith".
	Name string
	// Cluster is the name under which the server knows where our messages come
	// from: it passes them on to no other leaf node of the same name. It has no
	// spaces and differs from the name of the server's own cluster.
	Cluster string
	// TLS is used when the connection is encrypted. The server name is that of the
	// URL unless TLS has one. nil: the system's defaults.
	TLS *tls.Config
	// Credentials is the path of a file with a user JWT and its seed, and NkeySeed
	// of one with a seed alone; at most one is given. It is read again for each
	// connection.
	Credentials string
	NkeySeed    string
	// Dialer makes the connections. Default: that of the net package.
	Dialer func(ctx context.Context, network, addr string) (net.Conn, error)
	// Timeout limits a connection attempt, from dialing until the server has
	// accepted who we are. Default 5 s.
	Timeout time.Duration
	// PendingBytes limits what waits to be written. Default 16 MiB. Buffers of up to twice
	// as much are kept while it is needed.
	PendingBytes int
	// PingInterval is the time between pings; two without anything heard since end the
	// connection. Also, a write that makes no progress for two intervals does.
	// Default 20 s.
	PingInterval time.Duration
	// ReconnectMin and ReconnectMax are the shortest and the longest time between
	// two attempts, of which a random half is waited at least. What the server
	// refused is tried again after the longest. Defaults 100 ms and 5 s.
	ReconnectMin, ReconnectMax time.Duration
	// MaxMessage is the largest message taken from the server, in bytes, whatever
	// the server's own limit; a larger one ends the connection. Default 8 MiB: raise
	// it for a server whose max_payload is larger.
	MaxMessage int
	// MaxInterest limits the subscriptions that the server may tell of; more end
	// the connection. Default 1,048,576.
	MaxInterest int
	// Logger is told of connections and their ends. The zero value is silent.
	Logger zerolog.Logger
	// Handler is told everything else.
	Handler Handler
}

// Handler is told what happens. All of its methods are called from one goroutine,
// in order, and hold up the connection while they run. They may call the methods of Conn,
// except Close.
type Handler interface {
	// Up: there is a connection. What was known of the server's interest is void,
	// all of it follows.
	Up(Server)
	// Interest: weight clients of the server subscribe to the subject as members of the
	// queue group, or, with the weight 1 and no queue group, any number of clients. No longer,
	// with the weight 0. Among the subjects are those by which servers talk to
	// each other, such as $LDS. and $SYS., and there may be changes without a
	// change.
	Interest(subject, queue string, weight int)
	// Synced: all interest that the server had when the connection began has been told.
	Synced()
	// Message: a client of the server said something that we subscribe to. What m refers to is
	// used again afterwards.
	Message(m *Message)
	// Pause: all that has been read has been told, and there may be nothing more for
	// a while.
	Pause()
	// Down: the connection has ended, or there is none after an attempt.
	Down(error)
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	setDefault(&c.Name, DefaultName)
	setDefault(&c.Timeout, DefaultTimeout)
	setDefault(&c.PendingBytes, DefaultPendingBytes)
	setDefault(&c.PingInterval, DefaultPingInterval)
	setDefault(&c.ReconnectMin, DefaultReconnectMin)
	setDefault(&c.ReconnectMax, max(DefaultReconnectMax, c.ReconnectMin))
	setDefault(&c.MaxMessage, DefaultMaxMessage)
	setDefault(&c.MaxInterest, DefaultMaxInterest)
	if c.Dialer == nil {
		c.Dialer = new(net.Dialer).DialContext
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports, joined, every fault.
func (c *Config) Validate() error {
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
	}
	if _, err := parseURL(c.URL); err != nil {
		faults = append(faults, err)
	}
	if strings.ContainsAny(c.Name, " \t\r\n") {
		fault("Name", c.Name, "a name without spaces")
	}
	if c.Cluster == "" || strings.ContainsAny(c.Cluster, " \t\r\n") {
		fault("Cluster", c.Cluster, "a name without spaces")
	}
	if c.Credentials != "" && c.NkeySeed != "" {
		fault("NkeySeed", c.NkeySeed, "none beside Credentials")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Timeout", c.Timeout},
		{"PingInterval", c.PingInterval},
		{"ReconnectMin", c.ReconnectMin},
		{"ReconnectMax", c.ReconnectMax},
	} {
		if d.value < 0 {
			fault(d.field, d.value.String(), "more than 0")
		}
	}
	if c.ReconnectMax > 0 && c.ReconnectMax < c.ReconnectMin {
		fault("ReconnectMax", c.ReconnectMax.String(), "at least ReconnectMin")
	}
	for _, n := range []struct {
		field string
		value int
	}{
		{"PendingBytes", c.PendingBytes},
		{"MaxMessage", c.MaxMessage},
		{"MaxInterest", c.MaxInterest},
	} {
		if n.value < 0 {
			fault(n.field, strconv.Itoa(n.value), "more than 0")
		}
	}
	if c.Handler == nil {
		fault("Handler", "nil", "one")
	}
	return errors.Join(faults...)
}

// target is what a URL says.
type target struct {
	addr, host            string
	secure                bool
	user, password, token string
}

// parseURL reads the URL. Its errors do not show it, as it may hold a password.
func parseURL(raw string) (target, error) {
	fault := func(value, want string) (target, error) {
		return target{}, &ConfigError{Field: "URL", Value: value, Want: want}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return fault("…", "a URL such as nats-leaf://127.0.0.1:7422")
	}
	var t target
	switch u.Scheme {
	case "nats-leaf", "nats":
	case "tls":
		t.secure = true
	default:
		return fault(u.Redacted(), "the scheme nats-leaf, nats or tls")
	}
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return fault(u.Redacted(), "a host, a port, and nothing after them")
	}
	t.host = u.Hostname()
	port := u.Port()
	if port == "" {
		port = strconv.Itoa(DefaultPort)
	}
	t.addr = net.JoinHostPort(t.host, port)
	if u.User != nil {
		var both bool
		t.user = u.User.Username()
		if t.password, both = u.User.Password(); !both {
			t.token = t.user
		}
	}
	return t, nil
}
