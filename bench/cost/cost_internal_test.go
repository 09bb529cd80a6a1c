// The flags, the rows, and a small run of everything.

package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/bench/child"
	"github.com/kithmesh/kith/bench/side"
)

func TestMain(m *testing.M) {
	child.Serve(serve)
	os.Exit(m.Run())
}

func TestFlagsSayWhatTheyWant(t *testing.T) {
	for args, want := range map[string]string{
		"--nodes 1":   "want numbers from 2 to 200",
		"--seconds 0": "--seconds is 0, want more than 0",
		"--rest 0":    "--rest is 0, want more than 0",
		"--rounds 0":  "--rounds is 0, want 1 or more",
		"--limit 0s":  "--limit is 0s, want more than 0",
		"now":         `"now" is not a flag`,
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// What a peer that did not form, one that failed, and a form of Kith that failed look like.
func TestRowsOfFailures(t *testing.T) {
	s := &standing{nodes: 100}
	fine := &readings{results: []result{{Formed: time.Second, Sockets: 600, Resident: 1 << 26, Busy: 0.1}}}
	for name, c := range map[string]struct {
		kith, peer         *readings
		note, fault, title string
	}{
		"did not form": {fine, &readings{results: []result{{Formed: 9 * time.Second, Sockets: 9000, Incomplete: "98 of 99"}}}, "did not form in 1 of 1 rounds", "", "≤ 0.333: met"},
		"peer failed":  {fine, &readings{fault: errors.New("killed")}, "the peer failed: killed", "", "≤ 0.333: open"},
		"Kith failed":  {&readings{fault: errors.New("broken")}, fine, "", "broken", "≤ 0.333: FAILED"},
	} {
		rows := s.compare(side.Callback, poolOff, map[string]*readings{side.Callback: c.kith, poolOff: c.peer})
		r := rows[0]
		if !strings.Contains(r.Note, c.note) || r.Fault != c.fault || r.Verdict() != c.title {
			t.Errorf("%s: %+v, %s", name, r, r.Verdict())
		}
	}
	if r := s.expected(side.Callback, fine); r.Peer.Median != 39_800 || r.Verdict() != "≤ 0.0167: met" {
		t.Errorf("%+v", r)
	}
}

// Three nodes of every side, each in a process of its own, and four of which one publishes.
func TestThreeNodes(t *testing.T) {
	var log bytes.Buffer
	args := strings.Fields("--nodes 3 --publish 3,4 --rounds 1 --seconds 0.2 --rest 0.1")
	r, _, err := run(t.Context(), args, &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if len(r.Rows) != 3*2*5+3 {
		t.Fatalf("%d rows", len(r.Rows))
	}
	for _, row := range r.Rows {
		measured := row.Kith.Rounds == 1 && row.Peer.Rounds == 1
		if row.Fault != "" || row.Note != "" && row.Nodes != 4 || !measured {
			t.Errorf("%+v\n%s", row, log.String())
		}
		if row.Measure == "sockets" && (row.Kith.Median < 3*2 || row.Peer.Median < 3*2) {
			t.Errorf("%+v", row)
		}
	}
}
