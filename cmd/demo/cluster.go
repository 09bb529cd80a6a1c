// The command cluster: many nodes in this process.

package main

import (
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/linker"
)

const clusterLong = `Starts nodes in this process, lets them find each other, and shows what becomes of them.

With --links connections each node has a NATS server of its own, as a service that embeds
one, and keeps NATS connections to its neighbors' servers only; the nodes meet on one more
server, which plays the NATS you already have. With --links subscriptions there is that one
server only, and each node subscribes to what its neighbors say. With none there are no
NATS links, only the mesh.

Once the overlay has settled (one component, symmetric views, every link up), --kill ends
that fraction of the nodes at one moment as a crash would, and --leave lets that fraction
leave gracefully. --seed decides who; the same seed chooses the same nodes.

With --tls every node gets a certificate with its name; the links between nodes are encrypted,
and nobody without such a certificate gets one.

With --churn D, every D one node that does not publish, drawn anew each time, is killed and
started again as a new life of it, until the run ends.

With --publish, the first --publishers nodes publish messages from then on until the end of
the run, through the kill and the leaving, and all nodes subscribe. The nodes that live
throughout must get every message once and in order; of a publisher that does not, every one that any
of them has got.

With --bridge each node has a NATS server of its own, whose plain clients talk to those of
all others: a client at any of the addresses that are logged may subscribe, publish, ask. When the overlay has settled, clients try
it, and must get every message once, one member of a queue group each request, and "no
responders" where there is nobody.

On a terminal a live table is drawn until Ctrl-C. Elsewhere, and with --json, log lines go
to stderr, and the run ends 2 s after the overlay has settled, or has settled again after
--kill and --leave. With --for D it ends D after it has settled for the first time, settled
again or not. Where no table is drawn, a run that has not settled after a minute fails.

On a terminal a page shows the mesh too, at the address in the table: nodes, neighbors, links, trees, and
messages on their way. It has controls to kill nodes, to pause and restart them, to let them leave, to cut
the network, to add nodes and to publish. Elsewhere --dashboard serves it. Of a run in which
somebody has done so the overlay is not judged, and messages at the nodes that were left alone.
--record writes what happens to a file, which 'demo watch --replay' plays.

At the end it prints a summary, or with --json one JSON object as the last thing on stdout,
and fails unless the survivors are one component with symmetric views and all links up, and
have got every message. Percentiles in it are by nearest rank, over all neighbors of killed
nodes, and over all deliveries.`

const clusterExample = `  demo cluster                             16 nodes, a live table, until Ctrl-C
  demo cluster --nodes 32 --kill 0.5 --for 10s
  demo cluster --links subscriptions --leave 0.25
  demo cluster --nodes 50 --kill 0.9 --json | jq .repair
  demo cluster --nodes 32 --links none --publish 2000 --publishers 4 --kill 0.5 --for 10s
  demo cluster --nodes 32 --links none --publish 300 --publishers 3 --churn 1s --for 60s
  demo cluster --bridge --links none --for 10s
  demo cluster --links none --publish max --for 5s --json | jq .broadcast`

// clusterOptions are the flags of the command.
type clusterOptions struct {
	nodes       int
	links       string
	kill, leave float64
	churn       time.Duration // between two restarts; 0 is none
	runFor      time.Duration
	publish     int // messages a second, or fastest
	size        int
	publishers  int
	bridge, tls bool
	zones       int
	seed        uint64
	json        bool
	dashboard   string // where, boardAuto or boardOff
	record      string // a file, or empty
}

func newCluster(std stdio, logs *logOptions) *cobra.Command {
	o := &clusterOptions{nodes: 16, links: linker.Connections.String(), size: 128, publishers: 1, seed: 1, dashboard: boardAuto}
	cmd := &cobra.Command{
		Use: "cluster", Short: "Run a whole cluster in this process",
		Long: clusterLong, Example: clusterExample, Args: noArgs,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.nodes, "nodes", "n", count(1, 1000), "how many nodes to start")
	define(flags, &o.links, "links", "", linkModes(), "NATS links to keep to neighbors")
	define(flags, &o.kill, "kill", "", fraction(), "the fraction of the nodes to kill at once")
	define(flags, &o.leave, "leave", "", fraction(), "the fraction of the nodes that leave")
	define(flags, &o.churn, "churn", "", duration(), "kill a random node and start it again, each time after so long")
	define(flags, &o.runFor, "for", "", duration(), "how long to go on after it has settled; default: until Ctrl-C on a terminal, else 2s")
	define(flags, &o.publish, "publish", "", rate(), "messages to publish a second, by all publishers together; max is as fast as it goes")
	define(flags, &o.size, "size", "", count(leastSize, mostSize), "the bytes of each")
	define(flags, &o.publishers, "publishers", "", count(1, 1000), "how many nodes publish")
	define(flags, &o.bridge, "bridge", "", yesNo(), "join the nodes' own NATS servers, and try that with plain clients")
	define(flags, &o.tls, "tls", "", yesNo(), "secure the links by certificates, made for the moment")
	define(flags, &o.zones, "zones", "", count(1, 1000), "in how many zones the nodes are; each keeps three of five neighbors in its own")
	define(flags, &o.seed, "seed", "", seedNumber(), "chooses who is killed and who leaves")
	define(flags, &o.json, "json", "j", yesNo(), "report as JSON")
	define(flags, &o.dashboard, "dashboard", "", boardAddr(), "where to serve a page that shows the mesh, with controls; auto is "+usualBoard+" or another port, beside the table only")
	define(flags, &o.record, "record", "", anyText("file"), "write what happens to a file that 'demo watch --replay' plays")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(); err != nil {
			return err
		}
		return runCluster(cmd.Context(), o, std, logs)
	}
	return cmd
}

// mostSize is the largest payload that fits the default limit.
const mostSize = 1 << 20

// complete refuses what contradicts itself.
func (o *clusterOptions) complete() error {
	if o.churn > 0 && o.publishers >= o.nodes {
		return refuse("churn", o.churn.String(), "a node besides the publishers")
	}
	if o.publishers > o.nodes {
		return refuse("publishers", fmt.Sprint(o.publishers), fmt.Sprintf("at most all of the %d nodes", o.nodes))
	}
	if killed, left := o.victims(); killed+left >= o.nodes && killed+left > 0 {
		return refuse("leave", fmt.Sprint(o.leave),
			fmt.Sprintf("at least one of %d nodes to remain, with --kill %v", o.nodes, o.kill))
	}
	return nil
}

// victims returns how many nodes are killed and how many leave: the fraction of
// all, rounded, and at least one when it is not 0.
func (o *clusterOptions) victims() (killed, left int) {
	number := func(fraction float64) int {
		if fraction == 0 {
			return 0
		}
		return max(1, int(math.Round(fraction*float64(o.nodes))))
	}
	return number(o.kill), number(o.leave)
}
