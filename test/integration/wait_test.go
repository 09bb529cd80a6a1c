// Waiting until the picture is as it should be.

//go:build unix

package integration_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. It is only ever spent by
// a test that fails.
const patience = 45 * time.Second

// calm is how long no neighbor comes or goes before the mesh is taken to be at
// rest: long enough for lines on their way, and for an answer that is due.
const calm = 400 * time.Millisecond

// change wakes whoever waits; moved says that the mesh itself is another. The
// caller holds the mutex.
func (w *world) change(moved bool) {
	if moved {
		w.version++
	}
	w.changed.Broadcast()
}

// wait waits, with the mutex held, until the world has changed or ctx has ended.
func (w *world) wait(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed.Broadcast()
	})
	defer stop()
	if ctx.Err() == nil {
		w.changed.Wait()
	}
}

// await waits until missing, which is called with the mutex held, has nothing to
// say any more. A process that ends without having been told to fails the test.
func (w *world) await(t *testing.T, what string, missing func() string) {
	t.Helper()
	w.until(t, what, missing)
	w.tell(t, what)
}

// tell logs that a wait is over.
func (w *world) tell(t *testing.T, what string) {
	t.Helper()
	t.Logf("%6v %s", time.Since(w.began).Round(time.Millisecond), what)
}

// until is await without a word.
func (w *world) until(t *testing.T, what string, missing func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), w.patience)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for _, p := range w.processes {
			if p.ended && p.status != ending {
				t.Fatalf("%s: %s has ended by itself: %v", what, p.id, p.cmd.ProcessState)
			}
		}
		lack := missing()
		if lack == "" {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s: not after %v: %s", what, w.patience, lack)
		}
		w.wait(ctx)
	}
}

// rest reports whether no neighbor comes or goes for a while, and the version of
// the picture at its end.
func (w *world) rest(t *testing.T, d time.Duration) (version uint64, resting bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	version = w.version
	for w.version == version && ctx.Err() == nil {
		w.wait(ctx)
	}
	return w.version, w.version == version
}

// settle waits until the mesh is whole and at rest. It still makes small exchanges
// of links now and then, at growing intervals.
func (w *world) settle(t *testing.T, what string) {
	t.Helper()
	w.look(t, what, func() error { return nil })
}

// look waits until the mesh is whole and at rest, and calls check. What that finds
// counts if nothing has changed meanwhile; otherwise it is called again.
func (w *world) look(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(w.patience)
	for {
		w.until(t, what, w.lacks)
		version, resting := w.rest(t, calm)
		if !resting {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the mesh does not come to rest", what)
			}
			continue
		}
		err := check()
		if err == nil {
			w.tell(t, what)
			return
		}
		now, resting := w.rest(t, calm) // a line may be on its way
		if resting && now == version || time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// awaitWhole waits until all who are alive are one component, with symmetric
// views and nobody else in them.
func (w *world) awaitWhole(t *testing.T, what string) {
	t.Helper()
	w.await(t, what, w.lacks)
}

// awaitEach waits until each of the processes has what is asked for.
func (w *world) awaitEach(t *testing.T, what string, of []*process, has func(*process) bool) {
	t.Helper()
	w.await(t, what, func() string {
		var without []string
		for _, p := range of {
			if !has(p) {
				without = append(without, p.id)
			}
		}
		return strings.Join(without, " ")
	})
}

// awaitEnd waits until the processes have ended.
func (w *world) awaitEnd(t *testing.T, what string, of ...*process) {
	t.Helper()
	w.awaitEach(t, what, of, func(p *process) bool { return p.ended })
}
