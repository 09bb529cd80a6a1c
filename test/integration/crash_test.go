// Nodes that end, or stop answering, without a word.

//go:build unix

package integration_test

import (
	"strconv"
	"testing"
	"time"
)

// silence is after how long a neighbor that says nothing is given up: the default
// of tcptransport.
const silence = 3 * time.Second

// TestKillHalf kills half of the nodes at one moment. Their neighbors notice by the
// connections that break, not by silence.
func TestKillHalf(t *testing.T) {
	t.Parallel()
	const n = 12
	server := startNATS(t)
	w := newWorld(t, "crash")
	all := w.startMany(t, n, "--server", server.url())
	w.settle(t, "all have joined")

	killed := make(map[*process]time.Time)
	for _, p := range all[n/2:] {
		killed[p] = p.kill(t)
	}
	took, reasons := w.awaitLoss(t, "neighbors notice", w.around(killed))
	t.Logf("%d losses noticed after %v (p50), %v (p99)", len(took), percentile(took, 50), percentile(took, 99))
	onlyReasons(t, reasons, "closed")
	if p99 := percentile(took, 99); p99 >= silence {
		t.Errorf("p99 is %v, want less than the %v after which silence is noticed", p99, silence)
	}
	w.awaitWhole(t, "the survivors are one mesh")
	w.start(t, "late", "--server", server.url())
	w.awaitWhole(t, "a newcomer joins the survivors")
}

// TestSuspend stops a process without ending it, so that its connections stay, and
// lets it go on later.
func TestSuspend(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "suspend")
	all := w.startMany(t, 9, "--server", server.url())
	w.settle(t, "all have joined")

	victim := all[4]
	at := victim.suspend(t)
	took, reasons := w.awaitLoss(t, "neighbors give it up", w.around(map[*process]time.Time{victim: at}))
	t.Logf("%d neighbors gave it up after %v to %v", len(took), took[0], took[len(took)-1])
	onlyReasons(t, reasons, "silent")
	w.awaitWhole(t, "the others are one mesh")

	victim.resume(t)
	w.awaitWhole(t, "it comes back by itself")
}

// TestWithoutNATS takes NATS away from a mesh, and then some of its nodes.
func TestWithoutNATS(t *testing.T) {
	t.Parallel()
	const n = 10
	server := startNATS(t)
	w := newWorld(t, "outage")
	all := w.startMany(t, n, "--server", server.url())
	w.settle(t, "all have joined")

	server.stop()
	w.awaitEach(t, "NATS is gone", all, func(p *process) bool { return p.logged("nats_disconnected") > 0 })
	killed := make(map[*process]time.Time)
	for _, p := range all[n-3:] {
		killed[p] = p.kill(t)
	}
	_, reasons := w.awaitLoss(t, "neighbors notice", w.around(killed))
	onlyReasons(t, reasons, "closed")
	w.awaitWhole(t, "the survivors are one mesh without NATS")
	// Seven nodes with up to five neighbors: whoever lost some finds others.
	w.awaitEach(t, "repaired without NATS", all[:n-3], func(p *process) bool { return len(p.neighbors) >= 3 })

	server.restart(t)
	for i := range 2 {
		w.start(t, "late"+strconv.Itoa(i+1), "--server", server.url())
	}
	w.awaitWhole(t, "newcomers join over the new server")
	w.awaitEach(t, "all are back at NATS", all[:n-3], func(p *process) bool { return p.logged("nats_reconnected") > 0 })
	nc := server.connect(t)
	w.look(t, "members and log agree", func() error { return w.agrees(t, nc) })
}
