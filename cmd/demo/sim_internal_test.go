// The command sim, with experiments of the test and a small real one.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	simreport "github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

// fake is an experiment that does what the test says.
func fake(runOne func(o scenario.Options) (*simreport.Result, error)) []scenario.Scenario {
	return []scenario.Scenario{{Name: "fake", Short: "Pretend", Long: "It pretends.", Nodes: 100, Run: runOne}}
}

// simulate runs a command line of the experiment and returns what it said.
func simulate(
	t *testing.T, args string, runOne func(o scenario.Options) (*simreport.Result, error),
) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = runWith(t.Context(), strings.Fields("sim fake "+args), stdio{out: &out, err: &err, env: vars(nil)}, fake(runOne))
	return status, out.String(), err.String()
}

// measured is a result whose one judged figure is the seed.
func measured(o scenario.Options, low, high float64) *simreport.Result {
	r := &simreport.Result{Seed: o.Seed, Digest: o.Seed * 0x1111}
	r.Add("zeta", "the seed", float64(o.Seed)).Within(low, high).Against(2.5)
	r.Add("alpha", "the nodes", float64(o.Nodes)).Ideal(7)
	r.Charts = []simreport.Chart{
		{Name: "one", Title: "One", Lines: []simreport.Line{{Name: "a", Points: [][2]float64{{1, 1}, {2, float64(o.Seed)}}}}},
		{Name: "two", Title: "Two", Lines: []simreport.Line{{Name: "b", Points: [][2]float64{{1, 1}}}}},
	}
	return r
}

