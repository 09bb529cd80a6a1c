// The results of an experiment.

package report_test

import (
	"fmt"

	"github.com/kithmesh/kith/sim/report"
)

// Three runs of one experiment, one figure of which should lie between 0 and 2 on average.
func ExampleRows() {
	var results []*report.Result
	for seed, repaired := range []float64{1.2, 0.9, 2.4} {
		r := &report.Result{Seed: uint64(seed)}
		r.Add("repaired", "seconds until every view was full again", repaired).Within(0, 2)
		results = append(results, r)
	}
	for _, row := range report.Rows(results) {
		fmt.Println(row.Name, row.Ours.Mean, "as it should be:", row.Met())
	}
	// Output: repaired 1.5 as it should be: true
}
