// That a link waits for the end of the one before it.

package linker

import (
	"context"
	"testing"

	"github.com/kithmesh/kith/views"
)

// TestSuccessorWaitsForItsPredecessor looks at the books of reconcile: two links
// to one peer at a time would both receive.
func TestSuccessorWaitsForItsPredecessor(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Mode, cfg.Self = Subscriptions, &views.Peer{ID: "a", Incarnation: 1}
	l := &Linker{cfg: cfg, plan: newPlan("c", "a"), links: map[string]*link{}, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the links do nothing but wait for each other
	first, second := &views.Peer{ID: "b", Incarnation: 1}, &views.Peer{ID: "b", Incarnation: 2}
	ending := map[string]<-chan struct{}{}

	busy := make(chan struct{}) // somebody before the first one is still at work
	ending["b"] = busy
	l.reconcile(ctx, map[string]*views.Peer{"b": first}, ending)
	old := l.links["b"]
	if len(ending) != 0 {
		t.Error("a predecessor is left to be waited for twice")
	}
	l.reconcile(ctx, map[string]*views.Peer{"b": first}, ending)
	if l.links["b"] != old {
		t.Fatal("a link that is as it should be was replaced")
	}
	l.reconcile(ctx, map[string]*views.Peer{}, ending)
	if l.links["b"] != nil || ending["b"] != (<-chan struct{})(old.done) {
		t.Fatal("a link that ends is not among those that are ending")
	}
	l.reconcile(ctx, map[string]*views.Peer{"b": second}, ending)
	last := l.links["b"]
	select {
	case <-last.done:
		t.Fatal("the last link has ended before those that it waits for")
	case <-old.done:
		t.Fatal("a link has ended before the one that it waits for")
	default:
	}
	close(busy)
	<-last.done
	select {
	case <-old.done:
	default:
		t.Error("the last link has not waited for the one before it")
	}
	l.work.Wait()
}
