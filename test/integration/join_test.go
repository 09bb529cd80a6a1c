// Nodes find each other: over NATS, and by an address where nobody is yet.

//go:build unix

package integration_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/natstransport"
)

// TestJoinOverNATS starts many nodes at once and asks everybody who can know what
// became of them.
func TestJoinOverNATS(t *testing.T) {
	t.Parallel()
	const n = 12
	server := startNATS(t)
	w := newWorld(t, "orders")
	w.startMany(t, n, "--server", server.url())
	nc := server.connect(t)

	w.look(t, "members and log agree", func() error { return w.agrees(t, nc) })
	w.look(t, "demo inspect agrees", func() error { return w.agreesWithCommand(t, exec.Command, server.url()) })

	infos := services(t, nc, n)
	if names := slices.Sorted(maps.Keys(infos)); !slices.Equal(names, slices.Sorted(maps.Keys(w.picture()))) {
		t.Errorf("services of nodes %v, want one of each of %d", names, n)
	}
	for node, info := range infos {
		var subjects []string
		for _, e := range info.Endpoints {
			subjects = append(subjects, e.Subject)
		}
		slices.Sort(subjects)
		want := []string{
			natstransport.JoinSubject(w.cluster), natstransport.StatsSubject(w.cluster), natstransport.ViewsSubject(w.cluster),
		}
		if info.Metadata["cluster"] != w.cluster || !slices.Equal(subjects, want) {
			t.Errorf("service of %s is in cluster %q and answers at %v", node, info.Metadata["cluster"], subjects)
		}
		started, err := time.Parse(time.RFC3339, info.Metadata[natstransport.MetaStarted])
		if age := time.Since(started); err != nil || age < -time.Second || age > time.Hour {
			t.Errorf("service of %s has started at %q: %v", node, info.Metadata[natstransport.MetaStarted], err)
		}
		if addr := w.addrOf(node); info.Metadata[natstransport.MetaAddr] != addr {
			t.Errorf("service of %s says that others dial %q, its log says %q", node, info.Metadata[natstransport.MetaAddr], addr)
		}
	}
}

// agreesWithCommand compares what `demo inspect` prints with the picture.
func (w *world) agreesWithCommand(t *testing.T, command commander, url string) error {
	t.Helper()
	want := w.picture()
	out := runBy(t, command, "inspect", "--json", "--server", url, "--cluster", w.cluster)
	if out.status != 0 {
		return fmt.Errorf("exit status %d: %s", out.status, out.stderr)
	}
	var in struct {
		Components int
		Symmetric  bool
		Members    []struct {
			ID        string
			Neighbors []string
		}
	}
	if err := json.Unmarshal([]byte(out.stdout), &in); err != nil {
		return fmt.Errorf("%w in %s", err, out.stdout)
	}
	got := make(map[string][]string)
	for _, m := range in.Members {
		got[m.ID] = slices.Sorted(slices.Values(m.Neighbors))
	}
	if in.Components != 1 || !in.Symmetric || !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		return fmt.Errorf("%d components, symmetric %v, members %v, want those of the log: %v",
			in.Components, in.Symmetric, got, want)
	}
	return nil
}

// TestContactComesLast has no NATS at all. Everybody asks one address, at which
// nobody listens before each has asked twice in vain.
func TestContactComesLast(t *testing.T) {
	t.Parallel()
	contact := freeAddr(t)
	w := newWorld(t, "contact")
	early := w.startMany(t, 8, "--contact", contact)
	w.awaitEach(t, "asked in vain", early, func(p *process) bool { return p.logged("join_failed") >= 2 })
	for id, neighbors := range w.picture() {
		if len(neighbors) > 0 {
			t.Errorf("%s has neighbors %v before anybody could be asked", id, neighbors)
		}
	}
	// The contact is told the same address, as by one configuration for all.
	w.start(t, "contact", "--listen", contact, "--contact", contact)
	w.awaitWhole(t, "one mesh")
}

// addrOf is where others dial a node, by its log.
func (w *world) addrOf(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.processes {
		if p.id == id {
			return p.addr
		}
	}
	return ""
}
