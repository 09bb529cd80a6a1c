// What is told when the record of a mesh has lost something.

package live

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/meshtest"
)

func TestWhatTheRecordHasLostIsMadeUpFor(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(5), meshtest.Quick(), meshtest.SharedServer())
	stream := dashboard.NewStream(trace.Event{}, dashboard.Keep{})
	o, err := New(mesh, 0, stream)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	_, o.position, _ = mesh.Since(0) // nothing of it is seen
	check := func() {
		t.Helper()
		o.compare(time.Now())
		told, are := make(map[string][]string), make(map[string][]string)
		stream.Scene(func(s *trace.Scene) {
			s.All(func(n trace.Node) {
				if n.State == trace.NodeUp {
					told[n.ID] = []string{}
					for _, e := range n.Edges {
						told[n.ID] = append(told[n.ID], e.Peer)
					}
				}
			})
		})
		for _, n := range mesh.Alive() {
			peers := []string{}
			for _, p := range n.Neighbors() {
				peers = append(peers, p.ID)
			}
			slices.Sort(peers)
			are[n.Self().ID] = peers
		}
		if !reflect.DeepEqual(told, are) {
			t.Errorf("told %v, want %v", told, are)
		}
	}
	check()
	mesh.Kill(2)
	if err := mesh.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
	if err := mesh.Restart(t.Context(), 2, 3); err != nil {
		t.Fatal(err)
	}
	if err := mesh.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
}
