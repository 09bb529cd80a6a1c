// The table, the charts, and what becomes of commands that fail.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/bench/row"
)

// rows are two quantities, of which one was measured at enough sizes for a line.
func rows() []row.Row {
	var all []row.Row
	for _, nodes := range []int{10, 100, 1000} {
		all = append(all, row.Row{
			Group: "cost", Measure: "sockets", Nodes: nodes, Form: "callback", Versus: "routes | pool off",
			Kith: row.NewFigure(float64(6 * nodes)), Peer: row.NewFigure(float64(nodes * nodes)),
			Ratio: row.NewFigure(6 / float64(nodes)), Goal: row.AtMost(0.1), Note: "as counted",
		})
	}
	return append(all, row.Row{Group: "limit", Measure: "all of limit", Fault: "it crashed:\nbadly"})
}

func TestMarkdown(t *testing.T) {
	s := &session{Rows: rows(), Versions: map[string]string{"kith": "0.1.0"}, Commands: []command{{"cost --nodes 10", time.Minute, 0.5}}}
	folder := t.TempDir()
	if err := s.write(folder); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(folder, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 of 3 met.",
		`| sockets | 10 |  | callback | 60 | routes \| pool off | 100 | 0.6 | ≤ 0.1: MISSED |`,
		`| sockets | 1,000 |  | callback | 6,000 | routes \| pool off | 1,000,000 | 0.006 | ≤ 0.1: met |`,
		"- all of limit: it crashed: badly\n",
		"- sockets, 10 nodes, callback; sockets, 100 nodes, callback; sockets, 1,000 nodes, callback: as counted\n",
		"![cost-sockets](charts/cost-sockets.svg)",
		"| `cost --nodes 10` | 1m0s | 0.50 |",
	} {
		if !strings.Contains(string(written), want) {
			t.Errorf("no %q in\n%s", want, written)
		}
	}
	chart, err := os.ReadFile(filepath.Join(folder, "charts", "cost-sockets.svg"))
	if err != nil || !bytes.Contains(chart, []byte("<svg")) {
		t.Errorf("the chart: %v", err)
	}
	var text bytes.Buffer
	if err := s.writeText(&text); err != nil || !strings.Contains(text.String(), "2 of 3 goals met, 1 missed, 0 open, 1 rows failed") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

func TestFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--only routes,nothing": `--only has "nothing"`,
		"now":                   `"now" is not a flag`,
		"--slow":                "flag provided but not defined",
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// script makes a command of a shell script.
func script(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// A command that crashes, or whose time is over, leaves the rows that it printed, and one that says
// what happened.
func TestFailuresAreRows(t *testing.T) {
	folder := t.TempDir()
	const printed = `{"rows":[{"group":"g","measure":"m","kith":{"median":1,"rounds":1}}]}`
	rows := filepath.Join(folder, "rows.json")
	if err := os.WriteFile(rows, []byte(printed), 0o644); err != nil {
		t.Fatal(err)
	}
	script(t, folder, "fine", "echo '"+printed+"'")
	script(t, folder, "crash", "echo '"+printed+"'; echo 'panic: oh' >&2; exit 2")
	script(t, folder, "silent", "exit 0")
	script(t, folder, "slow", "trap 'cat "+rows+"; exit 1' INT; echo ready >&2; while :; do sleep 0.05; done")
	for _, c := range []struct {
		name, fault string
		kept        int
	}{
		{"fine", "", 1},
		{"crash", "exit status 2: panic: oh", 1},
		{"silent", "it printed nothing", 0},
		{"slow", "its time was over", 1},
		{"missing", "building it", 0},
	} {
		limit := time.Minute
		if c.name == "slow" {
			limit = time.Second
		}
		o := measurement{c.name, "", limit}.run(t.Context(), folder, &bytes.Buffer{})
		rows := o.report.Rows
		if c.fault == "" {
			if len(rows) != 1 || rows[0].Fault != "" {
				t.Errorf("%s: %+v", c.name, rows)
			}
			continue
		}
		if len(rows) != c.kept+1 || !strings.Contains(rows[c.kept].Fault, c.fault) || rows[c.kept].Kith.Rounds != 0 {
			t.Errorf("%s: %+v", c.name, rows)
		}
	}
}
