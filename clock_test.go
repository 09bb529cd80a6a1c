// Nodes that start again after the clock of their machine has gone back.

package kith_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
)

// writeState writes a state file of a life of node x that began at the given time.
func writeState(t *testing.T, path string, began time.Time) {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"type": "io.kith.v1.state", "cluster": "lan", "id": "x", "incarnation": began.UnixMilli(), "saved": began,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// again starts a life of node x, at another port each time.
func (l *lan) again(t *testing.T, life int, stateFile string) *kith.Node {
	t.Helper()
	return l.start(t, func(cfg *kith.Config) {
		cfg.ID, cfg.Advertise, cfg.StateFile = "x", fmt.Sprintf("host-x%d:7000", life), stateFile
	})
}

// The clock stood an hour ahead in the first life of a node. With its state file the second life
// is newer all the same, and gets in with one of its first attempts. Without it the second one is older than what
// others remember, and is kept out by those who do: its neighbors, until they have noticed that
// the first life is over, and if it has said goodbye, those to whom it did, for TombstoneFor. Others
// let it in meanwhile.
func TestClockWentBack(t *testing.T) {
	for _, test := range []struct {
		name  string
		nodes int
		kept  bool // the state file
		end   func(*kith.Node)
		most  time.Duration // until it has a neighbor
	}{
		// At once as a rule; when the first ones that are asked do not take it, after pauses that double.
		{"crash, with a state file", 12, true, stop, 5 * time.Second},
		{"farewell, with a state file", 12, true, leave, 5 * time.Second},
		{"crash", 12, false, stop, 10 * time.Second},
		{"farewell", 12, false, leave, 30 * time.Second},
		{"crash, all were neighbors", 4, false, stop, 10 * time.Second},
		{"farewell, all were neighbors", 4, false, leave, 6 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "node.json")
			synctest.Test(t, func(t *testing.T) {
				l := newLAN(1)
				for range test.nodes {
					l.start(t)
				}
				writeState(t, path, time.Now().Add(time.Hour))
				first := l.again(t, 1, path)
				time.Sleep(10 * time.Second)
				l.check(t, 5)
				l.end(test.end, first)

				stateFile := path
				if !test.kept {
					stateFile = ""
				}
				begin := time.Now()
				second := l.again(t, 2, stateFile)
				if newer := second.Self().Incarnation > first.Self().Incarnation; newer != test.kept {
					t.Fatalf("the second life is the newer one: %t", newer)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := second.WaitReady(ctx, 1); err != nil {
					t.Fatal(err)
				}
				took := time.Since(begin)
				t.Logf("it has a neighbor after %v", took)
				if took > test.most {
					t.Errorf("it has a neighbor after %v, want at most %v", took, test.most)
				}
				time.Sleep(6 * time.Minute)
				l.check(t, 5)
				if len(second.Neighbors()) < min(3, test.nodes-1) {
					t.Errorf("it has %d neighbors in the end", len(second.Neighbors()))
				}
			})
		})
	}
}
