// Looks in a row, and what has changed from one to the next.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

func TestChanges(t *testing.T) {
	again := told("a", "b")
	again.Self = &views.Peer{ID: "a", Incarnation: 3, Addr: "a:1"}
	for name, c := range map[string]struct {
		before, now []natstransport.Views
		want        []string
	}{
		"nothing": {
			before: []natstransport.Views{told("a", "b"), told("b", "a")},
			now:    []natstransport.Views{told("b", "a"), told("a", "b")},
		},
		"one came": {
			before: []natstransport.Views{told("a")},
			now:    []natstransport.Views{told("a", "b"), told("b", "a")},
			want:   []string{"came b", "new link a b"},
		},
		"a side that follows is no change": {
			before: []natstransport.Views{told("a", "b"), told("b")},
			now:    []natstransport.Views{told("a", "b"), told("b", "a")},
		},
		"one was restarted": {
			before: []natstransport.Views{told("a", "b"), told("b", "a")},
			now:    []natstransport.Views{again, told("b", "a")},
			want:   []string{"restarted a"},
		},
		"the middle went": {
			before: []natstransport.Views{told("a", "b"), told("b", "a", "c"), told("c", "b")},
			now:    []natstransport.Views{told("a"), told("c")},
			want:   []string{"went b", "link gone a b", "link gone b c", "split: 2 components, before 1"},
		},
		"together again": {
			before: []natstransport.Views{told("a"), told("c")},
			now:    []natstransport.Views{told("a", "c"), told("c", "a")},
			want:   []string{"new link a c", "merged: 1 component, before 2"},
		},
		"all went": {
			before: []natstransport.Views{told("a")},
			want:   []string{"went a", "nobody answers any more"},
		},
		"all came": {
			now:  []natstransport.Views{told("a")},
			want: []string{"came a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before, now := inspectionOf("c", c.before), inspectionOf("c", c.now)
			changed := changesBetween(&before, &now)
			if got := changed.lines(); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// script answers one look after the other with the views given, nil with nobody.
func script(all ...[]natstransport.Views) looker {
	return func(context.Context) (*inspection, error) {
		if len(all) == 0 {
			return nil, errors.New("no NATS")
		}
		now := all[0]
		all = all[1:]
		if now == nil {
			return nil, fmt.Errorf("at last: %w", &nobodyError{cluster: "c"})
		}
		in := inspectionOf("c", now)
		return &in, nil
	}
}

func TestWatchTellsChangesAsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		alone, both := []natstransport.Views{told("a")}, []natstransport.Views{told("a", "b"), told("b", "a")}
		w := &watcher{look: script(alone, both, both, nil, alone), every: time.Second, show: linePrinter(&out)}
		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()
		failures := 0
		if err := w.run(ctx, func(error) { failures++ }); err != nil {
			t.Fatal(err)
		}
		if failures != 1 {
			t.Errorf("%d looks failed, want the one after the script", failures)
		}
		first, rest, _ := strings.Cut(out.String(), "a:1\n")
		if !strings.HasPrefix(first, "cluster c is one mesh: 1 node") {
			t.Errorf("it begins with %q", first)
		}
		var told []string // without the times
		for line := range strings.Lines(rest) {
			clock, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if _, err := time.Parse(time.TimeOnly, clock); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			told = append(told, text)
		}
		want := []string{
			"came b", "new link a b", "cluster c is one mesh: 2 nodes, 1 component, 1 pair",
			"went a", "went b", "link gone a b", "nobody answers any more", "cluster c is silent: 0 nodes, 0 components, 0 pairs",
			"came a", "cluster c is one mesh: 1 node, 1 component, 0 pairs",
		}
		if !slices.Equal(told, want) {
			t.Errorf("got %q, want %q", told, want)
		}
	})
}

func TestWatchFailsWithItsFirstLook(t *testing.T) {
	w := &watcher{look: script(nil), every: time.Hour, show: func(look) error { return nil }}
	if err := w.run(t.Context(), func(error) {}); err == nil || !nobodyAnswers(err) {
		t.Errorf("got %v", err)
	}
}

func TestWatchOnATerminal(t *testing.T) {
	in := inspectionOf("c", ring(20, 3))
	l := &look{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), inspection: in}
	lines := watchLines(l, []string{"03:04:03 came n19", "03:04:05 new link n00 n19"}, 60, 14)
	want := []string{
		"03:04:05  Ctrl-C ends it",
		"cluster c is one mesh: 20 nodes, 1 component, 20 pairs",
		"  nobody is odd",
		"",
		"   2 neighbors:    20  ####################################…",
	}
	if len(lines) != 14 || !slices.Equal(lines[:len(want)], want) {
		t.Errorf("got %d lines, want 14: %q", len(lines), lines)
	}
	end := []string{"and 18 lines more", "", "changes", "03:04:03 came n19", "03:04:05 new link n00 n19"}
	if got := lines[len(lines)-len(end):]; !slices.Equal(got, end) {
		t.Errorf("it ends with %q, want %q", got, end)
	}
	if lines := watchLines(l, nil, 60, 5); len(lines) != 5 {
		t.Errorf("%d lines in 5: %q", len(lines), lines)
	}
}

