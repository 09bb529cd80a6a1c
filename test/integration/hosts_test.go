// Nodes and a NATS server on hosts of a lab.

//go:build linux

package integration_test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/identity"
)

// The ports of every host.
const (
	nodePort = "7000"
	natsPort = "4222"
)

// site is a world whose nodes run on hosts of their own.
type site struct {
	*world
	lab       *lab
	authority *identity.Authority
	hosts     []*host // for nodes
	meet      *host   // where the NATS server runs
	where     map[*process]*host
	before    map[*process]usage
}

// newSite makes n hosts for nodes, and starts a NATS server on one more.
func newSite(t *testing.T, cluster string, n int) *site {
	t.Helper()
	l := newLab(t, n+1)
	authority, err := identity.NewAuthority(certified)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		world: newWorld(t, cluster), lab: l, authority: authority, hosts: l.hosts[:n], meet: l.hosts[n],
		where: make(map[*process]*host), before: make(map[*process]usage),
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := s.meet.command(self)
	cmd.Env = append(environment(), serverEnv+"="+net.JoinHostPort(s.meet.ip, natsPort))
	server := s.runWithInput(t, "nats", cmd, aside)
	s.awaitEach(t, "the NATS server listens", []*process{server}, func(p *process) bool { return p.nats != "" })
	return s
}

func (s *site) server() string { return "nats://" + net.JoinHostPort(s.meet.ip, natsPort) }

// flags are those of a node on a host, beside its name. Its links are secured, as other hosts
// reach it.
func (s *site) flags(t *testing.T, h *host, id string, more ...string) []string {
	t.Helper()
	return append(append([]string{
		"--listen", net.JoinHostPort(h.ip, nodePort), "--server", s.server(), "--embed",
	}, certificate(t, s.authority, s.cluster, id)...), more...)
}

// startAt starts a node on a host.
func (s *site) startAt(t *testing.T, h *host, id string, more ...string) *process {
	t.Helper()
	p := s.startBy(t, h.command, id, s.flags(t, h, id, more...)...)
	s.where[p] = h
	return p
}

// populate starts a node on each of the first n hosts, and waits for the mesh.
func (s *site) populate(t *testing.T, n int) []*process {
	t.Helper()
	var all []*process
	for i, h := range s.hosts[:n] {
		all = append(all, s.startAt(t, h, fmt.Sprintf("p%d", i+1)))
	}
	s.settle(t, "all have joined")
	s.awaitLinks(t)
	for _, p := range all {
		s.before[p], _ = measure(t, p)
	}
	return all
}

// sound waits until the mesh is whole, with the right NATS links, and fails the test if
// what the nodes tell of themselves differs from their logs, or somebody has kept what it
// should have given back.
func (s *site) sound(t *testing.T) {
	t.Helper()
	s.settle(t, "one mesh, symmetric, at rest")
	s.awaitLinks(t)
	s.inspected(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.processes {
		for _, fault := range checkStream(p.told(), activeSize) {
			t.Errorf("%s: %s", p.id, fault)
		}
		if before, ok := s.before[p]; ok && !p.ended {
			after, _ := measure(t, p)
			after.check(t, before)
		}
	}
}

// inspected asks the members over NATS until they tell what their logs do: a connection to
// NATS that was cut goes on some time after the repair, of which nobody logs anything.
func (s *site) inspected(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(s.patience)
	for {
		s.until(t, "one mesh", s.lacks)
		err := s.agreesWithCommand(t, s.meet.command, s.server())
		if err == nil {
			s.tell(t, "demo inspect agrees")
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("demo inspect: %v", err)
		}
	}
}

// activeSize is the most neighbors of a node, by default.
const activeSize = 5

// awaitLinks waits until everybody has a NATS link to each of its neighbors.
func (s *site) awaitLinks(t *testing.T) {
	t.Helper()
	s.await(t, "NATS links to all neighbors", func() string {
		var lacks []string
		for _, p := range s.processes {
			for peer := range p.neighbors {
				if p.alive() && !p.links[peer] {
					lacks = append(lacks, p.id+"-"+peer)
				}
			}
		}
		slices.Sort(lacks)
		return strings.Join(lacks, " ")
	})
}

// replaced returns how long after a fault those who lost a neighbor by it had another one,
// sorted. In a small mesh not everybody finds one: the others may have all they can.
func (s *site) replaced(pairs []pair) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var took []time.Duration
	for _, o := range pairs {
		if at, ok := o.observer.replacedAt(o); ok {
			took = append(took, at.Sub(o.at))
		}
	}
	slices.Sort(took)
	return took
}

// replacedAt returns when the process got a neighbor after it had lost one.
func (p *process) replacedAt(o pair) (time.Time, bool) {
	var lost time.Time
	for _, e := range p.events {
		switch {
		case lost.IsZero():
			if e.At.After(o.at) && e.Message == "neighbor_down" && e.Peer == o.subject.id {
				lost = e.At
			}
		case e.Message == "neighbor_up":
			return e.At, true
		}
	}
	return time.Time{}, false
}

// setStatus says what is expected of processes from now on.
func (w *world) setStatus(then status, of ...*process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range of {
		p.status = then
	}
	w.change(true)
}
