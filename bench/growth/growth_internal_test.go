// The laws, and a small run of both forms.

package main

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/kithmesh/kith/bench/child"
)

func TestMain(m *testing.M) {
	child.Serve(serve)
	os.Exit(m.Run())
}

func TestLaws(t *testing.T) {
	sizes := []float64{25, 50, 100, 1000, 10000}
	for want, f := range map[string]func(float64) float64{
		"flat":                              func(x float64) float64 { return 100 + math.Mod(x, 7)/7 },
		"logarithmic":                       func(x float64) float64 { return 1 + 2*math.Log10(x) },
		"falling":                           func(x float64) float64 { return 100 - 20*math.Log10(x) },
		"linear, or worse than logarithmic": func(x float64) float64 { return 3 + x/10 },
	} {
		var points []point
		for _, x := range sizes {
			points = append(points, point{x, f(x)})
		}
		l := lawOf(points)
		if l.name != want {
			t.Errorf("%+v, want %s", l, want)
		}
		if want == "logarithmic" && (math.Abs(l.perDecade-2) > 1e-9 || math.Abs(l.fit-1) > 1e-9) {
			t.Errorf("%+v, want 2 for ten times the nodes", l)
		}
	}
}

func TestFlagsSayWhatTheyWant(t *testing.T) {
	for args, want := range map[string]string{
		"--nodes 1":           "want numbers from 2 to 2000",
		"--simulated 2000000": "want numbers from 2 to 1000000",
		"--seconds 0":         "want more than 0",
		"--rounds 0":          "--rounds is 0, want 1 or more",
		"--limit 0s":          "--limit is 0s, want more than 0",
		"now":                 `"now" is not a flag`,
	} {
		_, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestSmallClusters(t *testing.T) {
	var log bytes.Buffer
	r, _, err := run(t.Context(), strings.Fields("--nodes 4,8 --simulated 30,40,50 --seconds 0.2 --rest 0.1"), &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	rows, summed := 0, 0
	for _, row := range r.Rows {
		switch {
		case row.Fault != "":
			t.Errorf("%+v", row)
		case row.Nodes > 0:
			rows++
			if row.Measure == neighbors && (row.Kith.Median < 2.5 || row.Kith.Median > 5) || row.Measure == lastHop && row.Kith.Median < 1 {
				t.Errorf("%+v", row)
			}
		default:
			summed++
		}
	}
	if rows != 2*12+3*9 || summed != 9 {
		t.Errorf("%d rows and %d laws\n%s", rows, summed, log.String())
	}
}
