// Streams: who comes late, comes again, or is slow.

package dashboard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
)

// The streams of tests keep less than others.
const (
	kept      = 100
	keptBytes = 1 << 20
)

// newStream returns a stream with so many events: nodes n0, n1 and so on.
func newStream(events int) *dashboard.Stream {
	s := dashboard.NewStream(trace.Event{Cluster: "c", Source: "demo", Controls: true}, dashboard.Keep{Events: kept, Bytes: keptBytes})
	for i := range events {
		s.Tell(time.Now(), node(i))
	}
	return s
}

func node(i int) trace.Event {
	return trace.Event{Kind: trace.NodeIs, Node: fmt.Sprint("n", i), State: trace.NodeUp}
}

// parse reads events from lines.
func parse(t *testing.T, lines []dashboard.Line) []trace.Event {
	t.Helper()
	var all []trace.Event
	for _, l := range lines {
		e, err := trace.Parse(l.JSON)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

var errEnough = errors.New("enough")

// take follows until there are so many lines.
func take(t *testing.T, s dashboard.Source, after string, count int) []dashboard.Line {
	t.Helper()
	var all []dashboard.Line
	err := s.Follow(t.Context(), after, func(lines []dashboard.Line) error {
		all = append(all, append([]dashboard.Line(nil), lines...)...)
		if len(all) >= count {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("%d of %d lines, %v", len(all), count, err)
	}
	return all
}

// summary shows events in short: their kinds, and numbers.
func summary(events []trace.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s%d ", e.Kind, e.Seq)
	}
	return strings.TrimSpace(b.String())
}

func TestWhoComesIsToldEverything(t *testing.T) {
	s := newStream(2)
	lines := take(t, s, "", 2)
	s.Tell(time.Now(), node(2))
	lines = append(lines, take(t, s, lines[1].ID, 1)...)
	events := parse(t, lines)
	if got := summary(events); got != "hello2 picture2 node3" {
		t.Errorf("got %s", got)
	}
	if h := events[0]; h.Version != trace.Version || h.Cluster != "c" || h.Source != "demo" || !h.Controls || h.Began == "" {
		t.Errorf("it begins with %+v", h)
	}
	if got := events[1].Picture.Nodes; len(got) != 2 || got[1].ID != "n1" {
		t.Errorf("the picture is %+v", got)
	}
}

func TestWhoComesAgainGetsWhatWasMissed(t *testing.T) {
	s := newStream(3)
	id := take(t, s, "", 2)[1].ID
	for i := range 4 {
		s.Tell(time.Now(), node(3+i))
	}
	if got := summary(parse(t, take(t, s, id, 4))); got != "node4 node5 node6 node7" {
		t.Errorf("got %s", got)
	}
}

func TestWhoComesFromElsewhereGetsAGap(t *testing.T) {
	s := newStream(3)
	foreign := take(t, newStream(9), "", 2)[1].ID
	for _, after := range []string{foreign, "3", "x-2", "-", strings.TrimRight(take(t, s, "", 2)[1].ID, "3") + "4"} {
		if got := summary(parse(t, take(t, s, after, 3))); got != "hello3 gap3 picture3" {
			t.Errorf("after %q: %s", after, got)
		}
	}
}

// more is how many events are told that are too many to be kept.
const more = kept + 50

func TestWhoComesTooLateGetsAGap(t *testing.T) {
	s := newStream(1)
	id := take(t, s, "", 2)[1].ID
	for range more {
		s.Tell(time.Now(), trace.Event{Kind: trace.Repaired, Node: "n0", Ms: 1})
	}
	if got := parse(t, take(t, s, id, 3)); got[0].Kind != trace.Hello || got[1].Kind != trace.Gap || got[2].Kind != trace.Whole {
		t.Errorf("got %s", summary(got))
	}
}

func TestWhoIsSlowGetsAGap(t *testing.T) {
	s := newStream(1)
	var seen []trace.Event
	err := s.Follow(t.Context(), "", func(lines []dashboard.Line) error {
		if seen = append(seen, parse(t, lines)...); len(seen) == 2 {
			for range more { // while this reader does not read
				s.Tell(time.Now(), trace.Event{Kind: trace.Repaired, Node: "n0", Ms: 1})
			}
			s.Tell(time.Now(), node(1))
		}
		if len(seen) >= 4 {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if seen[2].Kind != trace.Gap || seen[3].Kind != trace.Whole || len(seen[3].Picture.Nodes) != 2 {
		t.Errorf("got %s", summary(seen))
	}
}

// A file of what is kept makes the same picture, also when its beginning is not kept.
func TestADumpIsATraceOfItsOwn(t *testing.T) {
	s := newStream(3)
	for range more {
		s.Tell(time.Now(), trace.Event{Kind: trace.Repaired, Node: "n0", Ms: 1})
	}
	s.Tell(time.Now(), trace.Event{Kind: trace.NodeIs, Node: "n1", State: trace.NodeGone})
	var file bytes.Buffer
	if err := s.Dump(&file); err != nil {
		t.Fatal(err)
	}
	r := trace.NewReader(&file)
	var got trace.Scene
	var last uint64
	for count := 0; ; count++ {
		e, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if count >= 2 && e.Seq != last+1 {
			t.Fatalf("line %d has seq %d after %d", count+1, e.Seq, last)
		}
		last = e.Seq
		got.Apply(&e)
	}
	var want *trace.Picture
	s.Scene(func(scene *trace.Scene) { want = scene.Picture() })
	if !reflect.DeepEqual(got.Picture(), want) || len(want.Nodes) != 2 {
		t.Errorf("got %+v, want %+v", got.Picture(), want)
	}
}

func TestPicturesComeAgain(t *testing.T) {
	s := newStream(1)
	began := time.Now()
	id := take(t, s, "", 2)[1].ID
	s.Tell(began.Add(11*time.Second), node(1))
	s.Tell(began, node(2)) // told late
	events := parse(t, take(t, s, id, 3))
	if got := summary(events); got != "node2 picture3 node4" {
		t.Errorf("got %s", got)
	}
	if events[2].T < events[0].T {
		t.Errorf("time falls from %v to %v", events[0].T, events[2].T)
	}
}

func TestAStreamThatHasEnded(t *testing.T) {
	s := newStream(2)
	s.End()
	s.End()
	s.Tell(time.Now(), node(2))
	var seen []trace.Event
	err := s.Follow(t.Context(), "", func(lines []dashboard.Line) error {
		seen = append(seen, parse(t, lines)...)
		return nil
	})
	if err != nil || summary(seen) != "hello2 picture2" {
		t.Errorf("%s, %v", summary(seen), err)
	}
}

func TestFollowingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := newStream(0).Follow(ctx, "", func([]dashboard.Line) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
