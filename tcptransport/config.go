// What can be set, the defaults, and what is wrong with a setting.

package tcptransport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// minQueue has room for the largest frame after a Ready.
const minQueue = 2*wire.HeaderLen + wire.MaxFrame

// Config says how a Transport behaves. Begin with [DefaultConfig].
type Config struct {
	// Cluster is the name that both sides of a connection must give: 1 to 64 of
	// A–Z a–z 0–9 - _. It keeps meshes apart that reach each other by mistake;
	// it is no secret. No default.
	Cluster string
	// Bind is the host:port to listen on. The host may be empty or unspecified,
	// for all addresses, and the port 0, for any. Default ":0". Not used when a
	// Listener is given.
	Bind string

	// DialTimeout limits a dial from the first frame queued until the peer has
	// answered the hello, waiting for a free place of MaxDials included.
	// Default 2 s, our choice: it leaves a third of the protocol's neighbor
	// deadline of 3 s for the answer.
	DialTimeout time.Duration
	// HelloTimeout limits how long an accepted connection may take to say who
	// it is, and how long a JOIN may take to be answered. Default 2 s, our
	// choice: the same as DialTimeout, as whoever dials has given up by then.
	HelloTimeout time.Duration
	// WriteTimeout limits a write that makes no progress; the link is then lost
	// with the reason Slow. Default 5 s, our choice: above the 3 s after which
	// a neighbor that says nothing is lost anyway.
	WriteTimeout time.Duration
	// Silence is how long a retained link may hear nothing before it is lost
	// with the reason Silent. Default 3 s, our choice: three heartbeats of 1 s.
	Silence time.Duration
	// Idle is how long a link that is not retained may carry nothing, either
	// way, before it is closed. Default 5 s, our choice: longer than any
	// exchange of the protocol, so that an answer finds its link still there.
	Idle time.Duration
	// Linger limits how long a link that is being closed may take to send what
	// was queued and to see the peer close too. Default 1 s, our choice.
	Linger time.Duration

	// QueueBytes limits what waits to be written on one link, in bytes of
	// encoded frames; a link that would exceed it is lost with the reason Slow.
	// At least one largest frame and a Ready. Default 256 KiB, our choice: some thousand
	// ordinary messages.
	QueueBytes int
	// ChannelHigh and ChannelLow are the water marks of what waits to be written on
	// the broadcast channel of one link, in bytes: who sends should stop above the
	// first and may go on below the second. Default 1 MiB and 512 KiB, our choice: a
	// millisecond of a fast network, and below what a node with five links misses.
	ChannelHigh, ChannelLow int
	// MaxCarried is the largest frame on a channel, in bytes. Default 1 MiB and 64
	// KiB, our choice: the largest payload of NATS, and its envelope.
	MaxCarried int
	// MaxInbound limits the links accepted from others. Default 256, our
	// choice: fifty times an active view of 5.
	MaxInbound int
	// MaxUnidentified limits the accepted connections that have not said who
	// they are yet, or that ask to join; more are closed at once. Default 64,
	// our choice.
	MaxUnidentified int
	// AcceptRate is how many connections a second are accepted, with bursts of a second's
	// worth; more are closed at once. Default 200, our choice: what a crowd that
	// joins needs, and a tenth of a processor with TLS.
	AcceptRate float64
	// MessageRate is how many messages a second one link may bring, with bursts of four
	// seconds' worth; one that brings more ends with the reason Misbehaved. Frames of a
	// channel do not count, they are held back instead. Default 500, our choice: a hundred
	// times what a node says.
	MessageRate float64
	// MaxDials limits the dials under way at once; more wait. Default 16, our
	// choice: above the few that a repair needs, below a port scanner's habits.
	MaxDials int
	// MaxDialing limits the links that are not up yet: being dialed, waiting for
	// a place of MaxDials, or expecting the peer's own dial. A Send that would
	// begin one more fails with [ErrBusy], so that peers which are not there cost
	// no more than that. Default 256, our choice: as many as MaxInbound, and
	// sixteen rounds of MaxDials.
	MaxDialing int
	// BadFrames is the number of malformed frames after which a connection is
	// closed, with the reason Misbehaved. Default 3, our choice.
	BadFrames int

	// TLS, when given, secures every connection: TLS 1.3, and both sides show a
	// certificate, whatever it says of versions and of ClientAuth. It needs a certificate,
	// and ClientCAs and RootCAs, those of the nodes. Unless ServerName is set, which host a
	// certificate names is not verified: nodes move, and VerifyPeer knows better. With
	// InsecureSkipVerify, VerifyConnection has to verify those who are dialed, and
	// GetConfigForClient may return other settings for each who dials; package identity
	// makes such settings.
	TLS *tls.Config
	// VerifyPeer decides whether the certificate of a connection, whose chain has been
	// verified, belongs to the peer that its hello claims to be. An error refuses the peer.
	// It is called by many goroutines at once. Default, with TLS: [identity.Check].
	VerifyPeer func(state tls.ConnectionState, peer *views.Peer) error
	// Admit, when given, decides who may be linked to, whoever dialed, and who may ask to
	// join: an error refuses the peer, which with TLS has proved its ID by then. It is
	// called by many goroutines at once, and should be quick.
	Admit func(peer *views.Peer) error
	// Dialer makes the outgoing connections. Default: a net.Dialer. It must
	// respect the context.
	Dialer func(ctx context.Context, network, addr string) (net.Conn, error)
	// Listener, when given, is accepted from instead of listening on Bind. The
	// Transport owns it then, and closes it.
	Listener net.Listener
	// Logger is told what an operator may want to know. Default: nothing is
	// logged.
	Logger zerolog.Logger
}

