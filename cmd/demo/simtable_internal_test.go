// The table of figures, in terminals of several widths, and the numbers in it.

package main

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"

	simreport "github.com/kithmesh/kith/sim/report"
)

// The scripts give the results of the seeds as JSON. Lines end in | so that trailing
// spaces show; ESC stands for the escape character.
func TestFindings(t *testing.T) {
	datadriven.RunTest(t, "testdata/findings.txt", func(t *testing.T, d *datadriven.TestData) string {
		var results []*simreport.Result
		if err := json.Unmarshal([]byte(d.Input), &results); err != nil {
			d.Fatalf(t, "%v", err)
		}
		f := &findings{
			experiment: "fake", options: &simOptions{nodes: 100, seeds: len(results)},
			results: results, rows: simreport.Rows(results), elapsed: 1234 * time.Millisecond,
		}
		var b strings.Builder
		switch d.Cmd {
		case "table":
			width := 0
			if d.HasArg("width") {
				d.ScanArgs(t, "width", &width)
			}
			color := d.HasArg("color")
			if err := f.writeText(&b, width, ink(color)); err != nil {
				t.Error(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := utf8.RuneCountInString(line) - 1; width > 0 && n >= width && !color {
					t.Errorf("%s: %d characters: %s", d.Pos, n, line)
				}
			}
		case "json":
			if err := writeJSON(&b, f); err != nil {
				t.Error(err)
			}
		case "fault":
			if err := f.fault(); err != nil {
				b.WriteString(err.Error() + "\n")
			}
		}
		return strings.ReplaceAll(strings.ReplaceAll(b.String(), "\x1b", "ESC"), "\n", "|\n")
	})
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 3: "3", -3: "-3", 6.38542: "6.385", 0.00092: "0.00092", 0.123456: "0.1235", 99.996: "100",
		12345.6: "12346", 1234567: "1234567", 1e18: "1e+18", 0.0000123456: "1.235e-05", math.Inf(1): "+Inf",
	} {
		if got := figure(v); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
	if got := figure(math.NaN()); got != "-" {
		t.Errorf("NaN is shown as %s", got)
	}
}

func TestOpenAndMissingNumbers(t *testing.T) {
	r := &simreport.Result{}
	r.Add("no_number", "", math.NaN()).Within(0, 1)
	r.Add("low", "", 1).Within(math.Inf(-1), 2)
	r.Add("high", "", 1).Within(2, math.MaxFloat64)
	f := &findings{experiment: "x", options: &simOptions{nodes: 5, seeds: 1}, results: []*simreport.Result{r}, rows: simreport.Rows([]*simreport.Result{r})}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"no_number":{"ours":{"sd":0,"n":1}`, `"want":{"high":2},"met":true`, `"want":{"low":2},"met":false`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
	if got := []string{wanted(f.rows[1].Bound), wanted(f.rows[2].Bound), wanted(nil)}; !slices.Equal(got, []string{"at most 2", "at least 2", ""}) {
		t.Errorf("shown as %q", got)
	}
	if err := f.fault(); err == nil || strings.Count(err.Error(), "want") != 2 {
		t.Errorf("faults: %v", err)
	}
}

func TestProgressLine(t *testing.T) {
	p := &progress{name: "churn", seeds: 5}
	running := []string{stage{seed: 3, what: "joins", done: 1, total: 4}.String(), stage{seed: 4}.String()}
	if got, want := p.line(72*time.Second, 2, running, 100), "churn  1m12s  2 of 5 seeds  seed 3: joins 25 %, seed 4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.line(time.Second, 2, running, 20); utf8.RuneCountInString(got) != 20 {
		t.Errorf("got %q", got)
	}
	p.seeds = 1
	if got, want := p.line(0, 0, running[1:], 100), "churn  0s  seed 4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
