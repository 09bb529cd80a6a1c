// The command: its flags, its table, and a small run of everything.

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFlagsSayWhatTheyWant(t *testing.T) {
	for args, want := range map[string]string{
		"--nodes 1":          `--nodes is "1", want numbers from 2 to 100`,
		"--nodes 3,x":        `--nodes is "3,x"`,
		"--sizes 23":         `--sizes is "23", want numbers from 24 to 524288`,
		"--seconds 0":        `--seconds is "0", want more than 0`,
		"--delivery post":    `--delivery is "post", want callback, bridge or both`,
		"--rounds 0":         `--rounds is "0", want 1 or more`,
		"--window -1":        `--window is "-1"`,
		"--pace 1.5":         `--pace is "1.5"`,
		"now":                `"now" is not a flag`,
		"--rounds many":      "many",
		"--nodes 1 --pace 0": `--pace is "0"`,
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct{ given, size, want int }{
		{0, 24, 1024}, {0, 512, 1024}, {0, 4096, 128}, {0, 1 << 19, 1}, {7, 4096, 7},
	} {
		o := options{window: c.given}
		if got := o.ahead(c.size); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestTable(t *testing.T) {
	r := report{
		Go: "go1.26.8", Processors: 2, Server: "2.15.2", Rounds: 3, Seconds: 1.5,
		Rows: []row{
			{
				Delivery: byCallback, Nodes: 10, Size: 128, Window: 1024, Goals: goalsFor(byCallback, 10, 128),
				Routes:    figures{figure{50000, 48000.4, 51000}, figure{3, 2.9, 3.1}, figure{0.5, 0.4, 0.6}, figure{4, 3, 5}},
				Kith:      figures{figure{350000, 310000, 360000}, figure{0.5, 0.4, 0.6}, figure{0.2, 0.2, 0.2}, figure{2, 1, 3}},
				RateRatio: figure{7, 6, 7.2}, CPURatio: figure{0.17, 0.1, 0.2}, P50Ratio: figure{0.4, 0.4, 0.4}, P99Ratio: figure{0.5, 0.3, 0.6},
			},
			{Delivery: byBridge, Nodes: 50, Size: 4096, Window: 524, Goals: goalsFor(byBridge, 50, 4096)},
		},
	}
	var b strings.Builder
	if err := r.writeText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `One publisher, a subscriber on every node; medians of 3 rounds of 1.5 s [least to most].
routes: full-mesh cluster of nats-server 2.15.2, one route a pair. Latency is to the last node, at the same rate for both. go1.26.8, 2 processors.

delivery  nodes  bytes  window          messages/s to all              CPU µs per delivery     p50 ms                  p99 ms
callback     10    128    1024  routes  50000 [48000 to 51000]         3.00 [2.90 to 3.10]     0.50 [0.40 to 0.60]     4.00 [3.00 to 5.00]
                                kith    350000 [310000 to 360000]      0.50 [0.40 to 0.60]     0.20                    2.00 [1.00 to 3.00]
                                ratio   7.00 [6.00 to 7.20]            0.17 [0.10 to 0.20]     0.40                    0.50 [0.30 to 0.60]
                                goal    at least 6: met                                                                at most 0.4: missed
bridge       50   4096     524  routes  0                              0.00                    0.00                    0.00
                                kith    0                              0.00                    0.00                    0.00
                                ratio   0.00                           0.00                    0.00                    0.00
                                goal    at least 1: missed                                                             at most 0.6: met
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Three nodes, both sides, both ways to deliver, two rounds: every message is judged, so that it would
// fail if one were lost.
func TestThreeNodes(t *testing.T) {
	var out, log bytes.Buffer
	args := strings.Fields("--nodes 3 --sizes 128,70000 --seconds 0.2 --rounds 2 --window 32 --delivery callback,bridge --json")
	if err := run(t.Context(), args, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if len(r.Rows) != 4 || r.Rows[1].Size != 70000 || r.Rows[0].Nodes != 3 {
		t.Fatalf("rows %+v", r.Rows)
	}
	for _, row := range r.Rows {
		for name, f := range row.sides() {
			for _, v := range []figure{f.Rate, f.CPU, f.P50, f.P99} {
				if v.Min <= 0 || v.Min > v.Median || v.Median > v.Max {
					t.Errorf("%s, %d bytes: %+v", name, row.Size, f)
				}
			}
		}
		if row.PaceRate <= 0 || row.RateRatio.Median <= 0 || row.P99Ratio.Median <= 0 || row.CPURatio.Median <= 0 {
			t.Errorf("row %+v", row)
		}
	}
	// The sides take turns.
	var turns []string
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, "bridge, 3 nodes, 128 bytes") {
			turns = append(turns, strings.Split(line, ": ")[1])
		}
	}
	if got := strings.Join(turns, " "); got != "routes kith routes kith routes kith routes kith" {
		t.Errorf("turns: %s", got)
	}
}
