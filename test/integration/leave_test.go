// Nodes that say goodbye.

//go:build unix

package integration_test

import (
	"testing"
	"time"
)

// TestLeave tells half of the nodes to end by SIGTERM, all at one moment.
func TestLeave(t *testing.T) {
	t.Parallel()
	const n = 12
	server := startNATS(t)
	w := newWorld(t, "leave")
	all := w.startMany(t, n, "--server", server.url())
	w.settle(t, "all have joined")

	left := make(map[*process]time.Time)
	for _, p := range all[n/2:] {
		left[p] = p.leave(t)
	}
	took, reasons := w.awaitLoss(t, "neighbors are told", w.around(left))
	t.Logf("%d neighbors were told after up to %v", len(took), took[len(took)-1])
	// Who made a link to them at that very moment may have found the slot taken.
	onlyReasons(t, reasons, "leaving", "not_active")
	if reasons["leaving"] < len(took)/2 {
		t.Errorf("neighbors were given up for %v, want most for leaving", reasons)
	}
	w.awaitEnd(t, "they end", all[n/2:]...)
	for p := range left {
		if !p.cmd.ProcessState.Success() {
			t.Errorf("%s: %v, want exit status 0", p.id, p.cmd.ProcessState)
		}
	}
	w.awaitWhole(t, "the others are one mesh")
	nc := server.connect(t)
	w.look(t, "members and log agree", func() error { return w.agrees(t, nc) })
}
