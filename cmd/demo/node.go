// The command node: one node in one process.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natsbridge"
)

// leaveTimeout bounds a graceful end.
const leaveTimeout = 10 * time.Second

const nodeLong = `Starts one node and keeps it running until SIGINT or SIGTERM, which make it leave
gracefully: its neighbors are told. A second signal ends the process at once.

Without --server and --contact, nodes of one machine find each other: the first finds
nobody at ` + localNATS + ` and starts a NATS server there; the others join through it.
Each has a NATS server of its own then, as with --embed. When that first node ends, the
mesh of the others goes on. Nobody can join it just then, but the next 'demo node' takes
the port over; the others come back to it within seconds, and it finds them.

With --server, nodes meet on subjects of that NATS, and with --contact they ask another
node's TCP address; either may be given, or both. A server that cannot be reached at the
start ends the command; one that goes away later does not, and joining waits for it.

What happens is logged to stderr: neighbor_up, neighbor_down with the reason, link_state,
message for everything that 'demo pub' and 'demo send' say, and so on. As soon as the node listens, which is before it has joined, one line with the
message "ready" tells its id, addr (TCP) and, when it has a NATS server of its own, nats
(its client URL), and with --metrics where those are; it is written at every --log-level but off.

With --bridge plain NATS clients of the node's own server talk to those of all other nodes
that have one: publish and subscribe, request and reply, queue groups.

With --metrics the node answers HTTP: /metrics is for Prometheus, /healthz is 200 while the node
runs, and /readyz is 200 while it has a neighbor or knows that it is the first, else 503 with the
reason. Whoever can reach that address can read all this: ":9100" means this machine alone.

Without --cert a node listens beyond this machine only with --insecure. With --cert, --key
and --ca, which 'demo certs' makes, both sides of every link show who they are, and everything
is encrypted. The node's own NATS server takes anybody who can reach it all the same.`

const nodeExample = `  demo node                                      in two terminals: they are neighbors
  demo node --bridge                             the address for NATS clients is in the line "ready"
  demo node --server nats://nats:4222 --cluster orders --embed
  demo node --id a --listen 0.0.0.0:7000 --advertise 10.0.0.7 --contact 10.0.0.8:7000 \
            --cert certs/a.pem --key certs/a-key.pem --ca certs/ca.pem
  demo node --id a --state a.json                remembers its peers for the next start`

// nodeOptions are the flags of the command.
type nodeOptions struct {
	nats              natsOptions
	secure            secureOptions
	id, cluster       string
	listen, advertise string
	contacts          []string
	state             string
	embed, bridge     bool
	natsListen        string
	links             string
	subscribe         string
	zone              string
	zoneShare         float64
	metrics           string // where to serve them; empty for nowhere
	local             string // the NATS URL where nodes look that are told of none
}

// defaultCluster is the mesh of whoever names none.
const defaultCluster = "demo"

func newNode(std stdio, logs *logOptions) *cobra.Command {
	o := &nodeOptions{cluster: defaultCluster, listen: "127.0.0.1:0", subscribe: ">", local: localNATS}
	cmd := &cobra.Command{
		Use: "node", Short: "Run one node, for many terminals or machines",
		Long: nodeLong, Example: nodeExample, Args: noArgs,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	o.bind(flags)
	define(flags, &o.zone, "zone", "", anyText("zone"), "the zone the node is in, such as a data center")
	define(flags, &o.zoneShare, "zone-share", "", fraction(), "the fraction of its neighbors that should be of its own zone")
	define(flags, &o.state, "state", "", anyText("file"), "where to remember the node's peers for the next start")
	define(flags, &o.embed, "embed", "", yesNo(), "start a NATS server of the node's own")
	define(flags, &o.bridge, "bridge", "", yesNo(), "join that server to those of the other nodes, for plain NATS clients; implies --embed")
	define(flags, &o.natsListen, "nats-listen", "", listenAddr(), "where that server listens; default: a free port at the host of --listen; implies --embed")
	define(flags, &o.links, "links", "", linkModes(), "NATS links to keep to neighbors; default: connections with --embed, else none")
	define(flags, &o.subscribe, "subscribe", "", subjectPattern(), "log the messages on this subject")
	define(flags, &o.metrics, "metrics", "", listenAddr(), "serve /metrics, /healthz and /readyz here, on this machine alone unless a host is given; default: not at all")
	o.nats.bind(flags, "NATS on which nodes meet; default: "+localNATS+", started when nobody is there")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.bridge || flags.Changed("nats-listen") {
			o.embed = true
		}
		return runNode(cmd.Context(), o, logs.logger(std.err, std.env))
	}
	return cmd
}

