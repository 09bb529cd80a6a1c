// The table, and the same as data.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report is everything that was measured, and how.
type report struct {
	Go         string  `json:"go"`
	Processors int     `json:"processors"`
	Server     string  `json:"nats_server"`
	Rounds     int     `json:"rounds"`
	Seconds    float64 `json:"seconds"`
	Rows       []row   `json:"rows"`
}

func (r *report) writeJSON(w io.Writer) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "One publisher, a subscriber on every node; medians of %d rounds of %g s [least to most].\n",
		r.Rounds, r.Seconds)
	fmt.Fprintf(&b, "routes: full-mesh cluster of nats-server %s, one route a pair. Latency is to the last node, at the same rate for both. %s, %d processors.\n\n",
		r.Server, r.Go, r.Processors)
	const format = "%-8s  %5s  %5s  %6s  %-6s  %-29s  %-22s  %-22s  %-22s\n"
	fmt.Fprintf(&b, format, "delivery", "nodes", "bytes", "window", "", "messages/s to all", "CPU µs per delivery", "p50 ms", "p99 ms")
	for i := range r.Rows {
		row := &r.Rows[i]
		delivery, nodes, size, window := row.Delivery, fmt.Sprint(row.Nodes), fmt.Sprint(row.Size), fmt.Sprint(row.Window)
		for name, f := range row.sides() {
			fmt.Fprintf(&b, format, delivery, nodes, size, window, name,
				f.Rate.text("%.0f"), f.CPU.text("%.2f"), f.P50.text("%.2f"), f.P99.text("%.2f"))
			delivery, nodes, size, window = "", "", "", ""
		}
		fmt.Fprintf(&b, format, "", "", "", "", "ratio",
			row.RateRatio.text("%.2f"), row.CPURatio.text("%.2f"), row.P50Ratio.text("%.2f"), row.P99Ratio.text("%.2f"))
		fmt.Fprintf(&b, format, "", "", "", "", "goal", row.Goals.rate(row.RateRatio.Median), "", "", row.Goals.p99(row.P99Ratio.Median))
	}
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// sides yields the two sides in the order of the table.
func (r *row) sides() func(yield func(string, *figures) bool) {
	return func(yield func(string, *figures) bool) {
		_ = yield("routes", &r.Routes) && yield("kith", &r.Kith)
	}
}

// text shows the median and, when there is one, the spread.
func (f figure) text(format string) string {
	if f.Min == f.Max {
		return fmt.Sprintf(format, f.Median)
	}
	return fmt.Sprintf(format+" ["+format+" to "+format+"]", f.Median, f.Min, f.Max)
}

// rate says what the ratio of the rates should be, and whether it is.
func (g rowGoals) rate(ratio float64) string {
	if g.LeastRateRatio == 0 {
		return ""
	}
	return judged(fmt.Sprintf("at least %g", g.LeastRateRatio), ratio >= g.LeastRateRatio)
}

// p99 says what the ratio of the latencies should be, and whether it is.
func (g rowGoals) p99(ratio float64) string {
	if g.MostP99Ratio == 0 {
		return ""
	}
	return judged(fmt.Sprintf("at most %g", g.MostP99Ratio), ratio <= g.MostP99Ratio)
}

func judged(goal string, met bool) string {
	if met {
		return goal + ": met"
	}
	return goal + ": missed"
}

// trimLines takes the spaces off the ends of lines.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
