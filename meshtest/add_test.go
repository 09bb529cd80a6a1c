// Nodes that are added to a mesh, and the record as it is followed.

package meshtest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

func TestAdd(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.Quick(), meshtest.Links(linker.Connections))
	added, err := mesh.Add(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	r := settle(t, mesh)
	if r.Nodes != 7 || r.Alive != 7 || r.Components != 1 || r.Links.Up != r.Links.Wanted || r.Links.Up == 0 {
		t.Errorf("the mesh is %+v", r)
	}
	if all := mesh.Nodes(); len(added) != 4 || !slices.Equal(added, all[3:]) {
		t.Errorf("added %v", added)
	}
	for i, n := range added {
		if want := []string{"n03", "n04", "n05", "n06"}[i]; n.Self().ID != want || n.Index != 3+i {
			t.Errorf("node %d is %s, want %s", n.Index, n.Self().ID, want)
		}
	}
	mesh.Kill(5)
	if err := mesh.Restart(t.Context(), 5, 6); err != nil {
		t.Fatal(err)
	}
	if r = settle(t, mesh); r.Alive != 7 {
		t.Errorf("after a restart the mesh is %+v", r)
	}
}

func TestAddWhatCannotBe(t *testing.T) {
	refuse := false
	mesh := meshtest.Run(t, meshtest.Nodes(2), meshtest.Quick(), meshtest.SharedServer(), meshtest.Configure(func(i int, cfg *kith.Config) {
		if refuse && i == 3 {
			cfg.Membership.ActiveSize = -2
		}
	}))
	if _, err := mesh.Add(t.Context(), 0); !errors.Is(err, meshtest.ErrOptions) {
		t.Errorf("no node: %v", err)
	}
	refuse = true
	if nodes, err := mesh.Add(t.Context(), 3); err == nil || nodes != nil || len(mesh.Nodes()) != 2 {
		t.Errorf("one of three that cannot start: %v, %d nodes", err, len(mesh.Nodes()))
	}
	refuse = false
	if _, err := mesh.Add(t.Context(), 1); err != nil {
		t.Errorf("after that: %v", err)
	}
	if r := settle(t, mesh); r.Alive != 3 || !r.Symmetric {
		t.Errorf("the mesh is %+v", r)
	}
	mesh.Close()
	if _, err := mesh.Add(t.Context(), 1); !errors.Is(err, meshtest.ErrClosed) {
		t.Errorf("when it is closed: %v", err)
	}
}

func TestSince(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.Quick(), meshtest.SharedServer())
	all, next, changed := mesh.Since(0)
	if !slices.Equal(all, mesh.Timeline()) || next != len(all) {
		t.Errorf("%d entries, next is %d", len(all), next)
	}
	mesh.Kill(2)
	<-changed
	more, after, _ := mesh.Since(next)
	if len(more) == 0 || more[0].What != meshtest.KillNode || after != next+len(more) {
		t.Errorf("then %v, next is %d", more, after)
	}
	if none, same, _ := mesh.Since(after + 100); len(none) != 0 || same < after {
		t.Errorf("of what has not happened: %v, next is %d", none, same)
	}
}
