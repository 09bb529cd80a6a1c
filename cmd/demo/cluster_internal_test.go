// Whole clusters in this process, small and short.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// keysOf returns the keys of an object and, dotted, of the objects in it.
func keysOf(prefix string, object map[string]any) []string {
	var all []string
	for key, value := range object {
		all = append(all, prefix+key)
		if inner, ok := value.(map[string]any); ok {
			all = append(all, keysOf(prefix+key+".", inner)...)
		}
	}
	slices.Sort(all)
	return all
}

// promised are the keys of the report that scripts may rely on.
var promised = []string{
	"nodes", "alive", "components", "symmetric", "formed_ms",
	"active.min", "active.mean", "active.max", "passive.min", "passive.mean", "passive.max",
	"links.mode", "links.wanted", "links.up", "links.nats_connections", "links.nats_subscriptions",
	"repair.killed", "repair.detect_ms_p50", "repair.detect_ms_p99", "repair.repaired_ms_p50", "repair.repaired_ms_p99",
	"goroutines", "rss_bytes", "tcp_connections",
}

// cluster runs the command and returns its status, report and stderr.
func cluster(t *testing.T, args string) (status int, r report, keys []string, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), strings.Fields("cluster --json "+args), stdio{out: &out, err: &err, env: vars(nil)})
	var object map[string]any
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatalf("stdout is not one JSON object: %v\n%s", err, out.String())
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return status, r, keysOf("", object), err.String()
}

