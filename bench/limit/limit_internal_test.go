// The tree, and a small run.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every node of the tree has as many connections as its degree, or is at the end.
func TestTree(t *testing.T) {
	const nodes, degree = 1 + 5 + 5*4 + 7, 5
	children := make([]int, nodes)
	for i := 1; i < nodes; i++ {
		parent := parentOf(i, degree)
		if parent >= i {
			t.Fatalf("the parent of %d is %d", i, parent)
		}
		children[parent]++
	}
	if children[0] != 5 || children[1] != 4 || children[5] != 4 || children[6] != 4 || children[7] != 3 || children[8] != 0 {
		t.Errorf("children %v", children)
	}
}

// A station that keeps messages does not write over them, and keeps no more than it should.
func TestKeeping(t *testing.T) {
	s := &station{keeps: true}
	first, second := s.memory(piece/2), s.memory(piece/2)
	first[0], second[0] = 1, 2
	if first[0] != 1 || len(s.pieces) != 1 {
		t.Errorf("%d in %d pieces", first[0], len(s.pieces))
	}
	for range 2 * mostKept {
		s.memory(piece)
	}
	if len(s.pieces) != mostKept {
		t.Errorf("%d pieces, want %d", len(s.pieces), mostKept)
	}
	s = &station{}
	if again := s.memory(9); &again[0] != &s.memory(7)[0] {
		t.Error("the memory is not used again")
	}
}

func TestFlagsSayWhatTheyWant(t *testing.T) {
	for args, want := range map[string]string{
		"--nodes 1":   "want numbers from 2 to 100",
		"--seconds 0": "--seconds is 0, want more than 0",
		"--rounds 0":  "--rounds is 0, want 1 or more",
		"--window -1": "--window is -1, want a number from 0 to",
		"now":         `"now" is not a flag`,
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// Seven nodes on both sides: every message is judged.
func TestSevenNodes(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu")
	var log bytes.Buffer
	r, _, err := run(t.Context(), []string{"--nodes", "7", "--sizes", "128,9000", "--seconds", "0.1", "--rounds", "2", "--profile", profile}, &log)
	if err != nil || len(r.Rows) != 16 {
		t.Fatalf("%v, %+v\n%s", err, r, log.String())
	}
	for _, row := range r.Rows {
		if row.Kith.Min <= 0 || row.Peer.Min <= 0 || row.Ratio.Rounds != 2 {
			t.Errorf("%+v", row)
		}
	}
	for _, side := range []string{"relay", "keeping", "kith", "borrowed"} {
		if info, err := os.Stat(profile + "-" + side + "-7-9000"); err != nil || info.Size() == 0 {
			t.Errorf("no profile of %s: %v", side, err)
		}
	}
}
