// A run of a moment.

package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var log strings.Builder
	report, _, err := run(t.Context(), []string{"--rounds", "1", "--steps", "2000"}, &log)
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Rows {
		r := &report.Rows[i]
		switch {
		case r.Fault != "":
		case r.Unit != "" && r.Kith.Median <= 0:
			t.Errorf("%s is %v, want more than 0", r.Measure, r.Kith.Median)
		case r.Goal != nil && !r.Met():
			t.Errorf("%s is %v: %s", r.Measure, r.Kith.Median, r.Verdict())
		}
	}
	if len(report.Rows) != 2*len(routines())+2 {
		t.Errorf("%d rows", len(report.Rows))
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"--steps", "1"}, {"x"}} {
		if _, _, err := run(t.Context(), args, new(strings.Builder)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
