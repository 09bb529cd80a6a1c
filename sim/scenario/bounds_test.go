package scenario_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

// find returns the scenario with that name.
func find(t *testing.T, name string) scenario.Scenario {
	t.Helper()
	for _, s := range scenario.All() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return scenario.Scenario{}
}

// hasty is a configuration that forgets soon, so that a partition need not be long.
func hasty() membership.Config {
	c := membership.DefaultConfig()
	c.LostFor, c.MaxAge = 2*time.Minute, 2*time.Minute
	return c
}

// run runs a scenario at a small size and fails if a measure is not in its bound.
func run(t *testing.T, name string, nodes int, seed uint64) *report.Result {
	t.Helper()
	s := find(t, name)
	r, err := s.Run(scenario.Options{Nodes: nodes, Seed: seed, Membership: hasty(), Check: seed == 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Measures {
		if !m.Bound.Holds(m.Value) {
			t.Errorf("seed %d: %s is %v, want %v", seed, m.Name, m.Value, *m.Bound)
		}
	}
	return r
}

// value returns a measure, which must be there.
func value(t *testing.T, r *report.Result, name string) float64 {
	t.Helper()
	v, ok := r.Get(name)
	if !ok {
		t.Fatalf("there is no measure %s", name)
	}
	return v
}

// between fails unless a measure is in a range.
func between(t *testing.T, r *report.Result, name string, low, high float64) {
	t.Helper()
	if v := value(t, r, name); v < low || v > high {
		t.Errorf("seed %d: %s is %v, want %v to %v", r.Seed, name, v, low, high)
	}
}

// With sizes that nodes choose there is a graph to compare with, too.
func TestFlashWithSizesThatNodesChoose(t *testing.T) {
	cfg := hasty()
	cfg.ActiveSize = membership.Auto
	r, err := find(t, "flash").Run(scenario.Options{Nodes: 50, Seed: 1, Membership: cfg})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Measures {
		if !m.Bound.Holds(m.Value) {
			t.Errorf("%s is %v, want %v", m.Name, m.Value, *m.Bound)
		}
	}
}

func TestFlash(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "flash", 50, seed+1)
		for _, m := range r.Measures {
			if strings.HasSuffix(m.Name, "whole_s") && m.Value > 30 {
				t.Errorf("seed %d: %s is %v", r.Seed, m.Name, m.Value)
			}
		}
	}
}

func TestChurn(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, "churn", 70, seed+1)
		for _, rate := range []string{"rate1_", "rate5_", "rate10_"} {
			between(t, r, rate+"reliability", 0.99, 1)
			between(t, r, rate+"detection_max_ms", 0, 6000)
			between(t, r, rate+"messages_per_node_s", 5, 15)
		}
		between(t, r, "rate10_deaths", 4, 30)
		between(t, r, "rate10_stale", 0.001, 0.3)
	}
}

func TestRolling(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "rolling", 40, seed+1)
		for _, how := range []string{"leave_", "kill_"} {
			between(t, r, how+"reliability", 0.99, 1)
			between(t, r, how+"rest_s", 0, 60)
			between(t, r, how+"stale_50", 0, 0.01)
			if value(t, r, how+"stale_5") > value(t, r, how+"stale") {
				t.Errorf("seed %d: %s: stale entries must fade", r.Seed, how)
			}
		}
	}
}

func TestPartition(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "partition", 40, seed+1)
		for _, how := range []string{"short_", "long_", "small_"} {
			between(t, r, how+"remember_active", 0, 0)
			between(t, r, how+"whole_s", 0, 300)
		}
		for _, how := range []string{"long_", "small_"} {
			between(t, r, how+"remember_passive", 0, 0)
			between(t, r, how+"remember_lost", 0, 0)
		}
		between(t, r, "long_cross", 0.2, 0.6)
		between(t, r, "healthy_rotation_changes", 0.05, 0.5)
	}
}

func TestOneway(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, "oneway", 70, seed+1)
		for _, how := range []string{"mute_", "deaf_"} {
			between(t, r, how+"links_left", 0, 0)
			between(t, r, how+"links_gone_s", 1, 10)
			between(t, r, how+"reliability", 0.99, 1)
			between(t, r, how+"links_back", 0.5, 2)
		}
		if value(t, r, "mute_others_silent") == 0 || value(t, r, "deaf_odd_silent") == 0 {
			t.Errorf("seed %d: whoever hears nothing gives up", r.Seed)
		}
	}
}

func TestNAT(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, "nat", 60, seed+1)
		between(t, r, "hidden", 6, 6)
		between(t, r, "hidden_degree", 3, 5)
		between(t, r, "links_between_hidden", 0, 0)
		between(t, r, "reliability", 0.99, 1)
		between(t, r, "failed_dials_per_node_min", 0.01, 10)
	}
}