func TestLooksAsJSON(t *testing.T) {
	before, now := inspectionOf("c", []natstransport.Views{told("a")}), inspectionOf("c", []natstransport.Views{told("b")})
	data, err := json.Marshal(look{Time: time.Unix(0, 0).UTC(), Changes: changesBetween(&before, &now), inspection: now})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"time":"1970-01-01T00:00:00Z","changes":{"came":["b"],"went":["a"],"restarted":[],"new_links":[],"gone_links":[],` +
		`"components_before":1,"components_now":1},"cluster":"c","nodes":1,`
	if !strings.HasPrefix(string(data), want) {
		t.Errorf("got %s, want it to begin with %s", data, want)
	}
}

func TestInspectWatchesANodeComeAndGo(t *testing.T) {
	ns := startServer(t)
	startNode(t, "--id", "a", "--server", ns.URL(), "--links", "none").await(t, "ready")
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	go func() {
		args := []string{"inspect", "--server", ns.URL(), "--watch", "--every", "10ms", "--json"}
		var err strings.Builder
		status <- run(ctx, args, stdio{out: w, err: &err, env: vars(nil)})
		_ = w.CloseWithError(errors.New(err.String()))
	}()
	lines := json.NewDecoder(r)
	until := func(what string, is func(*look) bool) {
		t.Helper()
		for {
			var l look
			if err := lines.Decode(&l); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if is(&l) {
				return
			}
		}
	}
	until("the first look", func(l *look) bool { return l.Nodes == 1 && l.Cluster == defaultCluster })
	b := startNode(t, "--id", "b", "--server", ns.URL(), "--links", "none")
	until("b came", func(l *look) bool { return slices.Equal(l.Changes.Came, []string{"b"}) })
	b.cancel()
	until("b went", func(l *look) bool { return slices.Equal(l.Changes.Went, []string{"b"}) })
	cancel()
	go func() { _, _ = io.Copy(io.Discard, r) }() // what it is just writing
	if got := <-status; got != exitFine {
		t.Errorf("status %d", got)
	}
}

func TestInspectDraws(t *testing.T) {
	ns := startServer(t)
	startNode(t, "--id", "a", "--server", ns.URL(), "--links", "none").await(t, "ready")
	file := filepath.Join(t.TempDir(), "mesh.svg")
	var out, errs strings.Builder
	args := []string{"inspect", "--server", ns.URL(), "--dot", "--svg", file}
	if status := run(t.Context(), args, stdio{out: &out, err: &errs, env: vars(nil)}); status != exitFine {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	if !strings.HasPrefix(out.String(), `graph "`+defaultCluster+`" {`) {
		t.Errorf("printed %s", out.String())
	}
	picture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := elements(t, picture)["circle"]; n != 1 {
		t.Errorf("%d circles for one node", n)
	}
}
