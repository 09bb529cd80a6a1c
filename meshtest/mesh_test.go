// Whole meshes: formed, hurt in every way, and whole again.

package meshtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/meshtest"
)

// settle waits for the mesh, far longer than it should take.
func settle(t *testing.T, mesh *meshtest.Mesh) meshtest.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := mesh.AwaitSettled(ctx); err != nil {
		t.Fatal(err)
	}
	return mesh.Report()
}

// names returns the IDs of a node's neighbors.
func names(n *meshtest.Node) []string {
	var ids []string
	for _, p := range n.Neighbors() {
		ids = append(ids, p.ID)
	}
	return ids
}

// downs returns the reasons for which nodes lost the given neighbor after a
// moment.
func downs(mesh *meshtest.Mesh, peer string, after time.Time) []membership.Reason {
	var reasons []membership.Reason
	for _, e := range mesh.Timeline() {
		if e.What == meshtest.NeighborDown && e.Peer == peer && e.At.After(after) {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

func TestForms(t *testing.T) {
	for name, c := range map[string]struct {
		opts        []meshtest.Option
		links       string
		connections int
		perPair     int // subscriptions
	}{
		"without links": {[]meshtest.Option{meshtest.SharedServer()}, "none", 0, 0},
		"connections":   {[]meshtest.Option{meshtest.Links(linker.Connections)}, "connections", 20, 3},
		"subscriptions": {[]meshtest.Option{meshtest.Links(linker.Subscriptions), meshtest.SharedServer()}, "subscriptions", 8, 2},
	} {
		t.Run(name, func(t *testing.T) {
			mesh := meshtest.Run(t, append(c.opts, meshtest.Nodes(8), meshtest.Quick())...)
			r := settle(t, mesh)
			if r.Nodes != 8 || r.Alive != 8 || r.Components != 1 || r.Active.Min < 4 || r.Active.Max != 5 {
				t.Errorf("the mesh is %+v", r)
			}
			if r.TCPConnections < 18 {
				t.Errorf("%d connections between 8 nodes", r.TCPConnections)
			}
			l := r.Links
			if !r.Symmetric || len(r.Asymmetric) > 0 || l.Up != l.Wanted {
				t.Errorf("the settled mesh is %+v", r)
			}
			if l.Mode != c.links || l.Connections > c.connections || l.Subscriptions != c.perPair*l.Wanted {
				t.Errorf("the links are %+v", l)
			}
			if c.connections > 0 && (l.Wanted < 18 || l.Connections == 0) {
				t.Errorf("the links are %+v", l)
			}
			if mesh.Formed() <= 0 || mesh.Repair().Killed != 0 {
				t.Errorf("formed in %v, repair %+v", mesh.Formed(), mesh.Repair())
			}
		})
	}
}

func TestKillHalf(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(16), meshtest.Quick(), meshtest.Links(linker.Connections))
	victims := []int{0, 2, 4, 6, 8, 10, 12, 14}
	begin := time.Now()
	mesh.Kill(victims...)
	r := settle(t, mesh)
	took := time.Since(begin)
	if r.Nodes != 16 || r.Alive != 8 || r.Components != 1 || len(mesh.Alive()) != 8 {
		t.Errorf("the mesh is %+v", r)
	}
	for _, i := range victims {
		select {
		case <-mesh.Node(i).Closed():
		default:
			t.Errorf("node %d runs", i)
		}
	}
	p := mesh.Repair()
	if p.Killed != 8 || p.Undetected != 0 || p.Affected == 0 || p.Affected > 8 ||
		len(p.Repaired) != p.Affected || len(p.Detect) < p.Affected || p.Short > 2 {
		t.Errorf("the repair is %+v", p)
	}
	if !slices.IsSorted(p.Detect) || p.Detect[0] < 0 || p.Repaired[0] < p.Detect[0] || slices.Max(p.Repaired) > took {
		t.Errorf("the times are %+v, in all %v", p, took)
	}
	// A reset is seen at once, not when nothing was heard for a while.
	for _, i := range victims {
		if reasons := downs(mesh, mesh.Node(i).Self().ID, p.At); slices.Contains(reasons, membership.Silent) {
			t.Errorf("node %d was lost for %v", i, reasons)
		}
	}
}

func TestLeave(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(8), meshtest.Quick(), meshtest.Links(linker.Subscriptions))
	begin := time.Now()
	if err := mesh.Leave(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	if r := settle(t, mesh); r.Alive != 6 || r.Components != 1 {
		t.Errorf("the mesh is %+v", r)
	}
	for _, id := range []string{"n01", "n02"} {
		reasons := downs(mesh, id, begin)
		if !slices.Contains(reasons, membership.Leaving) || slices.Contains(reasons, membership.Silent) {
			t.Errorf("%s was lost for %v, want %v", id, reasons, membership.Leaving)
		}
	}
}

func TestRestart(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(8), meshtest.Quick())
	before, other := mesh.Node(3).Self(), mesh.Node(5).Self()
	mesh.Kill(3)
	if err := mesh.Restart(t.Context(), 3, 5); err != nil { // one is dead, one alive
		t.Fatal(err)
	}
	if r := settle(t, mesh); r.Alive != 8 || r.Components != 1 {
		t.Errorf("the mesh is %+v", r)
	}
	for i, was := range map[int]kith.Peer{3: before, 5: other} {
		if now := mesh.Node(i).Self(); now.ID != was.ID || now.Incarnation <= was.Incarnation {
			t.Errorf("%+v came back as %+v", was, now)
		}
		if len(names(mesh.Node(i))) < 4 {
			t.Errorf("node %d has %v", i, names(mesh.Node(i)))
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(6), meshtest.Quick())
	begin := time.Now()
	mesh.Pause(2)
	if r := settle(t, mesh); r.Alive != 5 || r.Paused != 1 || r.Active.Min != 4 {
		t.Errorf("without the paused node the mesh is %+v", r)
	}
	if took := time.Since(begin); took < 500*time.Millisecond {
		t.Errorf("the paused node was lost after %v, before it could be silent", took)
	}
	if reasons := downs(mesh, "n02", begin); len(reasons) == 0 || slices.Contains(reasons, membership.Closed) {
		t.Errorf("the paused node was lost for %v; what happened: %+v", reasons, mesh.Timeline())
	}
	mesh.Resume(2)
	if r := settle(t, mesh); r.Alive != 6 || r.Paused != 0 || r.Components != 1 || r.Active.Min != 5 {
		t.Errorf("after the pause the mesh is %+v", r)
	}
}

func TestCutAndHeal(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(8), meshtest.Quick(), meshtest.Links(linker.Connections))
	mesh.Cut([]int{0, 1, 2, 3}, []int{4, 5, 6, 7})
	if r := settle(t, mesh); r.Alive != 8 || r.Components != 2 || r.Active.Min != 3 || r.Active.Max != 3 {
		t.Errorf("the cut mesh is %+v", r)
	}
	for i, n := range mesh.Nodes() {
		for _, id := range names(n) {
			if (id < "n04") != (i < 4) {
				t.Errorf("node %d has %s through the cut", i, id)
			}
		}
	}
	mesh.Heal()
	if r := settle(t, mesh); r.Components != 1 || r.Active.Min < 4 {
		t.Errorf("the healed mesh is %+v", r)
	}
}

func TestCutOneWay(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.Quick(), meshtest.SharedServer())
	mesh.CutOneWay([]int{0}, []int{1})
	if r := settle(t, mesh); r.Components != 1 || r.Active.Min != 1 || r.Active.Max != 2 {
		t.Errorf("the cut mesh is %+v", r)
	}
	mesh.Heal()
	if r := settle(t, mesh); r.Active.Min != 2 {
		t.Errorf("the healed mesh is %+v", r)
	}
}

