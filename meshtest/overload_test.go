// A process in which everybody is late.

package meshtest_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/meshtest"
)

// Very many goroutines that never rest keep every node of the process from its turn for seconds.
// Nobody is silent then, only late, and nobody may be lost for it.
func TestNobodyIsSilentUnderLoad(t *testing.T) {
	nodes, spinners, lasts := 8, 400, 15*time.Second
	if os.Getenv("KITH_SOAK") != "" {
		nodes, spinners, lasts = 50, 2000, 10*time.Minute
	}
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
