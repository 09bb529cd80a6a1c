// Tests of the event feed: no gap, no reader that holds up the node.

package kith

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
)

func up(id string) Event   { return Event{Kind: NeighborUp, Peer: Peer{ID: id}} }
func down(id string) Event { return Event{Kind: NeighborDown, Peer: Peer{ID: id}} }

// drain ranges over the events in its own goroutine and sends each as a string.
func drain(ctx context.Context, f *neighborFeed) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for e := range f.events(ctx) {
			out <- describe(e)
		}
	}()
	return out
}

func describe(e Event) string {
	if e.Kind == Snapshot {
		ids := make([]string, 0, len(e.Neighbors))
		for _, p := range e.Neighbors {
			ids = append(ids, p.ID)
		}
		slices.Sort(ids)
		return fmt.Sprint("snapshot", ids)
	}
	return e.Kind.String() + " " + e.Peer.ID
}

func TestEventsBeginWithASnapshotAndHaveNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNeighborFeed()
		f.publish(up("a"))
		events := drain(t.Context(), f)
		if got := <-events; got != "snapshot[a]" {
			t.Fatalf("first event is %q, want the snapshot of a", got)
		}
		f.publish(up("b"))
		f.publish(down("a"))
		for _, want := range []string{"neighbor_up b", "neighbor_down a"} {
			if got := <-events; got != want {
				t.Fatalf("event is %q, want %q", got, want)
			}
		}
		f.close()
		if got, more := <-events; more {
			t.Fatalf("got %q after the end", got)
		}
	})
}

func TestSlowReaderGetsASnapshotInsteadOfWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNeighborFeed()
		events := drain(t.Context(), f)
		if got := <-events; got != "snapshot[]" {
			t.Fatalf("first event is %q", got)
		}
		f.publish(up("first"))
		synctest.Wait() // the reader has taken this one and waits for us
		for i := range mostBuffered + 10 {
			f.publish(up(fmt.Sprint("p", i)))
			f.publish(down(fmt.Sprint("p", i)))
		}
		f.publish(up("last"))
		if got := <-events; got != "neighbor_up first" {
			t.Fatalf("event is %q", got)
		}
		if got := <-events; got != "snapshot[first last]" {
			t.Fatalf("event is %q, want a snapshot of first and last", got)
		}
		if f.overruns == 0 {
			t.Error("the overrun was not counted")
		}
		f.publish(down("last"))
		if got := <-events; got != "neighbor_down last" {
			t.Fatalf("event after the snapshot is %q", got)
		}
		f.close()
		<-events
	})
}

func TestWatchSkipsWhatWasReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNeighborFeed()
		views := make(chan int)
		go func() {
			defer close(views)
			for view := range f.watch(t.Context()) {
				views <- len(view)
			}
		}()
		if got := <-views; got != 0 {
			t.Fatalf("first view has %d neighbors", got)
		}
		synctest.Wait()
		f.publish(up("a"))
		synctest.Wait() // the reader holds the view of one
		f.publish(up("b"))
		f.publish(up("c"))
		if got := <-views; got != 1 {
			t.Fatalf("second view has %d neighbors, want 1", got)
		}
		if got := <-views; got != 3 {
			t.Fatalf("third view has %d neighbors, want 3: the newest", got)
		}
		f.close()
		<-views
	})
}

func TestRangesEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newNeighborFeed()
		ctx, cancel := context.WithCancel(t.Context())
		events := drain(ctx, f)
		<-events
		cancel()
		if _, more := <-events; more {
			t.Fatal("the range went on")
		}
		if len(f.readers) != 0 {
			t.Fatalf("%d readers are left behind", len(f.readers))
		}
	})
}