func TestSimRunsSeedsInOrder(t *testing.T) {
	// The first seed ends last, if two can run at all.
	second := make(chan struct{})
	var once sync.Once
	status, out, stderr := simulate(t, "--seed 3 --seeds 5 --nodes 40 --json", func(o scenario.Options) (*simreport.Result, error) {
		if o.Seed == 3 {
			select {
			case <-second:
			case <-time.After(100 * time.Millisecond): // one processor
			}
		} else {
			once.Do(func() { close(second) })
		}
		return measured(o, 5, 5), nil
	})
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var object struct {
		Experiment string
		Nodes      int
		Seeds      []uint64
		Digests    []string
		Measures   map[string]struct {
			Ours    struct{ Mean, Min, Max, SD, N float64 }
			Paper   *float64
			Regular *float64 `json:"regular_graph"`
			Want    *struct{ Low, High float64 }
			Met     *bool
			About   string
		}
		Met       bool
		ElapsedMS float64 `json:"elapsed_ms"`
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if object.Experiment != "fake" || object.Nodes != 40 || !object.Met || object.ElapsedMS <= 0 {
		t.Errorf("%+v", object)
	}
	if !slices.Equal(object.Seeds, []uint64{3, 4, 5, 6, 7}) || object.Digests[1] != "0000000000004444" || len(object.Digests) != 5 {
		t.Errorf("seeds %v, digests %v", object.Seeds, object.Digests)
	}
	zeta, alpha := object.Measures["zeta"], object.Measures["alpha"]
	if o := zeta.Ours; o.Mean != 5 || o.Min != 3 || o.Max != 7 || o.N != 5 || o.SD < 1.58 || o.SD > 1.59 {
		t.Errorf("zeta %+v", o)
	}
	if zeta.Paper == nil || *zeta.Paper != 2.5 || zeta.Regular != nil || zeta.Want == nil || zeta.Want.High != 5 || zeta.Met == nil || !*zeta.Met || zeta.About != "the seed" {
		t.Errorf("zeta %+v", zeta)
	}
	if alpha.Paper != nil || alpha.Regular == nil || *alpha.Regular != 7 || alpha.Want != nil || alpha.Met != nil || alpha.Ours.Mean != 40 {
		t.Errorf("alpha %+v", alpha)
	}
	if strings.Index(out, `"zeta"`) > strings.Index(out, `"alpha"`) {
		t.Errorf("the measures are not in their order: %s", out)
	}
}

func TestSimBoundIsJudgedByTheMean(t *testing.T) {
	run := func(o scenario.Options) (*simreport.Result, error) { return measured(o, 2, 3), nil }
	if status, _, stderr := simulate(t, "--seeds 3", run); status != exitFine {
		t.Errorf("status %d of a mean of 2: %s", status, stderr)
	}
	status, out, stderr := simulate(t, "--seed 4", run)
	if status != exitFault || !strings.Contains(stderr, "demo: zeta is 4, want 2 to 3\n") {
		t.Errorf("status %d: %s", status, stderr)
	}
	for _, want := range []string{missed, "wanted ranges that do not hold: 1 of 1", "100 nodes, seed 4, digest 0000000000004444, took "} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(stderr, "--help") {
		t.Errorf("a bound is no mistake in the command line: %s", stderr)
	}
}

func TestSimTellsOfRunsThatFail(t *testing.T) {
	run := func(o scenario.Options) (*simreport.Result, error) {
		switch o.Seed {
		case 2:
			return nil, errors.New("fake: split; again: demo sim fake --nodes 100 --seed 2")
		case 3:
			return nil, errors.New("fake: asymmetric")
		}
		return measured(o, 0, 9), nil
	}
	status, out, stderr := simulate(t, "--seeds 4", run)
	if status != exitFault {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{
		"demo: seed 2: fake: split; again: demo sim fake --nodes 100 --seed 2\n",
		"demo: seed 3: fake: asymmetric\n", "demo: replay with: demo sim fake --nodes 100 --seed 3\n",
		`"seed":3,"error":"fake: asymmetric"`,
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("lacks %q: %s", want, stderr)
		}
	}
	if strings.Count(stderr, "replay with") != 1 || !strings.Contains(out, "2 seeds from 1 to 4, 2 failed") {
		t.Errorf("%s\n%s", stderr, out)
	}

	_, out, stderr = simulate(t, "--seed 3 --set ActiveSize=6,ARWL=7 --check --json", run)
	if want := "demo sim fake --nodes 100 --seed 3 --set ActiveSize=6 --set ARWL=7 --check\n"; !strings.Contains(stderr, want) {
		t.Errorf("lacks %q: %s", want, stderr)
	}
	var object struct {
		Failed []struct {
			Seed  uint64
			Error string
		}
		Met bool
		Set []string
	}
	if err := json.Unmarshal([]byte(out), &object); err != nil {
		t.Fatal(err)
	}
	if object.Met || len(object.Failed) != 1 || object.Failed[0].Seed != 3 || !slices.Equal(object.Set, []string{"ActiveSize=6", "ARWL=7"}) {
		t.Errorf("%+v", object)
	}
}

func TestSimManyFailuresAreCounted(t *testing.T) {
	_, out, stderr := simulate(t, "--seeds 9 --log-level off", func(scenario.Options) (*simreport.Result, error) { return nil, nil })
	if strings.Count(stderr, "the run found nothing") != 5 || !strings.Contains(stderr, "4 seeds more failed") || out != "" {
		t.Errorf("%q, %s", out, stderr)
	}
}

func TestSimEndsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out, err bytes.Buffer
	gone := make(chan struct{})
	status := runWith(ctx, strings.Fields("sim fake"), stdio{out: &out, err: &err, env: vars(nil)},
		fake(func(o scenario.Options) (*simreport.Result, error) {
			defer close(gone)
			o.Progress(1, 10, "steps")
			cancel()
			o.Progress(2, 10, "steps")
			return nil, errors.New("the run went on")
		}))
	<-gone
	if status != exitFault || !strings.Contains(err.String(), "demo: interrupted when 0 of 1 seed had ended") || out.Len() > 0 {
		t.Errorf("status %d, %q, %s", status, out.String(), err.String())
	}
	if strings.Contains(err.String(), "the run went on") {
		t.Error(err.String())
	}
}

func TestSimHandsTheOptionsOver(t *testing.T) {
	var got scenario.Options
	args := "--nodes 30 --seed 9 --check --set ActiveSize=6 --set ShuffleInterval=5s,JoinRate=2.5,ARWL=7 --set ActiveSize=4"
	status, _, stderr := simulate(t, args, func(o scenario.Options) (*simreport.Result, error) {
		got = o
		return measured(o, 0, 10), nil
	})
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	want := membership.DefaultConfig()
	want.ActiveSize, want.ShuffleInterval, want.JoinRate, want.ARWL = 4, 5*time.Second, 2.5, 7
	if got.Nodes != 30 || got.Seed != 9 || !got.Check || got.Membership != want {
		t.Errorf("%+v", got)
	}
}

func TestSimTellsOfEveryWrongSetting(t *testing.T) {
	status, _, stderr := simulate(t, "--set ActivSize=3,ARWL=300,JoinRate=fast --set MaxAge=7,PassiveSize=-1,Parallel=0,=", nil)
	if status != exitUsage {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{
		`--set is "ActivSize=3", want Field=value with a field of membership.Config`,
		`--set is "ARWL=300", want a whole number from 0 to 255`,
		`--set is "JoinRate=fast", want a number`,
		`--set is "MaxAge=7", want a duration, such as 10s or 500ms`,
		`--set is "=", want Field=value`,
		"demo: the fields are ActiveSize, PassiveSize, ARWL, PRWL, ",
		"membership: PassiveSize is -1, want 0 to 4096",
		"membership: Parallel is 0, want 1 to 64",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("lacks %q:\n%s", want, stderr)
		}
	}
	if n := strings.Count(stderr, "\n"); n != 9 {
		t.Errorf("%d lines, want one for each fault and one about the help:\n%s", n, stderr)
	}
}

