// The command: its flags, its goals, and a small run of everything.

package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFlagsSayWhatTheyWant(t *testing.T) {
	for args, want := range map[string]string{
		"--nodes 1":          `"1" for flag -nodes: want numbers from 2 to 100`,
		"--nodes 3,x":        `"3,x" for flag -nodes`,
		"--sizes 23":         `"23" for flag -sizes: want numbers from 24 to 524288`,
		"--seconds 0":        `--seconds is "0", want more than 0`,
		"--pool 2":           `--pool is "2", want off or default`,
		"--forms post":       `--forms is "post", want callback, bridge or both`,
		"--rounds 0":         `--rounds is "0", want 1 or more`,
		"--window -1":        `--window is "-1"`,
		"--pace 1.5":         `--pace is "1.5"`,
		"now":                `"now" is not a flag`,
		"--rounds many":      "many",
		"--nodes 9 --pace 0": `--pace is "0"`,
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestGoals(t *testing.T) {
	for _, c := range []struct {
		form        string
		nodes, size int
		rate, p99   string
	}{
		{side.Callback, 25, 128, "≥ 6", "≤ 0.4"},
		{side.Callback, 10, 128, "", ""},
		{side.Callback, 50, 4096, "", ""},
		{side.Bridge, 25, 128, "≥ 1.3", ""},
		{side.Bridge, 50, 4096, "≥ 1.05", "≤ 0.5"},
		{side.Bridge, 50, 65536, "", ""},
	} {
		g := goalsFor(c.form, c.nodes, c.size)
		if rate, p99 := text(g.rate), text(g.p99); rate != c.rate || p99 != c.p99 {
			t.Errorf("%+v: got %q and %q", c, rate, p99)
		}
	}
}

type figure = row.Figure

// text is that of a goal, empty for none.
func text(g *row.Goal) string {
	if g == nil {
		return ""
	}
	return g.String()
}

// Three nodes, all sides, two rounds: every message is judged, so that it would fail if one were
// lost.
func TestThreeNodes(t *testing.T) {
	var log bytes.Buffer
	args := strings.Fields("--nodes 3 --sizes 128,70000 --seconds 0.05 --rounds 2 --window 32 --json")
	r, asJSON, err := run(t.Context(), args, &log)
	if err != nil || !asJSON {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if len(r.Rows) != 2*2*4 || r.Rows[8].Bytes != 70000 || r.Rows[0].Nodes != 3 {
		t.Fatalf("rows %+v", r.Rows)
	}
	for _, row := range r.Rows {
		for _, f := range []figure{row.Kith, row.Peer, row.Ratio} {
			if f.Rounds != 2 || f.Min <= 0 || f.Min > f.Median || f.Median > f.Max {
				t.Errorf("row %+v", row)
			}
		}
	}
	// The sides take turns.
	var turns []string
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, "3 nodes, 128 bytes") {
			turns = append(turns, strings.Split(line, ": ")[1])
		}
	}
	const once = "routes callback bridge"
	if got := strings.Join(turns, " "); got != strings.Join([]string{once, once, once, once}, " ") {
		t.Errorf("turns: %s", got)
	}
}

// A side that fails is a note or a failed row, and the others have their figures.
func TestFailuresAreRows(t *testing.T) {
	c := &comparison{pool: "off", forms: []string{side.Callback}}
	c.Nodes, c.Size = 25, 128
	fine, broken := &series{rate: []float64{6}, cpu: []float64{1}, p50: []float64{1}, p99: []float64{1}}, &series{fault: errors.New("broken")}
	if r := c.rows(side.Callback, broken, fine)[0]; r.Note != "the peer failed: broken" || r.Fault != "" || r.Kith.Median != 6 || r.Verdict() != "≥ 6: open" {
		t.Errorf("%+v", r)
	}
	if r := c.rows(side.Callback, fine, broken)[0]; r.Fault != "broken" || r.Peer.Median != 6 || r.Verdict() != "≥ 6: FAILED" {
		t.Errorf("%+v", r)
	}
}

// The goals are for the routes that are faster.
func TestGoalsOfPools(t *testing.T) {
	for pool, want := range map[string]string{"off": "≥ 6", "default": ""} {
		c := &comparison{pool: pool}
		c.Nodes, c.Size = 25, 128
		if got := text(c.goals(side.Callback).rate); got != want {
			t.Errorf("%s: %q, want %q", pool, got, want)
		}
	}
}

// Two sides work and one does not start: it is tried once.
func TestTheOthersGoOn(t *testing.T) {
	starts := 0
	fails := load.Side{Name: "fails", Start: func(context.Context, int, load.Receive) (load.Cluster, error) {
		starts++
		return nil, errors.New("no way")
	}}
	mesh, err := side.Kith(side.Callback)
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{
		Conditions: load.Conditions{Nodes: 3, Size: 128, Window: 16, WarmUp: 20 * time.Millisecond, Run: 20 * time.Millisecond},
		rounds:     2, pace: 0.1, log: t.Logf,
	}
	all := make([]series, 2)
	sides := []load.Side{fails, mesh}
	for round := range 2 {
		slowest, err := c.speeds(t.Context(), sides, all, round)
		if err != nil || slowest <= 0 {
			t.Fatalf("%v, %v", slowest, err)
		}
		if err := c.delays(t.Context(), sides, all, round, 100); err != nil {
			t.Fatal(err)
		}
	}
	if starts != 1 || all[0].fault == nil || len(all[1].rate) != 2 || len(all[1].p99) != 2 {
		t.Errorf("%d starts, %+v", starts, all)
	}
}

// Five nodes of which one is killed, on all sides.
func TestKill(t *testing.T) {
	var log bytes.Buffer
	args := strings.Fields("--nodes 5 --sizes 128 --seconds 0.3 --rounds 1 --kill --pool default")
	r, _, err := run(t.Context(), args, &log)
	if err != nil || len(r.Rows) != 4 {
		t.Fatalf("%v, %+v\n%s", err, r, log.String())
	}
	for _, row := range r.Rows {
		switch {
		case row.Versus != "NATS routes, default pool":
			t.Errorf("versus %q", row.Versus)
		case row.Unit == "ms" && (row.Kith.Median <= 0 || row.Peer.Median <= 0):
			t.Errorf("row %+v", row)
		case row.Unit == "" && row.Kith.Median != 0:
			t.Errorf("lost: %+v", row)
		}
	}
}
