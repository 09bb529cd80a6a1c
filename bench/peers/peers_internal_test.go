// The arithmetic, and a moment of every measure.

package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/bench/row"
)

// Children of the tests are this program.
func TestMain(m *testing.M) {
	if child() {
		return
	}
	os.Exit(m.Run())
}

func TestSearch(t *testing.T) {
	for limit, want := range map[int]int{7: 0, 8: 8, 9: 8, 13: 12, 20: 20, 100: 96, 1000: 896} {
		got, err := search(func(perSecond int) (bool, error) { return perSecond <= limit, nil })
		if got != want || err != nil {
			t.Errorf("of %d: %d, %v, want %d", limit, got, err, want)
		}
	}
	broken := errors.New("broken")
	if _, err := search(func(int) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestConnected(t *testing.T) {
	for name, c := range map[string]struct {
		views map[string][]string
		want  bool
	}{
		"none":         {nil, true},
		"one":          {map[string][]string{"a": nil}, true},
		"pair":         {map[string][]string{"a": {"b"}, "b": {"a"}}, true},
		"asymmetric":   {map[string][]string{"a": {"b"}, "b": {}}, false},
		"a dead one":   {map[string][]string{"a": {"b", "x"}, "b": {"a"}}, false},
		"two parts":    {map[string][]string{"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}, false},
		"line of four": {map[string][]string{"a": {"b"}, "b": {"a", "c"}, "c": {"b", "d"}, "d": {"c"}}, true},
	} {
		if got := connected(c.views); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestParseTraffic(t *testing.T) {
	const text = "Inter-|   Receive\n face |bytes\n    lo: 1 2 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n"
	if got, err := parseTraffic(text); got != (traffic{bytes: 1000, packets: 10}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"", "lo: 1 2", "eth0: 1 2 0 0 0 0 0 0 1 1 0 0 0 0 0 0", "lo: 1 2 0 0 0 0 0 0 x 1 0 0 0 0 0 0", "lo: 1 2 0 0 0 0 0 0 1 x 0 0 0 0 0 0"} {
		if _, err := parseTraffic(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

func TestTracker(t *testing.T) {
	tracked := newTracker(3)
	w := tracked.next(2, true)
	payload := newPayload()
	tracked.mark(payload, w, 0, 1, time.Now())
	for node, want := range []bool{true, false, true} { // node 1 is the origin
		if got := tracked.receive(node, payload); got != want {
			t.Errorf("node %d: new is %v, want %v", node, got, want)
		}
	}
	if tracked.receive(0, payload) || tracked.receive(0, payload[:9]) {
		t.Error("a copy, or a part, counts")
	}
	if w.everywhere() || w.late(time.Hour) != 1 || w.came.Load() != 2 || w.expected != 4 {
		t.Errorf("one of two messages is there: %d late, %d of %d deliveries", w.late(time.Hour), w.came.Load(), w.expected)
	}
	before := append([]byte(nil), payload...)
	tracked.mark(payload, w, 1, 0, time.Now().Add(-time.Minute))
	tracked.receive(1, payload)
	tracked.receive(2, payload)
	if !w.everywhere() || w.late(time.Second) != 1 {
		t.Errorf("both are there, and one is late: %v, %d", w.everywhere(), w.late(time.Second))
	}
	if _, last := w.percentiles(); last < time.Minute {
		t.Errorf("the later of the last is %v", last)
	}
	tracked.next(1, false)
	if tracked.receive(0, before) {
		t.Error("a message of an earlier wave counts")
	}
}

func TestAddresses(t *testing.T) {
	for _, i := range []int{0, 1, 255, 256, 399} {
		if got := nodeAt(address(i)); got != i {
			t.Errorf("node %d is at the address of %d", i, got)
		}
	}
	if hostOf("127.0.0.1:80") != -1 || hostOf("x") != -1 {
		t.Error("others are nodes")
	}
}

func TestRows(t *testing.T) {
	o := outcomes{
		kithSide: {{"rate": 400, "bytes": 300, "packets": 2}, {"rate": 500, "bytes": 300, "packets": 2}},
		lanSide:  {{"rate": 4, "bytes": 156, "packets": 2}, {"rate": 5, "bytes": 156, "packets": 2}},
		serfSide: {{"rate": 3}, {}},
	}
	r := o.beside(lanSide, "rate", 1, row.Row{Goal: row.AtLeast(100)})
	if !r.Met() || r.Kith.Median != 450 || r.Ratio.Median != 100 {
		t.Errorf("row is %+v", r)
	}
	if r := o.beside(serfSide, "rate", 1, row.Row{}); r.Ratio.Rounds != 1 || !strings.Contains(r.Note, "1 of 2") {
		t.Errorf("with a round missing: %+v", r)
	}
	if bare := o.without(lanSide, 28); bare.of(kithSide, "bare")[0] != 196 || bare.of(lanSide, "bare")[0] != 100 {
		t.Errorf("without headers: %v", bare)
	}
	if got := better(o, "rate", []string{lanSide, serfSide, gossipsub}); got != serfSide {
		t.Errorf("the lower is %s", got)
	}
	if rows := growth(map[int]outcomes{10: o, 20: o}, "rate", row.Row{}); len(rows) != 1 || rows[0].Kith.Median != 1 {
		t.Errorf("growth is %+v", rows)
	}
}

func TestParse(t *testing.T) {
	if o, err := parse([]string{"--only", "form,rate", "--nodes", "4,8"}, new(strings.Builder)); err != nil || len(o.only) != 2 || len(o.nodes) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"--only", "x"}, {"--nodes", "3"}, {"--rounds", "0"}, {"x"}} {
		if _, err := parse(args, new(strings.Builder)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

// hasty is a schedule of moments.
func hasty() schedule {
	return schedule{
		Form: time.Minute, Again: 20 * time.Second, Settle: 10 * time.Millisecond, Idle: 100 * time.Millisecond, Repair: time.Minute,
		Cut: 4 * time.Second, Heal: time.Minute, Speak: 500 * time.Millisecond, Trial: 100 * time.Millisecond, Late: 5 * time.Second,
		Limit: 4 * time.Minute,
	}
}

// TestMeasures has Kith measured by all that do not take long, and each other side by one.
func TestMeasures(t *testing.T) {
	if testing.Short() {
		t.Skip("clusters are started, which takes seconds")
	}
	for _, c := range []struct {
		measure, side, value string
		nodes                int
	}{
		{forms, kithSide, "bytes", 5},
		{"join", kithSide, "bytes", 5},
		{"idle", kithSide, "packets", 5},
		{"crash", kithSide, "heard", 5},
		{"half", kithSide, "heard", 6},
		{"partition", kithSide, "healed", 4},
		{"message", kithSide, "copies", 5},
		{"state", kithSide, "bytes", 50},
		{"state", lanSide, "bytes", 50},
		{forms, lanSide, "seconds", 4},
		{"message", tunedSide, "last", 4},
		{forms, serfSide, "seconds", 4},
		{"message", gossipsub, "copies", 4},
	} {
		t.Run(c.measure+" of "+c.side, func(t *testing.T) {
			t.Parallel()
			v, err := inChild(t.Context(), task{Measure: c.measure, Side: c.side, Nodes: c.nodes, Times: hasty()})
			if errors.Is(err, errNetwork) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if v[c.value] <= 0 {
				t.Errorf("%s is %v, want more than 0: %s", c.value, v[c.value], v)
			}
		})
	}
}
