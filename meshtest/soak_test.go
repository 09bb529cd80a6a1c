// A mesh that is cut in two and healed again and again, and holds no more in the end than at the
// beginning.

package meshtest_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/presence"
)

// held is what a process holds.
type held struct {
	goroutines, files, bytes int
	connections              int    // between the nodes
	subscriptions            uint32 // at the server
}

func holds(t *testing.T, mesh *meshtest.Mesh) held {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("open files cannot be counted here: ", err)
	}
	runtime.GC()
	runtime.GC() // what had a finalizer goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h := held{goroutines: runtime.NumGoroutine(), files: len(files), bytes: int(m.HeapAlloc)} //nolint:gosec // less than there is memory
	if mesh != nil {
		h.connections = mesh.Report().TCPConnections
		h.subscriptions = mesh.Meeting().NATS().NumSubscriptions()
	}
	return h
}

// chorus is what all nodes say to all.
type chorus struct {
	mesh    *meshtest.Mesh
	changed chan struct{} // something was heard

	mu    sync.Mutex
	said  int64              // by each
	heard []map[string]int64 // by each, of each
	gaps  []string
}

func newChorus(t *testing.T, mesh *meshtest.Mesh) *chorus {
	t.Helper()
	c := &chorus{mesh: mesh, changed: make(chan struct{}, 1)}
	for i, n := range mesh.Nodes() {
		c.heard = append(c.heard, make(map[string]int64))
		_, err := n.Subscribe("chorus", func(m *kith.Message) {
			c.note(func() { c.heard[i][m.Origin]++ })
		}, kith.OnGap(func(g kith.Gap) {
			c.note(func() { c.gaps = append(c.gaps, fmt.Sprintf("node %d: %+v", i, g)) })
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *chorus) note(what func()) {
	c.mu.Lock()
	what()
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// sing lets every node say something, and waits until all have heard it.
func (c *chorus) sing(t *testing.T) {
	t.Helper()
	c.said++
	for _, n := range c.mesh.Nodes() {
		if err := n.Publish(t.Context(), "chorus", []byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for missing := c.missing(); missing != ""; missing = c.missing() {
		select {
		case <-c.changed:
		case <-ctx.Done():
			t.Fatalf("not heard:%s\ngaps: %q\nmesh: %+v", missing, c.gaps, c.mesh.Report())
		}
	}
}

// missing says who has not heard whom.
func (c *chorus) missing() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for i, heard := range c.heard {
		for _, n := range c.mesh.Nodes() {
			if id := n.Self().ID; heard[id] != c.said {
				fmt.Fprintf(&all, " %d of %d of %s by node %d,", heard[id], c.said, id, i)
			}
		}
	}
	return all.String()
}

// TestSoakPartitions cuts a mesh in two and heals it, twice, or with KITH_SOAK a hundred times,
// with everything that nodes do on top: links, broadcasts, presence.
func TestSoakPartitions(t *testing.T) {
	const nodes = 8
	cycles := testkit.Soak(2, 100)
	t.Logf("%d partitions", cycles)
	empty := holds(t, nil)
	mesh, err := meshtest.Start(t.Context(), meshtest.Nodes(nodes), meshtest.Quick(), meshtest.SharedServer(), meshtest.Links(linker.Subscriptions))
	if err != nil {
		t.Fatal(err)
	}
	defer mesh.Close()
	for _, n := range mesh.Nodes() {
		if _, err := n.Presence(presence.Config{TTL: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	all := newChorus(t, mesh)
	settle(t, mesh)
	all.sing(t)
	before := holds(t, mesh)
	for i := range cycles {
		left := []int{i % nodes, (i + 1 + i/nodes%3) % nodes, (i + 5) % nodes}
		var right []int
		for j := range nodes {
			if !slices.Contains(left, j) {
				right = append(right, j)
			}
		}
		mesh.Cut(left, right)
		if r := settle(t, mesh); r.Components != 2 {
			t.Fatalf("cut %d: the mesh is %+v", i, r)
		}
		mesh.Heal()
		if r := settle(t, mesh); r.Components != 1 || r.Alive != nodes {
			t.Fatalf("healing %d: the mesh is %+v", i, r)
		}
		all.sing(t)
		if i%10 == 9 {
			t.Logf("after %d: %+v", i+1, holds(t, mesh))
		}
	}
	after := holds(t, mesh)
	t.Logf("before %+v, after %+v", before, after)
	r := mesh.Report()
	if after.connections > before.connections+2*nodes || after.goroutines > before.goroutines+20*nodes || after.files > before.files+4*nodes {
		t.Errorf("it holds %+v, before the partitions %+v", after, before)
	}
	if r.Links.Up != r.Links.Wanted || r.Links.Subscriptions != 2*r.Links.Wanted || after.subscriptions > before.subscriptions+4*nodes {
		t.Errorf("links are %+v, at the server %d subscriptions, before %d", r.Links, after.subscriptions, before.subscriptions)
	}
	if after.bytes > before.bytes+16<<20 {
		t.Errorf("%d bytes of heap, before the partitions %d", after.bytes, before.bytes)
	}
	mesh.Close()
	if end := holds(t, nil); end.files > empty.files {
		t.Errorf("%d open files, without a mesh %d", end.files, empty.files)
	}
}