// bind defines the flags of every command that is a node.
func (o *nodeOptions) bind(flags *pflag.FlagSet) {
	define(flags, &o.id, "id", "", token("id"), "the node's name, unique in its cluster; default: host name and a random suffix")
	define(flags, &o.cluster, "cluster", "", token("name"), "the mesh to be in")
	define(flags, &o.listen, "listen", "", listenAddr(), "where to listen for other nodes; port 0 is any free one")
	define(flags, &o.advertise, "advertise", "", advertiseAddr(), "what others dial, when that is not --listen")
	o.secure.bind(flags)
	define(flags, &o.contacts, "contact", "", dialAddrs(&o.contacts), "address of another node to ask; may be repeated, or have commas")
}

// complete fills in what follows from other flags, and refuses what contradicts
// itself.
func (o *nodeOptions) complete() error {
	if o.nats.server == "" && len(o.contacts) == 0 {
		o.embed = true
	}
	if o.links == "" {
		o.links = linksNone
		if o.embed {
			o.links = linker.Connections.String()
		}
	}
	if o.natsListen == "" {
		host, _, _ := net.SplitHostPort(o.listen) // the flag takes nothing else
		o.natsListen = net.JoinHostPort(host, "0")
	}
	var faults []error
	if o.links == linker.Connections.String() && !o.embed {
		faults = append(faults, refuse("links", o.links, "--embed with it, as neighbors connect to the node's own server"))
	}
	if o.links == linker.Subscriptions.String() && o.nats.server == "" {
		faults = append(faults, refuse("links", o.links, "--server with it, a NATS that all nodes share"))
	}
	return errors.Join(append(faults, o.dialable())...)
}

// dialable refuses a node that others could not dial.
func (o *nodeOptions) dialable() error {
	if o.advertise == "" && unspecified(o.listen) {
		return refuse("advertise", "", "the host:port that others dial, since --listen is "+o.listen)
	}
	return nil
}

// host is where others reach this node, empty when that is not known yet.
func (o *nodeOptions) host() string {
	if o.advertise == "" {
		if unspecified(o.listen) {
			return ""
		}
		host, _, _ := net.SplitHostPort(o.listen)
		return host
	}
	if host, _, err := net.SplitHostPort(o.advertise); err == nil {
		return host
	}
	return o.advertise
}

// config is the node's configuration.
func (o *nodeOptions) config(h *home) kith.Config {
	protocol := membership.DefaultConfig()
	protocol.ZoneShare = o.zoneShare
	return kith.Config{
		Zone: o.zone, Membership: protocol,
		Cluster: o.cluster, ID: o.id, Bind: o.listen, Advertise: o.advertise,
		NATS: h.url, Contacts: o.contacts, StateFile: o.state, Insecure: o.secure.insecure,
	}
}

// runNode runs the node until a signal.
func runNode(ctx context.Context, o *nodeOptions, log zerolog.Logger) error {
	if err := o.complete(); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, func() {})
	defer stop()
	var h home
	defer h.close()
	if err := h.open(ctx, o, log); err != nil {
		return err
	}
	node, err := o.start(ctx, &h, log)
	if err != nil {
		return err
	}
	bridge, watched, err := o.equip(ctx, node, &h, log)
	if err != nil {
		node.Stop()
		return err
	}
	ready(log, node, h.url, watched)

	<-ctx.Done()
	log.Info().Msg("leaving")
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if bridge != nil {
		err = bridge.Close(leaving)
	}
	err = errors.Join(err, node.Leave(leaving))
	if watched != nil {
		err = errors.Join(err, watched.close(leaving))
	}
	return err
}