func TestEverySettingCanBeSet(t *testing.T) {
	names := strings.Split(fieldNames(reflect.TypeFor[membership.Config]()), ", ")
	for _, name := range names {
		found := false
		for _, value := range []string{"7", "7s"} {
			if _, err := configured([]string{name + "=" + value}); err == nil || errors.Is(err, membership.ErrConfig) {
				found = true
			}
		}
		if !found {
			t.Errorf("%s takes neither a number nor a duration", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("fields %v", names)
	}
}

func TestSimListsTheExperiments(t *testing.T) {
	var out bytes.Buffer
	if status := run(t.Context(), []string{"sim"}, stdio{out: &out, err: &out, env: vars(nil)}); status != exitFine {
		t.Errorf("status %d", status)
	}
	seen := map[string]bool{}
	for _, s := range experiments() {
		if !strings.Contains("\n"+out.String(), "\n"+s.Name+" ") || !strings.Contains(out.String(), s.Short) {
			t.Errorf("%s is not there:\n%s", s.Name, out.String())
		}
		if seen[s.Name] || s.Long == "" || s.Nodes < leastNodes || s.Nodes > mostNodes {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
}

func TestSimDrawsAFileForEachChart(t *testing.T) {
	dir := t.TempDir()
	run := func(o scenario.Options) (*simreport.Result, error) { return measured(o, 0, 9), nil }
	status, out, stderr := simulate(t, "--seeds 2 --svg "+filepath.Join(dir, "a.svg"), run)
	if status != exitFine {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for chart, title := range map[string]string{"a-one.svg": "One", "a-two.svg": "Two"} {
		svg, err := os.ReadFile(filepath.Join(dir, chart))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(svg, []byte(">"+title+"</text>")) {
			t.Errorf("%s lacks the title %q:\n%s", chart, title, svg)
		}
	}
	if want := fmt.Sprintf("charts: %s %s\n", filepath.Join(dir, "a-one.svg"), filepath.Join(dir, "a-two.svg")); !strings.HasSuffix(out, want) {
		t.Errorf("%q does not end with %q", out, want)
	}

	single := filepath.Join(dir, "b.svg")
	status, _, stderr = simulate(t, "--svg "+single, func(o scenario.Options) (*simreport.Result, error) {
		r := measured(o, 0, 9)
		r.Charts = r.Charts[:1]
		return r, nil
	})
	if _, err := os.Stat(single); err != nil || status != exitFine {
		t.Errorf("status %d, %v: %s", status, err, stderr)
	}

	status, _, stderr = simulate(t, "--svg "+single, func(o scenario.Options) (*simreport.Result, error) {
		r := measured(o, 0, 9)
		r.Charts = nil
		return r, nil
	})
	if status != exitFault || !strings.Contains(stderr, "the experiment has no charts for --svg") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestSimWithARealExperiment(t *testing.T) {
	dir := t.TempDir()
	once := func(name string) (digests []any, chart []byte) {
		var out, err bytes.Buffer
		file := filepath.Join(dir, name)
		args := strings.Fields("sim paper --nodes 24 --seeds 2 --json --svg " + file + ".svg")
		if status := run(t.Context(), args, stdio{out: &out, err: &err, env: vars(nil)}); status != exitFine {
			t.Fatalf("status %d: %s", status, err.String())
		}
		var object map[string]any
		if err := json.Unmarshal(out.Bytes(), &object); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"measures.components.ours.mean", "measures.average_shortest_path.paper", "measures.components.regular_graph"} {
			if !slices.Contains(keysOf("", object), key) {
				t.Errorf("lacks %s: %s", key, out.String())
			}
		}
		chart, readErr := os.ReadFile(file + "-reliability.svg")
		digests, isList := object["digests"].([]any)
		if readErr != nil || !isList {
			t.Fatal(readErr, object["digests"])
		}
		return digests, chart
	}
	digests, chart := once("a")
	again, same := once("b")
	if !slices.Equal(digests, again) || digests[0] == digests[1] {
		t.Errorf("digests %v, then %v", digests, again)
	}
	if !bytes.Equal(chart, same) {
		t.Error("the same data makes another picture")
	}
}
