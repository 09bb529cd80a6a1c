// A process in which everybody is late.

package meshtest_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/meshtest"
)

// TestSoakOverload runs four hundred goroutines that never rest beside eight nodes, with KITH_SOAK two
// thousand beside fifty for ten minutes. They keep every node from its turn for seconds. Nobody is
// silent then, only late, and nobody may be lost for it.
func TestSoakOverload(t *testing.T) {
	nodes, spinners := testkit.Soak(8, 50), testkit.Soak(400, 2000)
	lasts := time.Duration(testkit.Soak(15, 600)) * time.Second
	m := meshtest.Run(t, meshtest.Nodes(nodes), meshtest.SharedServer())
	var over atomic.Bool
	began := time.Now()
	for range spinners {
		go func() {
			for !over.Load() {
			}
		}()
	}
	time.Sleep(lasts) // nothing is to happen
	over.Store(true)
	worst := time.Duration(0)
	for _, n := range m.Nodes() {
		worst = max(worst, n.Stats().Transport.Lateness)
	}
	silent := 0
	for _, e := range m.Timeline() {
		if e.Reason == membership.Silent {
			silent++
			t.Logf("%v after the start: %d lost %s", e.At.Sub(began), e.Node, e.Peer)
		}
	}
	t.Logf("%d nodes beside %d busy goroutines for %v: %v late in the end, %d silent", nodes, spinners, lasts, worst, silent)
	if silent > 0 {
		t.Errorf("%d neighbors were given up as silent", silent)
	}
}
