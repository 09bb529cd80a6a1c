// How a service is tested on a mesh.

package settings_test

import (
	"context"
	"testing"
	"time"

	settings "github.com/kithmesh/kith/examples/meshtest"
	"github.com/kithmesh/kith/meshtest"
)

// TestSurvivesACrash has one of six nodes crash: settings go on to reach all others, and its next
// life too.
func TestSurvivesACrash(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(6), meshtest.SharedServer())
	replicas := make([]*settings.Replica, 6)
	for i, node := range mesh.Nodes() {
		replicas[i] = serve(t, node)
	}
	reaches(t, "blue", replicas[0], replicas...)

	mesh.Kill(3)
	reaches(t, "green", replicas[0], append(replicas[:3:3], replicas[4:]...)...) // at once, while the mesh repairs itself

	if err := mesh.Restart(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	replicas[3] = serve(t, mesh.Node(3))
	if err := mesh.AwaitSettled(t.Context()); err != nil {
		t.Fatal(err)
	}
	reaches(t, "red", replicas[0], replicas...)
}

// serve starts the service on a node.
func serve(t *testing.T, node *meshtest.Node) *settings.Replica {
	t.Helper()
	r, err := settings.New(node.Node)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reaches changes the color by one replica, and waits until others have it.
func reaches(t *testing.T, color string, from *settings.Replica, to ...*settings.Replica) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only ever spent by a test that fails
	defer cancel()
	if err := from.Set(ctx, "color", color); err != nil {
		t.Fatal(err)
	}
	for i, r := range to {
		if err := r.Await(ctx, "color", color); err != nil {
			t.Fatalf("replica %d does not hear of %s: %v", i, color, err)
		}
	}
}
