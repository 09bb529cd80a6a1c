// The text format of Prometheus.

package text

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/kithmesh/kith/tcptransport"
)

// contentType is version 0.0.4 of the format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Handler serves what the sources have, such as a node and its bridge. No two may be of the same kind:
// the format wants all of a metric together.
func Handler(sources ...*Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		var page []byte
		for _, s := range sources {
			page = s.Append(page)
		}
		_, _ = w.Write(page) // who asked has gone
	})
}

// Append appends the metrics of the source to a page.
func (s *Source) Append(page []byte) []byte {
	b := bytes.NewBuffer(page)
	told := -1 // the family of which it was said what it is
	s.Read(func(sample Sample) {
		f := s.families[sample.Family]
		if sample.Family != told {
			told = sample.Family
			b.WriteString("# HELP " + f.Name + " " + escaped(f.Help) + "\n# TYPE " + f.Name + " " + f.Kind + "\n")
		}
		labels := s.labels(f, sample)
		if sample.Times != nil {
			writeTimes(b, f.Name, labels, sample.Times)
			return
		}
		writeLine(b, f.Name, labels, sample.Value)
	})
	return b.Bytes()
}

// escaped is a text on one line.
func escaped(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "\n", `\n`)
}

// labels are all of a sample, as they stand in a line.
func (s *Source) labels(f Family, sample Sample) string {
	all := append(make([]string, 0, 2+len(f.Labels)), label("cluster", s.Cluster), label("node", s.Node))
	for i, name := range f.Labels {
		all = append(all, label(name, sample.Labels[i]))
	}
	return strings.Join(all, ",")
}

func label(name, value string) string {
	return name + `="` + strings.ReplaceAll(escaped(value), `"`, `\"`) + `"`
}

func writeLine(b *bytes.Buffer, name, labels string, value float64) {
	b.WriteString(name + "{" + labels + "} " + shown(value) + "\n")
}

// writeTimes writes a histogram: how many took at most as long as each bound, and all of them.
func writeTimes(b *bytes.Buffer, name, labels string, d *tcptransport.Durations) {
	upTo := uint64(0)
	for i, bound := range tcptransport.DurationBounds() {
		upTo += d.Counts[i]
		writeLine(b, name+"_bucket", labels+","+label("le", shown(bound.Seconds())), float64(upTo))
	}
	writeLine(b, name+"_bucket", labels+`,le="+Inf"`, float64(d.Count()))
	writeLine(b, name+"_sum", labels, d.Sum.Seconds())
	writeLine(b, name+"_count", labels, float64(d.Count()))
}

// shown is a number as the client of Prometheus writes it.
func shown(v float64) string {
	if v == 0 || v == 1 {
		return strconv.Itoa(int(v))
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
