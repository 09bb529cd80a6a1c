package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/kithmesh/kith/sim/report"
)

func result(seed uint64, path float64) *report.Result {
	r := &report.Result{Seed: seed}
	r.Add("path", "hops", path).Within(6, 7).Against(6.4).Ideal(6.36)
	r.Add("components", "pieces", 1)
	return r
}

func TestRows(t *testing.T) {
	second := result(2, 6.6)
	second.Measures = second.Measures[:1]
	rows := report.Rows([]*report.Result{result(1, 6.4), second})
	if len(rows) != 2 || rows[0].Name != "path" || rows[1].Name != "components" {
		t.Fatalf("got %+v", rows)
	}
	path, components := rows[0], rows[1]
	if path.Ours.N != 2 || math.Abs(path.Ours.Mean-6.5) > 1e-9 || path.Ours.Min != 6.4 || path.Ours.Max != 6.6 {
		t.Errorf("path is %+v", path.Ours)
	}
	if !path.Met() || *path.Paper != 6.4 || *path.Regular != 6.36 {
		t.Errorf("path is %+v", path)
	}
	if components.Ours.N != 1 || !components.Met() || components.Bound != nil || components.Paper != nil {
		t.Errorf("components is %+v", components)
	}
	if rows := report.Rows(nil); rows != nil {
		t.Errorf("no results give %+v", rows)
	}
}

func TestBounds(t *testing.T) {
	b := &report.Bound{Low: 1, High: 2}
	for v, want := range map[float64]bool{0.9: false, 1: true, 2: true, 2.1: false} {
		if b.Holds(v) != want {
			t.Errorf("%v in %+v is %v", v, *b, !want)
		}
	}
	if _, ok := result(1, 6).Get("nothing"); ok {
		t.Error("a measure that is not there is found")
	}
}

func TestResultAsJSON(t *testing.T) {
	b, err := json.Marshal(result(1, 6.5))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"path"`, `"paper":6.4`, `"regular_graph":6.36`, `"bound":{"low":6,"high":7}`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %s", b, want)
		}
	}
}
