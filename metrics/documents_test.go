// The documents of the metrics tell of those that there are, and of no others.

package metrics_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kithmesh/kith/metrics"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryMetricIsDocumented(t *testing.T) {
	documented := regexp.MustCompile("(?m)^\\| `kith_.*$").FindAllString(read(t, "metrics.md"), -1)
	for _, r := range metrics.Rows() {
		labels := ""
		if len(r.Labels) > 0 {
			labels = "`" + strings.Join(r.Labels, "`, `") + "`"
		}
		row := "| `" + r.Name + "` | " + r.Kind + " | " + labels + " | " + r.Help + " |"
		i := slices.Index(documented, row)
		if i < 0 {
			t.Errorf("docs/metrics.md lacks\n%s", row)
			continue
		}
		documented = slices.Delete(documented, i, i+1)
	}
	for _, row := range documented {
		t.Errorf("docs/metrics.md has what no collector exports\n%s", row)
	}
}

// named returns the metrics that a text names, without what the text format adds to histograms.
func named(text string) []string {
	var names []string
	for _, name := range regexp.MustCompile(`\bkith_\w+`).FindAllString(text, -1) {
		for _, r := range metrics.Rows() {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if r.Kind == "histogram" && name == r.Name+suffix {
					name = r.Name
				}
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestAlertsAndDashboardUseMetricsThatThereAre(t *testing.T) {
	for file, least := range map[string]int{"alerts.yml": 8, "grafana/kith.json": 30} {
		names := named(read(t, file))
		if len(names) < least {
			t.Errorf("docs/%s uses only %d metrics", file, len(names))
		}
		for _, name := range names {
			if !slices.ContainsFunc(metrics.Rows(), func(r metrics.Row) bool { return r.Name == name }) {
				t.Errorf("docs/%s uses %s, which no collector exports", file, name)
			}
		}
	}
}

// Whatever docs/operations.md says is to be watched has an alert, under the name given there.
func TestWhatToWatchHasAlerts(t *testing.T) {
	_, section, found := strings.Cut(read(t, "operations.md"), "\n## What to watch\n")
	if !found {
		t.Fatal("docs/operations.md does not say what to watch")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var watched, alerts []string
	for _, m := range regexp.MustCompile("\\| `(Kith\\w+)` \\|").FindAllStringSubmatch(section, -1) {
		watched = append(watched, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(read(t, "alerts.yml"), -1) {
		alerts = append(alerts, m[1])
	}
	if len(watched) < 7 || !slices.Equal(watched, alerts) {
		t.Errorf("docs/operations.md names the alerts\n%v, docs/alerts.yml has\n%v", watched, alerts)
	}
}

// The labels in the expressions are those that the metrics have, and so are the values.
func TestAlertsSelectWhatThereIs(t *testing.T) {
	values := gathered(t)
	selectors := regexp.MustCompile(`(kith_\w+)\{(\w+)(?:=|!=|=~)"([^"]*)"\}`).FindAllStringSubmatch(read(t, "alerts.yml"), -1)
	if len(selectors) < 2 {
		t.Errorf("only %d selectors", len(selectors))
	}
	for _, s := range selectors {
		for value := range strings.SplitSeq(s[3], "|") {
			if !values[s[1]+" "+s[2]+" "+value] {
				t.Errorf("%s has no label %s with the value %s", s[1], s[2], value)
			}
		}
	}
}

func TestDashboardIsJSON(t *testing.T) {
	var board struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/kith.json")), &board); err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, p := range board.Panels {
		if seen[p.ID] || p.Title == "" || (p.Type != "row") != (len(p.Targets) > 0) {
			t.Errorf("panel %d, %q of type %s with %d targets", p.ID, p.Title, p.Type, len(p.Targets))
		}
		seen[p.ID] = true
	}
	if !strings.Contains(read(t, "grafana/kith.json"), "(kith_cluster_size_estimate{") {
		t.Error("no panel has the size of the cluster")
	}
	if board.UID == "" || len(board.Panels) < 15 {
		t.Errorf("uid %q, %d panels", board.UID, len(board.Panels))
	}
}
