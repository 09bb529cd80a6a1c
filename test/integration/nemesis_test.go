// The nemesis: whatever can go wrong, at random, while everybody speaks; and then a judgment.

//go:build linux

package integration_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	nemesisFor  = flag.Duration("nemesis", 40*time.Second, "how long TestNemesis breaks things")
	nemesisSeed = flag.Uint64("seed", 1, "the seed of TestNemesis")
)

// nemesis is a site of speakers, and who breaks it.
type nemesis struct {
	*site
	rng      *rand.Rand
	lag      *lag
	at       map[*host]*process // who runs there, or did last
	rates    map[*host]int
	state    map[*host]string // the state file, if its nodes have one
	lives    []*process
	died     map[*process]time.Time
	left     map[*process]bool // those who died by saying goodbye
	stopped  map[*host]bool
	dead     map[*host]bool
	network  []moment
	calm     []span
	schedule []string
	healed   []time.Duration // how long each repair of the mesh took
}

// TestNemesis breaks a mesh of twelve hosts for a while, and checks what everybody was
// given meanwhile. In a long run some faults last longer than messages are kept.
func TestNemesis(t *testing.T) {
	t.Parallel()
	n := newNemesis(t, 12, *nemesisSeed)
	n.settle(t, "all have joined")
	n.rested()
	before := n.reports(t)
	n.calmDown(t)
	for time.Since(n.began) < *nemesisFor {
		n.round(t)
	}
	n.lastWords(t)
	n.leaks(t, before)
	n.judge(t)
}

func newNemesis(t *testing.T, nodes int, seed uint64) *nemesis {
	t.Helper()
	n := &nemesis{
		site: newSite(t, "nemesis", nodes), rng: rand.New(rand.NewPCG(seed, seed)), lag: startLag(t),
		at: make(map[*host]*process), rates: make(map[*host]int), state: make(map[*host]string),
		died: make(map[*process]time.Time), left: make(map[*process]bool), stopped: make(map[*host]bool), dead: make(map[*host]bool),
	}
	n.patience = 2 * time.Minute // lost peers are looked for every half a minute at worst
	t.Cleanup(func() {
		t.Logf("seed %d, the schedule:\n%s\nthe same again: make nemesis NEMESIS=%v SEED=%d",
			seed, strings.Join(n.schedule, "\n"), *nemesisFor, seed)
	})
	dir := t.TempDir()
	for i, h := range n.hosts {
		n.rates[h] = []int{20, 5, 1}[i%3]
		if i%2 == 0 {
			n.state[h] = filepath.Join(dir, h.name)
		}
		n.begin(t, h)
	}
	n.network = []moment{n.moment(0)}
	return n
}

// begin starts a life on a host.
func (n *nemesis) begin(t *testing.T, h *host) {
	t.Helper()
	p := n.speakBy(t, h.command, script{
		ID: h.node(), Server: n.server(), Rate: n.rates[h], Journal: true,
		Listen: h.ip + ":" + nodePort, State: n.state[h],
	})
	n.at[h], n.where[p] = p, h
	n.lives = append(n.lives, p)
	delete(n.dead, h)
}

// round breaks something, or several things, waits, repairs everything, and waits until
// the mesh is whole again.
func (n *nemesis) round(t *testing.T) {
	t.Helper()
	n.calm[len(n.calm)-1].until = time.Since(n.began)
	for range 1 + n.rng.IntN(3) {
		at := time.Since(n.began)
		what := n.fault(t)
		n.note(at, what)
		n.linger(t, 200*time.Millisecond, 3*time.Second)
	}
	switch n.rng.IntN(10) {
	case 0:
		if *nemesisFor > time.Minute {
			n.linger(t, 20*time.Second, 45*time.Second)
		}
	case 1, 2:
		n.linger(t, 4*time.Second, 12*time.Second)
	default:
		n.linger(t, 0, 4*time.Second)
	}
	n.heal(t)
	at := time.Now()
	n.settle(t, "whole again")
	took := time.Since(at) - calm
	n.healed = append(n.healed, took)
	if took > slow {
		n.tellAll(t, at)
	}
	n.rested()
	n.calmDown(t)
}

// slow is how long a repair of the mesh may take until its story is told.
const slow = 5 * time.Second

// tellAll logs what everybody has logged since a moment.
func (n *nemesis) tellAll(t *testing.T, since time.Time) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	all := make(map[time.Time]string)
	for _, p := range n.processes {
		for _, e := range p.events {
			if e.At.After(since) && e.Message != "told" {
				all[e.At] += fmt.Sprintf("%10v %s %s %s %s\n", e.At.Sub(n.began).Round(time.Millisecond), p.id, e.Message, e.Peer, e.Reason)
			}
		}
	}
	var story strings.Builder
	for _, at := range slices.SortedFunc(maps.Keys(all), time.Time.Compare) {
		story.WriteString(all[at])
	}
	t.Logf("since the repair:\n%s", story.String())
}

// note adds to the schedule, and to the states of the network.
func (n *nemesis) note(at time.Duration, what string) {
	n.schedule = append(n.schedule, fmt.Sprintf("%10v %s", at.Round(time.Millisecond), what))
	n.network = append(n.network, n.moment(at))
}

// linger lets a random time go by.
func (n *nemesis) linger(t *testing.T, least, most time.Duration) {
	t.Helper()
	select {
	case <-time.After(least + time.Duration(n.rng.Int64N(int64(most-least)))):
	case <-t.Context().Done():
	}
}

// rested begins a time of calm.
func (n *nemesis) rested() {
	n.calm = append(n.calm, span{time.Since(n.began), forever})
	n.schedule = append(n.schedule, fmt.Sprintf("%10v whole", time.Since(n.began).Round(time.Millisecond)))
}

