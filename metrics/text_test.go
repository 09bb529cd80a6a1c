// The text that is made without the client of Prometheus is what the client would have made.

package metrics_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/metrics/text"
)

// moving are the metrics that are another the next moment, of a node that has ended too.
var moving = []string{"kith_uptime_seconds"}

func TestTextIsThatOfTheClient(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.Quick(), meshtest.Bridges())
	n := mesh.Node(0)
	registry := register(t, n)
	mesh.Kill(0) // so that its counts stay as they are

	answer := httptest.NewRecorder()
	text.Handler(text.Node(n.Node), text.Bridge(n.Node, n.Bridge())).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if got := answer.Header().Get("Content-Type"); got != string(expfmt.NewFormat(expfmt.TypeTextPlain)) {
		t.Errorf("the content is %q", got)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	ours, err := parser.TextToMetricFamilies(bytes.NewReader(answer.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	theirs := gather(t, registry)
	if a, b := slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs)); !slices.Equal(a, b) {
		t.Fatalf("the metrics are %v, want %v", a, b)
	}
	for name, f := range theirs {
		if slices.Contains(moving, name) {
			continue
		}
		if a, b := lines(t, ours[name]), lines(t, f); !slices.Equal(a, b) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(a, ""), strings.Join(b, ""))
		}
	}
}

// lines is a family as the client writes it, in no order: that of its samples says nothing.
func lines(t *testing.T, f *dto.MetricFamily) []string {
	t.Helper()
	for _, m := range f.GetMetric() {
		slices.SortFunc(m.GetLabel(), func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	}
	var b bytes.Buffer
	if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(strings.Lines(b.String()))
}
