// What is told of a real mesh that is asked over NATS.

package remote_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// long is far longer than anything here takes.
const long = 30 * time.Second

// view is a mesh that is looked into, and the picture that its events make.
type view struct {
	t        *testing.T
	mesh     *meshtest.Mesh
	observer *remote.Observer
	events   chan trace.Event
	scene    trace.Scene
	history  []trace.Event
}

// look looks into a mesh until the test ends.
func look(t *testing.T, opts ...meshtest.Option) *view {
	t.Helper()
	v := &view{t: t, events: make(chan trace.Event, 100_000)}
	v.mesh = meshtest.Run(t, append(opts, meshtest.Quick())...)
	conn, err := v.mesh.Meeting().Connect(nats.NoEcho())
	if err != nil {
		t.Fatal(err)
	}
	stream := dashboard.NewStream(trace.Event{Cluster: "meshtest", Source: "watch"}, dashboard.Keep{})
	v.observer = remote.New(remote.Config{
		Conn: conn, Cluster: "meshtest", Every: 50 * time.Millisecond, Forget: time.Second, Stream: stream, Log: zerolog.Nop(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		v.observer.Run(ctx)
		done <- struct{}{}
	}()
	go func() {
		_ = stream.Follow(context.Background(), "", func(lines []dashboard.Line) error {
			for _, l := range lines {
				e, err := trace.Parse(l.JSON)
				if err != nil {
					t.Errorf("%s: %v", l.JSON, err)
				}
				v.events <- e
			}
			return nil
		})
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
		conn.Close()
	})
	return v
}

// await takes in events until one of them, or the picture then, is as wanted.
func (v *view) await(what string, is func(e *trace.Event) bool) trace.Event {
	v.t.Helper()
	limit := time.NewTimer(long)
	defer limit.Stop()
	for {
		select {
		case e := <-v.events:
			v.scene.Apply(&e)
			v.history = append(v.history, e)
			if is(&e) {
				return e
			}
		case <-limit.C:
			v.t.Fatalf("not told: %s; the picture is %+v", what, v.scene.Picture())
		}
	}
}

// awaitTruth waits until the picture is that of the mesh.
func (v *view) awaitTruth() {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), long)
	defer cancel()
	if err := v.mesh.AwaitSettled(ctx); err != nil {
		v.t.Fatal(err)
	}
	v.await("what is so", func(*trace.Event) bool { return reflect.DeepEqual(v.edges(), v.truth()) })
}

func (v *view) edges() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range v.scene.Picture().Nodes {
		if n.State == trace.NodeUp {
			all[n.ID] = append([]trace.Edge{}, n.Edges...)
		}
	}
	return all
}

func (v *view) truth() map[string][]trace.Edge {
	all := make(map[string][]trace.Edge)
	for _, n := range v.mesh.Alive() {
		edges := []trace.Edge{}
		stats := n.Stats()
		for _, l := range stats.Broadcast.Links {
			e := trace.Edge{Peer: l.Neighbor, Eager: l.Eager}
			for _, k := range stats.Links {
				if k.Peer.ID == l.Neighbor && k.State == linker.Up {
					e.Link = trace.LinkUp
				}
			}
			edges = append(edges, e)
		}
		all[n.Self().ID] = edges
	}
	return all
}

func TestTheMeshAsItIs(t *testing.T) {
	v := look(t, meshtest.Nodes(6), meshtest.Links(linker.Connections))
	v.awaitTruth()
	f := v.await("figures", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.OneSided == 0 }).Figures
	if f.Nodes != 6 || f.Components != 1 || f.Pairs < 10 || f.Kith.Connections <= f.Pairs || f.FullMesh.Connections != 30 {
		t.Errorf("the figures are %+v", f)
	}
	n, _ := v.scene.Node("n02")
	if self := v.mesh.Node(2).Self(); n.About.Addr != self.Addr || n.About.NATS != self.NATS || n.About.Version == "" {
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
	v.awaitTruth()
	v.mesh.Kill(1)
	v.await("n01 is silent", func(e *trace.Event) bool {
		return e.Kind == trace.NodeIs && e.Node == "n01" && e.State == trace.NodeSilent
	})
	if d, err := v.observer.Detail(t.Context(), "n01"); err != nil || d.State != trace.NodeSilent || d.RTT != nil {
		t.Errorf("%+v, %v", d, err)
	}
	v.await("n01 is gone", func(e *trace.Event) bool { return e.Kind == trace.NodeIs && e.State == trace.NodeGone })
	if _, there := v.scene.Node("n01"); there {
		t.Error("n01 is still there")
	}
	if err := v.mesh.Restart(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	v.history = nil
	v.awaitTruth()
	var states []string
	for _, e := range v.history {
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
	v.awaitTruth()
	v.mesh.Kill(0)
	f := v.await("nobody", func(e *trace.Event) bool { return e.Kind == trace.Sample && e.Figures.Nodes == 0 }).Figures
	if f.Components != 0 || f.Pairs != 0 {
		t.Errorf("%+v", f)
	}
}