// calmDown lets a time of calm last long enough to get what is missing.
func (n *nemesis) calmDown(t *testing.T) {
	t.Helper()
	n.linger(t, promised.repair+time.Second, promised.repair+2*time.Second)
}

// node is the name of the nodes there.
func (h *host) node() string { return "p" + h.name[1:] }

// moment is the state of the network now, which holds from that time on.
func (n *nemesis) moment(at time.Duration) moment {
	m := moment{at, make(map[string]int), make(map[[2]string]bool)}
	for i, h := range n.hosts {
		if !n.runs(h) {
			continue
		}
		if m.part[h.node()] == 0 {
			n.spread(h, i+1, m.part)
		}
		for _, other := range n.hosts {
			m.direct[[2]string{h.node(), other.node()}] = n.runs(other) && n.lab.through(h, other)
		}
	}
	return m
}

// spread marks all who can be reached from a host, over others maybe, as one part.
func (n *nemesis) spread(from *host, part int, parts map[string]int) {
	parts[from.node()] = part
	for _, other := range n.hosts {
		if n.runs(other) && parts[other.node()] == 0 && n.lab.through(from, other) {
			n.spread(other, part, parts)
		}
	}
}

// runs reports whether the node there neither is dead nor stopped.
func (n *nemesis) runs(h *host) bool { return !n.dead[h] && !n.stopped[h] }

// lastWords ends publishing, and waits until everybody has been given the last message of
// everybody.
func (n *nemesis) lastWords(t *testing.T) {
	t.Helper()
	c := n.choir()
	c.reached(t, c.hush(t), c.all)
	n.calm[len(n.calm)-1].until = time.Since(n.began)
}

// choir are those who live.
func (n *nemesis) choir() *choir {
	c := &choir{world: n.world}
	for _, h := range n.hosts {
		c.all = append(c.all, n.at[h])
	}
	return c
}

// reports asks everybody who lives what they take from the system.
func (n *nemesis) reports(t *testing.T) map[*host]event {
	t.Helper()
	c := n.choir()
	c.reports(t, c.all)
	n.mu.Lock()
	defer n.mu.Unlock()
	all := make(map[*host]event)
	for h, p := range n.at {
		all[h], _ = p.last("report")
	}
	return all
}

// leaks fails the test if somebody takes much more from the system than the first life on
// its host did at the start.
func (n *nemesis) leaks(t *testing.T, before map[*host]event) {
	t.Helper()
	const goroutines, heap, descriptors = 40, 24 << 20, 40 // most of the heap are the messages of half a minute
	for h, now := range n.reports(t) {
		old := before[h]
		if now.Goroutines > old.Goroutines+goroutines || now.Heap > old.Heap+heap {
			t.Errorf("%s has %d goroutines and %d KiB, the first one there had %d and %d KiB",
				h.node(), now.Goroutines, now.Heap>>10, old.Goroutines, old.Heap>>10)
		}
		if u, ok := measure(t, n.at[h]); ok && u.descriptors > descriptors {
			t.Errorf("%s has %d descriptors, want at most %d", h.node(), u.descriptors, descriptors)
		}
	}
}

// promised are the limits in the documentation: StoreAge is 30 s, of which a question after
// a late announcement may take 5; GapWait is 5 s; silence is noticed after 3 s, and the
// mesh mended in one more. That nobody keeps a dead neighbor is asked with patience.
var promised = limits{kept: 25 * time.Second, giveUp: 5 * time.Second, repair: silence + time.Second, notice: 3*silence + time.Second}

// judge ends everybody, puts the history together, and checks it.
func (n *nemesis) judge(t *testing.T) {
	t.Helper()
	for _, p := range n.at {
		p.dismiss(t)
	}
	n.awaitEnd(t, "all have ended", n.choir().all...)
	h := n.history(t)
	found := h.check()
	for _, fault := range found.faults {
		t.Error(fault)
	}
	t.Logf("%d lives said %d messages; %d deliveries, %d reported as missing; those who live have rightly not got %d",
		found.members, found.messages, found.deliveries, found.reported, found.excused)
	t.Logf("the machine was late by %v at worst", n.lag.worst())
	report(t, "whole again after a repair", n.healed)
}

// history puts together what all lives have logged.
func (n *nemesis) history(t *testing.T) *history {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	h := &history{active: activeSize, network: n.network, calm: n.calm, limits: promised.beside(n.lag.worst())}
	for _, p := range n.lives {
		l := &lifetime{
			node: p.id, life: p.born(), joined: forever, died: forever,
			left: n.left[p], told: p.told(), said: n.since(p.said), heard: n.since(p.got),
		}
		if l.life == "" {
			continue // it was killed before it could say anything
		}
		if at, ok := n.died[p]; ok {
			l.died = at.Sub(n.began)
		}
		neighbor, ready := n.first(p, "neighbor_up"), n.first(p, "ready")
		l.joined = max(neighbor, ready) // what comes before it has subscribed is for nobody
		for _, complaint := range []string{"misnumbered", "publish_failed"} {
			if p.logged(complaint) > 0 {
				t.Errorf("%s: %s", l.life, complaint)
			}
		}
		h.lives = append(h.lives, l)
	}
	return h
}

// first returns when a process has logged something for the first time, forever if never.
func (n *nemesis) first(p *process, message string) time.Duration {
	for _, e := range p.events {
		if e.Message == message {
			return e.At.Sub(n.began)
		}
	}
	return forever
}

// since makes the times of entries count from the beginning of the world.
func (n *nemesis) since(all []entry) []entry {
	began := time.Duration(n.began.UnixNano())
	for i := range all {
		all[i].At -= began
	}
	return all
}
