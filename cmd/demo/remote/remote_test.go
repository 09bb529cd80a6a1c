// What is told of a real mesh that is asked over NATS.

package remote_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/dashboard/dashtest"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// view is a mesh that is looked into.
type view struct {
	*dashtest.Follower

	observer *remote.Observer
}

// look looks into a mesh until the test ends.
func look(t *testing.T, opts ...meshtest.Option) *view {
	t.Helper()
	mesh := meshtest.Run(t, append(opts, meshtest.Quick())...)
	conn, err := mesh.Meeting().Connect(nats.NoEcho())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	stream := dashboard.NewStream(trace.Event{Cluster: "meshtest", Source: "watch"}, dashboard.Keep{})
	observer := remote.New(remote.Config{
		Conn: conn, Cluster: "meshtest", Every: 50 * time.Millisecond, Forget: time.Second, Stream: stream, Log: zerolog.Nop(),
	})
	return &view{dashtest.Follow(t, mesh, stream, observer.Run), observer}
}

func TestTheMeshAsItIs(t *testing.T) {
	v := look(t, meshtest.Nodes(6), meshtest.Links(linker.Connections))
	v.AwaitTruth()
	f := v.Await("figures", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.OneSided == 0 }).Figures
	if f.Nodes != 6 || f.Components != 1 || f.Pairs < 10 || f.Kith.Connections <= f.Pairs || f.FullMesh.Connections != 30 {
		t.Errorf("the figures are %+v", f)
	}
	n, _ := v.Scene.Node("n02")
	if self := v.Mesh.Node(2).Self(); n.About.Addr != self.Addr || n.About.NATS != self.NATS || n.About.Version == "" {
		t.Errorf("n02 is %+v", n)
	}
	d, err := v.observer.Detail(t.Context(), "n02")
	if err != nil || len(d.Edges) < 3 || len(d.RTT) != len(d.Edges) || d.Counters["kith_neighbors"] < 3 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := v.observer.Detail(t.Context(), "n99"); !errors.Is(err, dashboard.ErrUnknown) {
		t.Error(err)
	}
}

func TestNodesThatGoAndComeBack(t *testing.T) {
	v := look(t, meshtest.Nodes(4), meshtest.SharedServer())
	v.AwaitTruth()
	v.Mesh.Kill(1)
	v.Await("n01 is silent", func(e *trace.Event) bool {
		return e.Kind == trace.NodeIs && e.Node == "n01" && e.State == trace.NodeSilent
	})
	if d, err := v.observer.Detail(t.Context(), "n01"); err != nil || d.State != trace.NodeSilent || d.RTT != nil {
		t.Errorf("%+v, %v", d, err)
	}
	v.Await("n01 is gone", func(e *trace.Event) bool { return e.Kind == trace.NodeIs && e.State == trace.NodeGone })
	if _, there := v.Scene.Node("n01"); there {
		t.Error("n01 is still there")
	}
	if err := v.Mesh.Restart(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	v.History = nil
	v.AwaitTruth()
	var states []string
	for _, e := range v.History {
		if e.Kind == trace.NodeIs && e.Node == "n02" {
			states = append(states, string(e.State))
		}
	}
	if !slices.Equal(states, []string{"silent", "up"}) {
		t.Errorf("n02, which was started again, was %s", strings.Join(states, ", "))
	}
}

func TestNobodyThere(t *testing.T) {
	v := look(t, meshtest.Nodes(1), meshtest.SharedServer())
	v.AwaitTruth()
	v.Mesh.Kill(0)
	f := v.Await("nobody", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.Nodes == 0 }).Figures
	if f.Components != 0 || f.Pairs != 0 {
		t.Errorf("%+v", f)
	}
}