// A node that cannot get at the meeting server when it starts comes in as soon as
// it can; those that are in do not need the server.
func TestCutFromTheMeetingServer(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(4), meshtest.Quick(), meshtest.SharedServer())
	mesh.Cut([]int{0, 1}, []int{meshtest.Meeting})
	if err := mesh.Restart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var unsettled *meshtest.UnsettledError
	if err := mesh.AwaitSettled(ctx); !errors.As(err, &unsettled) || !slices.Contains(unsettled.Faults, "n00 has 0 of 3 neighbors") {
		t.Errorf("got %v, want n00 to be out", err)
	}
	if got := len(mesh.Node(1).Neighbors()); got != 2 {
		t.Errorf("the node that was in has %d neighbors, want 2", got)
	}
	mesh.Heal()
	if r := settle(t, mesh); r.Alive != 4 || r.Active.Min != 3 {
		t.Errorf("the healed mesh is %+v", r)
	}
}

func TestManyNodes(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(40), meshtest.Links(linker.Subscriptions), meshtest.SharedServer())
	if r := settle(t, mesh); r.Alive != 40 || r.Components != 1 || r.Active.Min < 4 || r.Active.Mean < 4.8 {
		t.Errorf("the mesh is %+v", r)
	}
}

func TestNodeThatEndsByItself(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(4), meshtest.Quick(), meshtest.SharedServer())
	mesh.Node(0).Stop()
	if r := settle(t, mesh); r.Alive != 3 || r.Active.Max != 2 {
		t.Errorf("the mesh is %+v", r)
	}
	if err := mesh.Restart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if r := settle(t, mesh); r.Alive != 4 || r.Active.Min != 3 {
		t.Errorf("the mesh is %+v", r)
	}
}

func TestErrorSaysWhatIsNotSettled(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.SharedServer())
	mesh.Pause(1) // the defaults take seconds to notice
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := mesh.AwaitSettled(ctx)
	var unsettled *meshtest.UnsettledError
	if !errors.As(err, &unsettled) || !errors.Is(err, meshtest.ErrUnsettled) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"n00 still has n01, which is paused", "n02 still has n01, which is paused"} {
		if !slices.Contains(unsettled.Faults, want) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
}