func TestClusterReportsInJSON(t *testing.T) {
	status, r, keys, stderr := cluster(t, "--nodes 6 --for 1s")
	for _, key := range promised {
		if !slices.Contains(keys, key) {
			t.Errorf("the report lacks %s: %v", key, keys)
		}
	}
	if fine := r.faults() == nil; fine != (status == exitFine) {
		t.Errorf("status %d of a run with faults %v", status, r.faults())
	}
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if r.Nodes != 6 || r.Alive != 6 || r.Active.Max != 5 || r.Links.Mode != "connections" {
		t.Errorf("report %+v", r)
	}
	// Six nodes with room for five neighbors each are everybody's neighbors.
	if r.Edges != 15 || r.Links.Wanted != 15 || r.Links.Connections != 15 || r.TCP < 15 {
		t.Errorf("report %+v, want 15 pairs", r)
	}
	if r.Broadcast != nil {
		t.Errorf("broadcast %+v, and nothing was published", r.Broadcast)
	}
	if r.FormedMS <= 0 || r.ElapsedMS < 1000 || r.Goroutines == 0 || r.Repair != (repairTimes{}) {
		t.Errorf("report %+v", r)
	}
	for _, want := range []string{`"message":"cluster_settled"`, `"message":"neighbor_up"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for line := range strings.Lines(stderr) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not a line of JSON: %s", line)
		}
	}
}

// Plain clients talk to each other over the bridges.
func TestClusterBridges(t *testing.T) {
	status, r, keys, stderr := cluster(t, "--nodes 6 --bridge --links none --for 1s")
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, key := range []string{"interest_subjects", "exported", "delivered", "no_responders", "queue_one_of_n"} {
		if !slices.Contains(keys, "bridge."+key) {
			t.Errorf("the report lacks %s: %v", key, keys)
		}
	}
	b := r.Bridge
	if b.Received != 600 || b.NoResponders != 10 || b.QueueOneOfN != 200 || b.QueueMembers != 5 || b.QueueMembersUsed < 2 {
		t.Errorf("bridge %+v", b)
	}
	// Each bridge counts a message when it has gone on: the latest may have been answered before.
	const uncounted = 6
	if b.Interest < 1 || b.Exported < 100+2*200-uncounted || b.Delivered < 500+2*200-uncounted {
		t.Errorf("bridge %+v", b)
	}
	if n := strings.Count(stderr, `"message":"bridged_server"`); n != 6 {
		t.Errorf("%d servers are logged", n)
	}
}

func TestClusterSurvivesAKill(t *testing.T) {
	status, r, _, stderr := cluster(t, "--nodes 8 --links subscriptions --kill 0.25 --leave 0.125 --seed 7")
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if r.Alive != 5 || r.Repair.Killed != 2 || r.Left != 1 || r.Seed != 7 || !r.Settled {
		t.Errorf("report %+v", r)
	}
	// The five are everybody's neighbors, each subscribed to four.
	if r.Edges != 10 || r.Links.Up != 10 || r.Links.Connections != 0 || r.Links.Subscriptions != 20 {
		t.Errorf("report %+v", r)
	}
	if r.Repair.DetectP50 <= 0 || r.Repair.DetectP99 < r.Repair.DetectP50 || r.Repair.RepairedP99 < r.Repair.RepairedP50 {
		t.Errorf("repair %+v", r.Repair)
	}
}

// Messages are published while a third of the nodes dies and one leaves.
func TestClusterLosesNoMessage(t *testing.T) {
	status, r, keys, stderr := cluster(t,
		"--nodes 9 --links none --publish 200 --publishers 9 --size 64 --kill 0.34 --leave 0.1 --for 2s")
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, key := range []string{
		"published", "delivered_min", "delivered_max", "lost", "duplicates", "rmr", "hops_max", "hops_flood",
		"latency_ms_p50", "latency_ms_p99", "messages_per_second",
	} {
		if !slices.Contains(keys, "broadcast."+key) {
			t.Errorf("the report lacks %s: %v", key, keys)
		}
	}
	b := r.Broadcast
	if b.Published < 100 || b.DeliveredMin != b.Published || b.DeliveredMax != b.Published || b.Lost != 0 || b.Duplicates != 0 {
		t.Errorf("broadcast %+v", b)
	}
	if b.HopsMax < 1 || b.LatencyP50 <= 0 || b.LatencyP99 < b.LatencyP50 || b.Rate <= 0 || b.RMR < 0 {
		t.Errorf("broadcast %+v", b)
	}
}

// Nodes are killed and started again while others publish; the trees have grown before
// that, so hops and redundancy are those of trees.
func TestClusterChurns(t *testing.T) {
	status, r, _, stderr := cluster(t, "--nodes 8 --links none --publish 300 --publishers 2 --churn 500ms --for 4s")
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	b := r.Broadcast
	if r.Alive != 8 || b.Published < 300 || b.DeliveredMin != b.Published || b.Lost != 0 || b.Duplicates != 0 {
		t.Errorf("alive %d, broadcast %+v", r.Alive, b)
	}
	if b.HopsMax < 1 || b.HopsFlood < 1 || b.RMR > 1 {
		t.Errorf("broadcast %+v", b)
	}
}

func TestClusterThatIsInterruptedReports(t *testing.T) {
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	status := run(ctx, strings.Fields("cluster --nodes 2 --links none --log-level off"), stdio{out: &out, err: &err, env: vars(nil)})
	switch {
	case status == exitFault && strings.Contains(err.String(), "context deadline exceeded"): // before it had started
	case strings.HasPrefix(out.String(), "nodes       2 started, 2 alive"):
	default:
		t.Errorf("status %d, %q, %q", status, out.String(), err.String())
	}
}

func TestVictims(t *testing.T) {
	for _, c := range []struct {
		nodes        int
		kill, leave  float64
		killed, left int
		refused      bool
	}{
		{nodes: 16, kill: 0.5, killed: 8},
		{nodes: 16, kill: 0.01, leave: 0.03, killed: 1, left: 1},
		{nodes: 5, kill: 0.5, killed: 3},
		{nodes: 5, kill: 0.9, killed: 5, refused: true},
		{nodes: 1, kill: 0.1, killed: 1, refused: true},
		{nodes: 1},
	} {
		o := clusterOptions{nodes: c.nodes, kill: c.kill, leave: c.leave}
		killed, left := o.victims()
		if killed != c.killed || left != c.left {
			t.Errorf("%+v: %d killed, %d left", c, killed, left)
		}
		if refused := o.complete() != nil; refused != c.refused {
			t.Errorf("%+v: refused %v", c, refused)
		}
	}
}

func TestPromisedKeysAreNotRepeated(t *testing.T) {
	unique := make(map[string]bool)
	for _, key := range promised {
		unique[key] = true
	}
	if len(slices.Collect(maps.Keys(unique))) != len(promised) {
		t.Error("a key twice")
	}
}
