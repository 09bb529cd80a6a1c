// Nodes that end, stop, or come back as another life, each on a host of its own.

//go:build linux

package integration_test

import (
	"path/filepath"
	"testing"
	"time"
)

// TestHostsKill kills one node after the other and starts it again. Connections that are
// reset tell the neighbors at once.
func TestHostsKill(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "killing", n)
	all := s.populate(t, n)
	var lost []time.Duration
	for i, p := range all {
		at := p.kill(t)
		took, reasons := s.awaitLoss(t, p.id+" is missed", s.around(map[*process]time.Time{p: at}))
		onlyReasons(t, reasons, "closed")
		lost = append(lost, took...)
		s.awaitWhole(t, "the others are one mesh")
		all[i] = s.startAt(t, s.where[p], p.id)
		s.awaitWhole(t, p.id+" is back")
	}
	report(t, "given up", lost)
	if p99 := percentile(lost, 99); p99 >= silence {
		t.Errorf("p99 is %v, want less than the %v after which silence is noticed", p99, silence)
	}
	s.sound(t)
}

// TestHostsSuspend stops nodes without ending them, and lets them go on.
func TestHostsSuspend(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "stopping", n)
	all := s.populate(t, n)
	stopped := make(map[*process]time.Time)
	for _, p := range all[:3] {
		stopped[p] = p.suspend(t)
	}
	took, reasons := s.awaitLoss(t, "neighbors give them up", s.around(stopped))
	report(t, "given up", took)
	onlyReasons(t, reasons, "silent")
	s.awaitWhole(t, "the others are one mesh")
	for p := range stopped {
		p.resume(t)
	}
	s.awaitWhole(t, "they come back by themselves")
	s.sound(t)
}

// TestHostsMove starts nodes again on other hosts under the same name: one with what it
// remembers of its earlier life, one without.
func TestHostsMove(t *testing.T) {
	t.Parallel()
	const n, spare = 12, 2
	s := newSite(t, "moving", n+spare)
	state := filepath.Join(t.TempDir(), "state.json")
	knowing := s.startAt(t, s.hosts[n-1], "knowing", "--state", state)
	all := append(s.populate(t, n-1), knowing)
	old := map[*process]time.Time{all[0]: all[0].kill(t), knowing: knowing.leave(t)}
	s.awaitEnd(t, "both have ended", all[0], knowing)
	again := []*process{
		s.startAt(t, s.hosts[n], all[0].id),
		s.startAt(t, s.hosts[n+1], knowing.id, "--state", state),
	}
	_, reasons := s.awaitLoss(t, "neighbors drop the old lives", s.around(old))
	onlyReasons(t, reasons, "closed", "superseded", "leaving", "not_active")
	s.awaitWhole(t, "both are back, elsewhere")
	for _, p := range again {
		s.mu.Lock()
		addr := p.addr
		s.mu.Unlock()
		if want := s.where[p].ip + ":" + nodePort; addr != want {
			t.Errorf("%s is at %s, want %s", p.id, addr, want)
		}
	}
	s.sound(t)
}

// TestHostsRollingRestart ends every node gracefully and starts it again, one after the
// other.
func TestHostsRollingRestart(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "rolling", n)
	for _, p := range s.populate(t, n) {
		at := p.leave(t)
		_, reasons := s.awaitLoss(t, p.id+" has said goodbye", s.around(map[*process]time.Time{p: at}))
		onlyReasons(t, reasons, "leaving", "not_active")
		s.awaitEnd(t, p.id+" has ended", p)
		if !p.cmd.ProcessState.Success() {
			t.Errorf("%s: %v, want exit status 0", p.id, p.cmd.ProcessState)
		}
		s.startAt(t, s.where[p], p.id)
		s.awaitWhole(t, p.id+" is back")
	}
	s.sound(t)
}
