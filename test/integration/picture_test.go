// The picture that the logs of all processes give: who has whom, and whether it is one mesh.

//go:build unix

package integration_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// world is what one test has started.
type world struct {
	cluster string
	began   time.Time // tells, with -v, when each wait was over
	// patience is how long to wait for what must come.
	patience time.Duration

	mu        sync.Mutex
	changed   *sync.Cond
	version   uint64 // grows with every neighbor up or down, and every end
	processes []*process
}

// newWorld returns an empty world. Its processes end with the test; when that has
// failed, their logs are shown.
func newWorld(t *testing.T, cluster string) *world {
	t.Helper()
	program(t) // before the clock runs
	w := &world{cluster: cluster, began: time.Now(), patience: patience}
	w.changed = sync.NewCond(&w.mu)
	t.Cleanup(func() {
		if t.Failed() {
			w.show(t)
		}
		for _, p := range w.processes {
			p.finish(t)
		}
	})
	return w
}

// show logs what each process has last told.
func (w *world) show(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.processes {
		state := "runs"
		if p.ended {
			state = p.cmd.ProcessState.String()
		}
		t.Logf("%s (%s) has %v and logged last:\n    %s", p.id, state, p.knows(), p.tail())
	}
}

// lacks says what keeps the mesh from being whole. The caller holds the mutex.
func (w *world) lacks() string {
	alive := make(map[string]*process)
	for _, p := range w.processes {
		if p.alive() {
			if p.addr == "" {
				return p.id + " is not ready"
			}
			alive[p.id] = p
		}
	}
	for _, p := range alive {
		for peer := range p.neighbors {
			q, ok := alive[peer]
			if !ok {
				return p.id + " has " + peer + ", which is gone"
			}
			if !q.neighbors[p.id] {
				return p.id + " has " + peer + ", which does not have it"
			}
		}
	}
	for _, first := range alive {
		if n := reach(alive, first); n != len(alive) {
			return fmt.Sprintf("%s reaches %d of %d", first.id, n, len(alive))
		}
		break // from one as from any other
	}
	return ""
}

// reach counts whom a walk over neighbors finds.
func reach(alive map[string]*process, from *process) int {
	seen := map[string]bool{from.id: true}
	for queue := []*process{from}; len(queue) > 0; queue = queue[1:] {
		for peer := range queue[0].neighbors {
			if !seen[peer] {
				seen[peer] = true
				queue = append(queue, alive[peer])
			}
		}
	}
	return len(seen)
}

// startMany starts n nodes with the same flags, at once.
func (w *world) startMany(t *testing.T, n int, args ...string) []*process {
	t.Helper()
	var all []*process
	for i := range n {
		all = append(all, w.start(t, "p"+strconv.Itoa(i+1), args...))
	}
	return all
}

// picture returns the current neighbors of all who are alive.
func (w *world) picture() map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string][]string)
	for _, p := range w.processes {
		if p.alive() {
			all[p.id] = p.knows()
		}
	}
	return all
}

// addrs returns where those who are alive are dialed.
func (w *world) addrs() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string]string)
	for _, p := range w.processes {
		if p.alive() {
			all[p.id] = p.addr
		}
	}
	return all
}

// A pair is a process and one of its neighbors that something happens to.
type pair struct {
	observer, subject *process
	at                time.Time // when it happened
}

// around returns the pairs of these subjects with their neighbors that are alive.
func (w *world) around(subjects map[*process]time.Time) []pair {
	w.mu.Lock()
	defer w.mu.Unlock()
	var pairs []pair
	for _, p := range w.processes {
		for subject, at := range subjects {
			if p.alive() && p.id != subject.id && p.had(subject.id, at) {
				pairs = append(pairs, pair{p, subject, at})
			}
		}
	}
	return pairs
}

// had reports whether the process had a neighbor at a moment, by its log.
func (p *process) had(peer string, at time.Time) bool {
	has := false
	for _, e := range p.events {
		if e.Peer != peer || e.At.After(at) {
			continue
		}
		switch e.Message {
		case "neighbor_up":
			has = true
		case "neighbor_down":
			has = false
		}
	}
	return has
}

// awaitLoss waits until every observer has logged that its neighbor is down, and
// returns how long each took, sorted, and how often each reason was given.
func (w *world) awaitLoss(t *testing.T, what string, pairs []pair) (took []time.Duration, reasons map[string]int) {
	t.Helper()
	if len(pairs) == 0 {
		t.Fatalf("%s: nobody had them as neighbors", what)
	}
	reasons = make(map[string]int)
	w.await(t, what, func() string {
		took = took[:0]
		clear(reasons)
		for _, o := range pairs {
			downs := o.observer.since(o.at, "neighbor_down", o.subject.id)
			if len(downs) == 0 {
				return o.observer.id + " still has " + o.subject.id
			}
			took = append(took, downs[0].At.Sub(o.at))
			reasons[downs[0].Reason]++
		}
		return ""
	})
	slices.Sort(took)
	return took, reasons
}

// onlyReasons fails the test unless neighbors were lost for these reasons. Now and
// then one may have had to make room for another just before.
func onlyReasons(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	expected := 0
	for _, reason := range want {
		expected += got[reason]
	}
	others := -expected - got["evicted"]
	for _, n := range got {
		others += n
	}
	if others > 0 || expected == 0 {
		t.Errorf("neighbors were given up for %v, want only %v", got, want)
	}
}

// percentile is by nearest rank, of sorted values.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1].Round(100 * time.Microsecond)
}