// equip gives the node what the flags ask for besides. Of bridge and monitor either may be nil.
func (o *nodeOptions) equip(ctx context.Context, node *kith.Node, h *home, log zerolog.Logger) (*natsbridge.Bridge, *monitor, error) {
	if _, err := node.Subscribe(o.subscribe, func(m *kith.Message) { logMessage(log, m) }); err != nil {
		if bad, ok := errors.AsType[*kith.SubjectError](err); ok {
			return nil, nil, refuse("subscribe", bad.Subject, bad.Want)
		}
		return nil, nil, err
	}
	var bridge *natsbridge.Bridge
	if o.bridge {
		var err error
		if bridge, err = natsbridge.Start(node, natsbridge.Config{URL: h.server.LeafURL(), Logger: log}); err != nil { //nolint:contextcheck // a bridge outlives its start
			return nil, nil, err
		}
	}
	if o.metrics == "" {
		return bridge, nil, nil
	}
	watched, err := startMonitor(ctx, o.metrics, node, bridge, log)
	return bridge, watched, err
}

// start starts the node itself.
func (o *nodeOptions) start(ctx context.Context, h *home, log zerolog.Logger) (*kith.Node, error) {
	secured, err := o.secure.options(log)
	if err != nil {
		return nil, err
	}
	node, err := kith.Start(ctx, o.config(h), append(o.collaborators(h, log), secured...)...)
	if err != nil {
		return nil, o.startError(err)
	}
	return node, nil
}

// ready tells who the node is and where it is found.
func ready(log zerolog.Logger, node *kith.Node, nats string, watched *monitor) {
	self := node.Self()
	// Whoever waits for the line gets it at any level.
	log = log.Level(min(log.GetLevel(), zerolog.InfoLevel))
	line := log.Info().Str("id", self.ID).Str("addr", self.Addr)
	if nats != "" {
		line = line.Str("nats", nats)
	}
	if watched != nil {
		line = line.Str("metrics", watched.addr)
	}
	line.Str("cluster", node.Cluster()).Msg("ready")
}

// logMessage logs a message, and of a long one the beginning.
func logMessage(log zerolog.Logger, m *kith.Message) {
	const most = 200
	log.Info().Str("subject", m.Subject).Str("from", m.Origin).Int("hops", m.Hops).Bool("direct", m.Direct).
		Int("bytes", len(m.Data)).Bytes("data", m.Data[:min(len(m.Data), most)]).Msg("message")
}

// collaborators are the options that follow from the flags.
func (o *nodeOptions) collaborators(h *home, log zerolog.Logger) []kith.Option {
	opts := []kith.Option{kith.WithLogger(log)}
	if h.meeting != nil {
		opts = append(opts, kith.WithNATS(h.meeting))
	}
	switch mode := linkMode(o.links); mode {
	case linker.Connections:
		opts = append(opts, kith.WithLinks(mode, h.own))
	case linker.Subscriptions:
		opts = append(opts, kith.WithLinks(mode, h.meeting))
	}
	return opts
}

// startError tells which flag a fault of the configuration is about.
func (o *nodeOptions) startError(err error) error {
	if state, ok := errors.AsType[*kith.StateError](err); ok {
		want := state.Want
		if state.Err != nil {
			want += ": " + state.Err.Error()
		}
		return refuse("state", state.Path, want)
	}
	if network, ok := errors.AsType[*net.OpError](err); ok && network.Op == "listen" {
		return fmt.Errorf("--listen is %q, want a free port of this machine: %w", o.listen, err)
	}
	config, ok := errors.AsType[*kith.ConfigError](err)
	if !ok {
		return err
	}
	flag, ok := map[string]string{
		"Cluster": "cluster", "ID": "id", "Bind": "listen", "Advertise": "advertise",
		"NATS": "nats-listen", "StateFile": "state", "Insecure": "insecure",
	}[config.Field]
	if !ok {
		return err
	}
	if flag == "insecure" {
		return refuse("listen", o.listen, "an address that only this machine can reach; or --cert, --key and --ca; or --insecure")
	}
	return refuse(flag, config.Value, config.Want)
}