func TestSlow(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "slow", 60, seed+1)
		between(t, r, "slow", 3, 3)
		between(t, r, "expelled", 1, 1000)
		between(t, r, "reliability", 0.99, 1)
		between(t, r, "others_degree", 4.5, 5)
	}
}

func TestSize(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "size", 200, seed+1)
		for _, when := range []string{"joined_", "grown_", "halved_", "rest_"} {
			between(t, r, when+"wanted_most", 4, 4)
		}
		between(t, r, "rest_nodes", 10, 10)
		between(t, r, "rest_degree", 4, 4)
	}
}

func TestZones(t *testing.T) {
	for seed := range uint64(2) {
		r := run(t, "zones", 80, seed+1)
		for _, layout := range []string{"even_", "uneven_"} {
			if blind, zoned := value(t, r, layout+"blind_near"), value(t, r, layout+"zoned_near"); zoned < blind+0.05 {
				t.Errorf("seed %d: %s: %v of the links are near, %v without zones", r.Seed, layout, zoned, blind)
			}
			between(t, r, layout+"zoned_left_30", 0.95, 1)
		}
	}
}

func TestScale(t *testing.T) {
	r := run(t, "scale", 600, 1)
	between(t, r, "nodes", 600, 600)
	between(t, r, "healed_nodes", 200, 400)
	between(t, r, "healed_s", 0, 60)
	between(t, r, "full_s", 0.25, 120)
	between(t, r, "path", 4, 4.7)
}

// Every experiment says what it is, counts its steps, has no name twice and a chart;
// and a second run of the same seed gives the same report.
func TestAll(t *testing.T) {
	names := map[string]bool{}
	for _, s := range scenario.All() {
		if names[s.Name] || s.Short == "" || s.Long == "" || s.Nodes < 200 {
			t.Errorf("%+v", s)
		}
		names[s.Name] = true
		t.Run(s.Name, func(t *testing.T) {
			r := small(t, s, 1)
			sound(t, r)
			if s.Name == "liars" {
				return // many worlds of the same kind: see TestSameSeedSameAttack
			}
			if written(t, r) != written(t, small(t, s, 1)) {
				t.Error("two runs of one seed differ")
			}
		})
	}
	if s := find(t, "churn"); written(t, small(t, s, 1)) == written(t, small(t, s, 2)) {
		t.Error("two seeds give the same")
	}
}

// small runs a scenario at the least size.
func small(t *testing.T, s scenario.Scenario, seed uint64) *report.Result {
	t.Helper()
	done, total := 0, 0
	r, err := s.Run(scenario.Options{Nodes: 20, Seed: seed, Membership: hasty(), Progress: func(d, of int, what string) {
		if d != done+1 || d > of || what == "" {
			t.Errorf("%d of %d: %q", d, of, what)
		}
		done, total = d, of
	}})
	if err != nil {
		t.Fatal(err)
	}
	if done != total || total == 0 {
		t.Errorf("%d of %d steps", done, total)
	}
	return r
}

// sound fails unless a report can be printed and drawn.
func sound(t *testing.T, r *report.Result) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range r.Measures {
		if seen[m.Name] || m.About == "" || math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			t.Errorf("measure %+v", m)
		}
		seen[m.Name] = true
	}
	if len(r.Charts) == 0 || r.Digest == 0 {
		t.Errorf("%d charts, digest %d", len(r.Charts), r.Digest)
	}
	for _, c := range r.Charts {
		for _, l := range c.Lines {
			if len(l.Points) == 0 || l.Name == "" {
				t.Errorf("chart %s: line %q has %d points", c.Name, l.Name, len(l.Points))
			}
		}
	}
}

func written(t *testing.T, r *report.Result) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An error names the command that shows it again.
func TestError(t *testing.T) {
	bad, pairs := hasty(), hasty()
	bad.ActiveSize = 0
	pairs.ActiveSize = 1 // an overlay of pairs never is one component
	for _, c := range []struct {
		o    scenario.Options
		want error
		text string
	}{
		{scenario.Options{Nodes: 100, Seed: 3, Membership: bad}, membership.ErrConfig, "ActiveSize"},
		{scenario.Options{Nodes: 2, Seed: 3, Membership: hasty()}, nil, "2 nodes"},
		{scenario.Options{Nodes: 20, Seed: 3, Membership: pairs}, nil, "10 components"},
	} {
		_, err := find(t, "churn").Run(c.o)
		var failure *scenario.Error
		if !errors.As(err, &failure) || failure.Seed != 3 || failure.Nodes != c.o.Nodes {
			t.Fatalf("got %v", err)
		}
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%v is not %v", err, c.want)
		}
		if !strings.Contains(err.Error(), "demo sim churn --nodes") || !strings.Contains(err.Error(), "--seed 3") {
			t.Errorf("%v does not say how to see it again", err)
		}
		if !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v does not say what is wrong: %s", err, c.text)
		}
	}
}
