// The same name again: after a crash, and while its first life still runs.

//go:build unix

package integration_test

import (
	"slices"
	"testing"
	"time"
)

// TestRestart kills a node and starts it again at another port. Nobody takes the
// new life for the old one.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "restart")
	all := w.startMany(t, 9, "--server", server.url())
	w.settle(t, "all have joined")

	old := all[0]
	at := old.kill(t)
	again := w.start(t, old.id, "--server", server.url())
	_, reasons := w.awaitLoss(t, "neighbors drop the old life", w.around(map[*process]time.Time{old: at}))
	// The new life may well be there before a neighbor has noticed the end of the old.
	onlyReasons(t, reasons, "closed", "superseded")
	nc := server.connect(t)
	w.look(t, "members and log agree", func() error { return w.agrees(t, nc) })
	if again.addr == old.addr {
		t.Errorf("the new life has the address of the old one, %s", old.addr)
	}
	w.steady(t, again.id, all[1:])
}

// TestSecondLife starts a node whose name is in use by one that still runs. The
// newer life takes the older one's place with neighbors that both have, and the
// older one is refused by whoever has met the newer.
func TestSecondLife(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "lives")
	all := w.startMany(t, 9, "--server", server.url())
	w.settle(t, "all have joined")

	old, others := all[0], all[1:]
	at := old.outlive()
	again := w.start(t, old.id, "--server", server.url())
	w.await(t, "the newer life takes over", func() string {
		switch {
		case len(again.neighbors) < 2:
			return "it has no two neighbors"
		case !anybody(others, func(p *process) bool { return p.gaveUp(old.id, at, "superseded") }):
			return "nobody has given up the older one for it"
		case old.logged("join_stale_incarnation")+old.logged("duplicate_id") == 0:
			return "the older one does not say that its name is taken"
		case old.logged("join_stale_incarnation") == 0 && !anybody(others, func(p *process) bool { return p.refused(old.id, at) }):
			return "nobody has refused the older one"
		}
		return ""
	})
	if old.addr == again.addr {
		t.Errorf("both lives listen at %s", old.addr)
	}
}

func anybody(of []*process, is func(*process) bool) bool { return slices.ContainsFunc(of, is) }

// gaveUp reports whether the process has lost a neighbor for that reason.
func (p *process) gaveUp(id string, since time.Time, reason string) bool {
	return slices.ContainsFunc(p.since(since, "neighbor_down", id), func(e event) bool { return e.Reason == reason })
}

// refused reports whether the process has refused the hello of an outdated life.
func (p *process) refused(id string, since time.Time) bool {
	return slices.ContainsFunc(p.since(since, "hello_refused", id), func(e event) bool { return e.Why == "stale incarnation" })
}

// outlive takes a process out of the picture, in which somebody else will have its
// name, and returns when that was.
func (p *process) outlive() time.Time {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.status = aside
	return time.Now()
}

// steady waits for as long as two nodes may disagree about their link, and fails
// the test if meanwhile somebody has given up the new life of a node for another
// reason than the mesh's own exchanges of links.
func (w *world) steady(t *testing.T, id string, others []*process) {
	t.Helper()
	const grace = 2 * time.Second
	from := time.Now()
	w.rest(t, grace)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range others {
		for _, e := range p.since(from, "neighbor_down", id) {
			if !slices.Contains([]string{"evicted", "not_active"}, e.Reason) {
				t.Errorf("%s has given up %s, which is there: %s", p.id, id, e.Reason)
			}
		}
	}
}
