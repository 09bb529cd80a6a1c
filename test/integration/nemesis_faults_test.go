// What the nemesis does: the faults it chooses from, and their repair.

//go:build linux

package integration_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// mostAway is how many nodes the nemesis keeps stopped or dead at a time.
const mostAway = 4

// fault breaks something, and says what.
func (n *nemesis) fault(t *testing.T) string {
	t.Helper()
	faults := []func(*testing.T) string{
		n.cutOff, n.cutOff, n.cutWays, n.cutWays, n.partition, n.partition, n.cutNATS,
		n.kill, n.kill, n.kill, n.leave, n.leave, n.stop, n.stop, n.restart, n.resumeOne,
	}
	return faults[n.rng.IntN(len(faults))](t)
}

// pick returns one of the hosts at random.
func (n *nemesis) pick(of []*host) *host { return of[n.rng.IntN(len(of))] }

// up are the hosts with nodes that run.
func (n *nemesis) up() []*host {
	return slices.DeleteFunc(slices.Clone(n.hosts), func(h *host) bool { return !n.runs(h) })
}

// those are the hosts in a set, in order.
func (n *nemesis) those(set map[*host]bool) []*host {
	return slices.SortedFunc(maps.Keys(set), func(a, b *host) int { return strings.Compare(a.name, b.name) })
}

func (n *nemesis) cutOff(t *testing.T) string {
	t.Helper()
	h := n.pick(n.hosts)
	n.lab.lose(t, h.around()...)
	return "cut off " + h.name
}

func (n *nemesis) cutWays(t *testing.T) string {
	t.Helper()
	what := "cut"
	for range 1 + n.rng.IntN(4) {
		w := way{n.pick(n.hosts), n.pick(n.hosts)}
		n.lab.lose(t, w)
		what += fmt.Sprintf(" %s>%s", w.from.name, w.to.name)
	}
	return what
}

func (n *nemesis) partition(t *testing.T) string {
	t.Helper()
	sides := [2][]*host{}
	names := [2]string{}
	for _, h := range n.lab.hosts {
		side := n.rng.IntN(2)
		sides[side] = append(sides[side], h)
		names[side] += " " + h.name
	}
	n.lab.lose(t, between(sides[0], sides[1])...)
	return "partition" + names[0] + " from" + names[1]
}

func (n *nemesis) cutNATS(t *testing.T) string {
	t.Helper()
	n.lab.lose(t, n.meet.around()...)
	return "cut off NATS"
}

// victim returns a host whose node runs, unless too many are away.
func (n *nemesis) victim() *host {
	if len(n.dead)+len(n.stopped) >= mostAway {
		return nil
	}
	return n.pick(n.up())
}

func (n *nemesis) kill(t *testing.T) string {
	t.Helper()
	h := n.victim()
	if h == nil {
		return "kill nobody"
	}
	n.died[n.at[h]] = n.at[h].kill(t)
	n.dead[h] = true
	return "kill " + h.name
}

func (n *nemesis) leave(t *testing.T) string {
	t.Helper()
	h := n.victim()
	if h == nil {
		return "end nobody"
	}
	n.died[n.at[h]], n.left[n.at[h]] = time.Now(), true
	n.at[h].dismiss(t)
	n.dead[h] = true
	return "end " + h.name
}

func (n *nemesis) stop(t *testing.T) string {
	t.Helper()
	h := n.victim()
	if h == nil {
		return "stop nobody"
	}
	n.at[h].suspend(t)
	n.stopped[h] = true
	return "stop " + h.name
}

// restart starts a dead node again while things are broken.
func (n *nemesis) restart(t *testing.T) string {
	t.Helper()
	if len(n.dead) == 0 {
		return n.kill(t)
	}
	h := n.pick(n.those(n.dead))
	n.awaitEnd(t, "the old life has ended", n.at[h])
	n.begin(t, h)
	return "start " + h.name
}

// resumeOne lets a stopped node go on while things are broken.
func (n *nemesis) resumeOne(t *testing.T) string {
	t.Helper()
	if len(n.stopped) == 0 {
		return n.stop(t)
	}
	h := n.pick(n.those(n.stopped))
	n.at[h].resume(t)
	delete(n.stopped, h)
	return "resume " + h.name
}

// heal repairs everything.
func (n *nemesis) heal(t *testing.T) {
	t.Helper()
	n.lab.mend(t)
	for _, h := range n.those(n.stopped) {
		n.at[h].resume(t)
		delete(n.stopped, h)
	}
	for _, h := range n.those(n.dead) {
		n.awaitEnd(t, "the old life has ended", n.at[h])
		n.begin(t, h)
	}
	n.note(time.Since(n.began), "heal")
}
