// What the collectors of a real mesh export.

package metrics_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/metrics"
	"github.com/kithmesh/kith/tcptransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// register returns a registry with everything of the nodes.
func register(t *testing.T, nodes ...*meshtest.Node) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, n := range nodes {
		registry.MustRegister(metrics.New(n.Node), metrics.NewBridge(n.Node, n.Bridge()))
	}
	return registry
}

func gather(t *testing.T, registry *prometheus.Registry) map[string]*dto.MetricFamily {
	t.Helper()
	all, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	families := make(map[string]*dto.MetricFamily, len(all))
	for _, f := range all {
		families[f.GetName()] = f
	}
	return families
}

// value of the metric with that label value besides cluster and node, or without one.
func value(t *testing.T, f *dto.MetricFamily, label string) float64 {
	t.Helper()
	for _, m := range f.GetMetric() {
		if label == "" || slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == label }) {
			// Of these it has one, and the others are 0.
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	t.Fatalf("%s has no %q", f.GetName(), label)
	return 0
}

// gathered are "metric label value" of all that the nodes of a small mesh export.
func gathered(t *testing.T) map[string]bool {
	t.Helper()
	mesh := meshtest.Run(t, meshtest.Nodes(2), meshtest.Quick(), meshtest.Bridges())
	values := make(map[string]bool)
	for name, f := range gather(t, register(t, mesh.Nodes()...)) {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				values[name+" "+l.GetName()+" "+l.GetValue()] = true
			}
		}
	}
	return values
}

func TestMesh(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(8), meshtest.Quick(), meshtest.Links(linker.Connections), meshtest.Bridges())
	var heard sync.WaitGroup
	for _, n := range mesh.Nodes() {
		heard.Add(1)
		if _, err := n.Subscribe("greetings", func(*kith.Message) { heard.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	if err := mesh.Node(0).Publish(t.Context(), "greetings", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	heard.Wait()
	victim := mesh.Node(7).Self().ID
	views := make(map[*meshtest.Node][]string)
	for _, n := range mesh.Nodes() {
		views[n] = ids(n)
	}
	mesh.Kill(7)
	if err := mesh.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}

	t.Run("AllAreThere", func(t *testing.T) { allAreThere(t, register(t, mesh.Alive()...)) })
	repaired := 0
	for _, n := range mesh.Alive() {
		families := gather(t, register(t, n))
		valuesOf(t, n, families)
		wanted := n.Stats().ActiveSize
		if !slices.Contains(views[n], victim) {
			continue
		}
		if downs := value(t, families["kith_neighbor_downs_total"], "closed"); downs < 1 {
			t.Errorf("%s lost %s and counts %v neighbors as closed", n.Self().ID, victim, downs)
		}
		if len(views[n]) == wanted && len(ids(n)) == wanted {
			repaired++
			if value(t, families["kith_repair_seconds"], "") < 1 {
				t.Errorf("%s was full, lost %s, is full again, and counts no repair", n.Self().ID, victim)
			}
		}
	}
	if repaired == 0 {
		t.Error("no view was repaired")
	}
}

func ids(n *meshtest.Node) []string {
	var all []string
	for _, p := range n.Neighbors() {
		all = append(all, p.ID)
	}
	return all
}

// allAreThere holds what is exported by several nodes together against the tables.
func allAreThere(t *testing.T, registry *prometheus.Registry) {
	families := gather(t, registry)
	for _, r := range metrics.Rows() {
		f := families[r.Name]
		if f == nil {
			t.Errorf("%s is not exported", r.Name)
			continue
		}
		if got := strings.ToLower(f.GetType().String()); got != r.Kind || f.GetHelp() != r.Help {
			t.Errorf("%s is a %s, %q", r.Name, got, f.GetHelp())
		}
		delete(families, r.Name)
	}
	for name := range families {
		t.Errorf("%s is in no table", name)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// valuesOf compares some values with what the node says itself.
func valuesOf(t *testing.T, n *meshtest.Node, families map[string]*dto.MetricFamily) {
	t.Helper()
	for name, want := range map[string]float64{
		"kith_neighbors":        float64(len(n.Neighbors())),
		"kith_neighbors_wanted": 5,
		"kith_isolated":         0,
		"kith_incarnation":      float64(n.Self().Incarnation),
		"kith_join_failing":     0,
	} {
		if got := value(t, families[name], ""); got != want {
			t.Errorf("%s of %s is %v, want %v", name, n.Self().ID, got, want)
		}
	}
	if got := value(t, families["kith_messages_delivered_total"], ""); got < 1 {
		t.Errorf("%s counts no message as delivered", n.Self().ID)
	}
	neighbors := ids(n)
	for _, m := range families["kith_neighbor_queue_bytes"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "peer" && !slices.Contains(neighbors, l.GetValue()) {
				t.Errorf("%s has a queue for %s, who is no neighbor of it", n.Self().ID, l.GetValue())
			}
		}
	}
	if up := value(t, families["kith_linker_links"], "up"); up != float64(len(neighbors)) {
		t.Errorf("%s has %v links that are up, want %d", n.Self().ID, up, len(neighbors))
	}
	dialed, accepted := value(t, families["kith_handshake_seconds"], "dialed"), value(t, families["kith_handshake_seconds"], "accepted")
	if dialed+accepted < float64(len(neighbors)) {
		t.Errorf("%s has %d neighbors after %v and %v handshakes", n.Self().ID, len(neighbors), dialed, accepted)
	}
}

// A node that has ended can still be asked.
func TestNodeThatHasEnded(t *testing.T) {
	node, err := kith.Start(t.Context(), kith.Config{Cluster: "c", ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	node.Stop()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.New(node))
	if got := value(t, gather(t, registry)["kith_isolated"], ""); got != 1 {
		t.Errorf("kith_isolated is %v, want 1", got)
	}
}

// The tables go up to the last word of each list: a new one has to be added there.
func TestListsAreComplete(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{(tcptransport.FaultFlood + 1).String(), "fault 14"},
		{(tcptransport.VerdictRefused + 1).String(), "verdict 9"},
		{(membership.Misbehaved + 1).String(), "reason(11)"},
		{(linker.NoServer + 1).String(), "state 6"},
	} {
		if c.got != c.want {
			t.Errorf("%q comes after the last one, want %q", c.got, c.want)
		}
	}
}
