// The charts of an experiment, as files.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kithmesh/kith/cmd/demo/chart"
	simreport "github.com/kithmesh/kith/sim/report"
)

// writeCharts draws the charts into files and returns their names.
func writeCharts(file string, results []*simreport.Result) ([]string, error) {
	if len(results) == 0 {
		return nil, nil
	}
	charts := chart.Of(results)
	if len(charts) == 0 {
		return nil, errors.New("the experiment has no charts for --svg")
	}
	names := make([]string, 0, len(charts))
	for i := range charts {
		name := file
		if len(charts) > 1 {
			name = chartFile(file, charts[i].Name)
		}
		if err := os.WriteFile(name, charts[i].SVG(), 0o644); err != nil {
			return names, fmt.Errorf("writing a chart: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}

// chartFile puts the name of one of several charts before the extension.
func chartFile(file, name string) string {
	ending := filepath.Ext(file)
	return strings.TrimSuffix(file, ending) + "-" + name + ending
}
