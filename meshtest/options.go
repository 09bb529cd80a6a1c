// What a mesh can be told before it starts.

package meshtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natsbridge"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Option changes the mesh that [Run] or [Start] makes.
type Option func(*settings)

type settings struct {
	nodes     int
	shared    bool
	links     linker.Mode
	seed      uint64
	log       zerolog.Logger
	cluster   string
	quick     bool
	secure    bool
	bridge    bool
	bridged   []func(i int, cfg *natsbridge.Config)
	configure []func(i int, cfg *kith.Config)
	options   []func(i int) []kith.Option
	quiet     time.Duration
	within    time.Duration
}

func newSettings(opts []Option) settings {
	s := settings{
		nodes:   5,
		seed:    1,
		log:     zerolog.Nop(),
		cluster: "meshtest",
		quiet:   250 * time.Millisecond,
		within:  time.Minute,
	}
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// ErrOptions is matched by the error of [Start] for options that make no mesh.
var ErrOptions = errors.New("meshtest: invalid options")

func (s *settings) validate() error {
	switch {
	case s.nodes < 1:
		return fmt.Errorf("%w: %d nodes", ErrOptions, s.nodes)
	case !views.ValidToken(s.cluster):
		return fmt.Errorf("%w: cluster %q", ErrOptions, s.cluster)
	case s.links == linker.Connections && s.shared:
		return fmt.Errorf("%w: links of mode %s need a server per node", ErrOptions, s.links)
	case s.bridge && s.shared:
		return fmt.Errorf("%w: bridges need a server per node", ErrOptions)
	}
	return nil
}

// Nodes is the number of nodes that are started. Default: 5.
func Nodes(n int) Option { return func(s *settings) { s.nodes = n } }

// SharedServer makes one NATS server serve all nodes. By default every node has
// one of its own, besides the one where they meet.
func SharedServer() Option { return func(s *settings) { s.shared = true } }

// Links makes the nodes keep NATS links to their neighbors: see [kith.WithLinks].
// Those of mode Subscriptions use the server where the nodes meet. Default: none.
func Links(mode linker.Mode) Option { return func(s *settings) { s.links = mode } }

// TLS gives every node a certificate with its name, from an authority of the mesh, so that the
// links between them are secured: see package identity.
func TLS() Option { return func(s *settings) { s.secure = true } }

// Bridges joins the servers of the nodes by bridges, so that plain NATS clients of any
// of them reach those of all: see package natsbridge and [Node.Bridge]. Each function is called for every start of a node, and
// may change everything but URL.
func Bridges(change ...func(i int, cfg *natsbridge.Config)) Option {
	return func(s *settings) { s.bridge, s.bridged = true, append(s.bridged, change...) }
}

// Seed changes the random choices of all nodes. They are repeatable for each
// node; what arrives first in a real network is not. Default: 1.
func Seed(seed uint64) Option { return func(s *settings) { s.seed = seed } }

// Logger gets the logs of all nodes and servers. Default: nothing is logged.
func Logger(log zerolog.Logger) Option { return func(s *settings) { s.log = log } }

// Cluster names the mesh. Default: meshtest.
func Cluster(name string) Option { return func(s *settings) { s.cluster = name } }

// Configure is called for every start of a node, also a second one, with all
// defaults filled in, and may change everything but who the node is: Cluster, ID
// and the addresses.
func Configure(f func(i int, cfg *kith.Config)) Option {
	return func(s *settings) { s.configure = append(s.configure, f) }
}

// NodeOptions gives the nodes further collaborators. It is called for every start
// of a node.
func NodeOptions(f func(i int) []kith.Option) Option {
	return func(s *settings) { s.options = append(s.options, f) }
}

// Quiet is how long nothing may have changed before a mesh counts as settled.
// Default: 250 ms.
func Quiet(d time.Duration) Option { return func(s *settings) { s.quiet = d } }

// Within bounds how long [Run] waits for the mesh. Default: 1 min.
func Within(d time.Duration) Option { return func(s *settings) { s.within = d } }

// Quick shortens the periods and deadlines of the nodes to about a fifth, so that
// tests of silence, of retries and of a healed network take seconds. On a machine
// that is so busy that nodes get no turn for a second they lose each other.
func Quick() Option { return func(s *settings) { s.quick = true } }

// config returns the configuration of one start of node i.
func (s *settings) config(i int, id, url string) kith.Config {
	cfg := kith.Config{
		Membership:  membership.DefaultConfig(),
		Transport:   tcptransport.DefaultConfig(),
		JoinTimeout: 2 * time.Second,
	}
	if s.quick {
		hurry(&cfg)
	}
	cfg.NATS = url
	for _, f := range s.configure {
		f(i, &cfg)
	}
	cfg.Cluster, cfg.ID, cfg.Bind, cfg.Advertise = s.cluster, id, "", ""
	return cfg
}

func hurry(cfg *kith.Config) {
	cfg.JoinTimeout = time.Second
	m, t := &cfg.Membership, &cfg.Transport
	m.HeartbeatInterval = 200 * time.Millisecond
	m.NeighborTimeout = 1500 * time.Millisecond
	m.Grace = 400 * time.Millisecond
	m.ShuffleInterval, m.ShuffleFast = 2*time.Second, 400*time.Millisecond
	m.RefillMin, m.RefillMax = 50*time.Millisecond, time.Second
	m.CoolDown, m.SlowCoolDown = 500*time.Millisecond, 5*time.Second
	m.JoinMin, m.JoinMax = 100*time.Millisecond, 2*time.Second
	m.EvictRate, m.HighInterval = 2, time.Second
	m.ProbeMin, m.ProbeMax = 300*time.Millisecond, time.Second
	m.TombstoneFor = 5 * time.Second
	t.DialTimeout, t.HelloTimeout = time.Second, time.Second
	t.Silence, t.Idle, t.Linger = time.Second, 2*time.Second, 500*time.Millisecond
}