func TestStartRefusesWhatMakesNoMesh(t *testing.T) {
	for name, opts := range map[string][]meshtest.Option{
		"no nodes":    {meshtest.Nodes(0)},
		"cluster":     {meshtest.Cluster("two words")},
		"connections": {meshtest.Links(linker.Connections), meshtest.SharedServer()},
	} {
		if _, err := meshtest.Start(t.Context(), opts...); !errors.Is(err, meshtest.ErrOptions) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What had started is gone when a node cannot: the package fails otherwise.
func TestStartThatFailsLeavesNothing(t *testing.T) {
	_, err := meshtest.Start(t.Context(), meshtest.Nodes(3), meshtest.Configure(func(i int, cfg *kith.Config) {
		if i == 2 {
			cfg.Membership.ActiveSize = -2
		}
	}))
	if !errors.Is(err, membership.ErrConfig) || !strings.Contains(err.Error(), "n02") {
		t.Errorf("got %v", err)
	}
}

func TestOptionsReachTheNodes(t *testing.T) {
	var log strings.Builder
	out := zerolog.New(zerolog.SyncWriter(&log))
	mesh := meshtest.Run(t, meshtest.Nodes(2), meshtest.Cluster("orders"), meshtest.Seed(7), meshtest.Quiet(0),
		meshtest.Logger(out),
		meshtest.Configure(func(i int, cfg *kith.Config) {
			cfg.ID, cfg.Cluster = "mine", "mine" // those are the mesh's
			cfg.Zone = fmt.Sprintf("zone-%d", i)
		}),
		meshtest.NodeOptions(func(int) []kith.Option {
			return []kith.Option{kith.WithLogger(out.With().Bool("ours", true).Logger())}
		}))
	zero, one := mesh.Node(0), mesh.Node(1)
	if p := one.Neighbors()[0]; p.ID != "n00" || p.Zone != "zone-0" || p.NATS != zero.Server().URL() {
		t.Errorf("n01 has %+v", p)
	}
	if zero.Server() == one.Server() || zero.Server() == mesh.Meeting() || !zero.Conn().IsConnected() {
		t.Error("the nodes have no servers and connections of their own")
	}
	mesh.Close()
	for _, want := range []string{`"cluster":"orders"`, `"ours":true`, `"message":"Server is ready"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in the log", want)
		}
	}
	mesh.Kill(0) // nothing is left to be killed, or to change
	if err := mesh.AwaitSettled(t.Context()); err != nil && !errors.Is(err, meshtest.ErrClosed) {
		t.Errorf("a closed mesh: %v", err)
	}
}

// fakeT is a test that ends its goroutine when it fails, as *testing.T does.
type fakeT struct {
	cleanups []func()
	failure  string
}

func (*fakeT) Helper()             {}
func (f *fakeT) Cleanup(c func())  { f.cleanups = append(f.cleanups, c) }
func (*fakeT) Logf(string, ...any) {}

func (f *fakeT) Fatalf(format string, args ...any) {
	f.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fakeT) run(opts ...meshtest.Option) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		meshtest.Run(f, opts...)
	}()
	<-done
	for _, c := range slices.Backward(f.cleanups) {
		c()
	}
}

func TestRunFailsTheTest(t *testing.T) {
	for want, opts := range map[string][]meshtest.Option{
		"0 nodes":                  {meshtest.Nodes(0)},
		"something always changed": {meshtest.Nodes(1), meshtest.SharedServer(), meshtest.Quiet(time.Hour), meshtest.Within(time.Second)},
	} {
		var f fakeT
		if f.run(opts...); !strings.Contains(f.failure, want) {
			t.Errorf("got %q, want %q", f.failure, want)
		}
	}
}

// The links of a whole mesh are secured in one word, and whoever comes back has its certificate.
func TestTLS(t *testing.T) {
	m := meshtest.Run(t, meshtest.Nodes(6), meshtest.SharedServer(), meshtest.TLS())
	m.Kill(2)
	if err := m.Restart(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := m.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Nodes that choose the sizes of their views settle like others, and know about how many they
// are.
func TestAutoSizesSettle(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(7), meshtest.Quick(), meshtest.Configure(func(_ int, cfg *kith.Config) {
		cfg.Membership.ActiveSize = membership.Auto
	}))
	mesh.Kill(3)
	if err := mesh.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range mesh.Alive() {
		s := n.Stats()
		if s.ActiveSize < membership.AutoLeast || s.ActiveSize > 5 || s.Neighbors < membership.AutoLeast-1 {
			t.Errorf("%s has %d of %d neighbors", n.Self().ID, s.Neighbors, s.ActiveSize)
		}
		if s.ClusterSize <= s.Neighbors || s.ClusterSize > 20 {
			t.Errorf("%s believes to be one of %d nodes", n.Self().ID, s.ClusterSize)
		}
	}
}