// DefaultConfig returns the defaults; only Cluster has to be set.
func DefaultConfig() Config {
	return Config{
		Bind:            ":0",
		DialTimeout:     2 * time.Second,
		HelloTimeout:    2 * time.Second,
		WriteTimeout:    5 * time.Second,
		Silence:         3 * time.Second,
		Idle:            5 * time.Second,
		Linger:          time.Second,
		QueueBytes:      256 << 10,
		ChannelHigh:     1 << 20,
		ChannelLow:      512 << 10,
		MaxCarried:      1<<20 + 64<<10,
		MaxInbound:      256,
		MaxUnidentified: 64,
		AcceptRate:      200,
		MessageRate:     500,
		MaxDials:        16,
		MaxDialing:      256,
		BadFrames:       3,
		Dialer:          new(net.Dialer).DialContext,
		Logger:          zerolog.Nop(),
	}
}

// Validate reports every fault at once, joined, each a [*ConfigError], and
// changes nothing.
func (c *Config) Validate() error {
	var faults []error
	require := func(ok bool, field, value, want string) {
		if !ok {
			faults = append(faults, &ConfigError{Field: field, Value: value, Want: want})
		}
	}
	require(views.ValidToken(c.Cluster), "Cluster", c.Cluster, "1 to 64 of A-Z a-z 0-9 - _")
	if c.Listener == nil {
		require(validBind(c.Bind), "Bind", c.Bind, "host:port")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"DialTimeout", c.DialTimeout},
		{"HelloTimeout", c.HelloTimeout},
		{"WriteTimeout", c.WriteTimeout},
		{"Silence", c.Silence},
		{"Idle", c.Idle},
		{"Linger", c.Linger},
	} {
		require(d.value > 0, d.field, d.value.String(), "a duration above 0")
	}
	for _, n := range []struct {
		field       string
		value, from int
	}{
		{"QueueBytes", c.QueueBytes, minQueue},
		{"ChannelHigh", c.ChannelHigh, c.ChannelLow},
		{"ChannelLow", c.ChannelLow, 1},
		{"MaxCarried", c.MaxCarried, wire.HeaderLen},
		{"MaxInbound", c.MaxInbound, 1},
		{"MaxUnidentified", c.MaxUnidentified, 1},
		{"MaxDials", c.MaxDials, 1},
		{"MaxDialing", c.MaxDialing, 1},
		{"BadFrames", c.BadFrames, 1},
	} {
		require(n.value >= n.from, n.field, strconv.Itoa(n.value), "at least "+strconv.Itoa(n.from))
	}
	for _, r := range []struct {
		field string
		value float64
	}{{"AcceptRate", c.AcceptRate}, {"MessageRate", c.MessageRate}} {
		require(r.value > 0 && r.value <= 1e9, r.field, strconv.FormatFloat(r.value, 'g', -1, 64), "a rate a second above 0")
	}
	if c.TLS != nil {
		got, want := wrongTLS(c.TLS)
		require(want == "", "TLS", got, want)
	}
	require(c.VerifyPeer == nil || c.TLS != nil, "VerifyPeer", "set", "TLS to be set too")
	require(c.Dialer != nil, "Dialer", "nil", "a function")
	return errors.Join(faults...)
}

func validBind(bind string) bool {
	_, port, err := net.SplitHostPort(bind)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
