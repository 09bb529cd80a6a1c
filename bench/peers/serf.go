// serf nodes with the defaults for a LAN.

package main

import (
	"context"
	"io"
	"log"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/serf/serf"
)

// agents is a cluster of serf nodes, which say messages as user events. It is whole when every node's
// list has those nodes alive and no other.
type agents struct {
	setup
	agents []*serf.Serf
	fresh  atomic.Uint64
	done   chan struct{}
	ending []sync.Once
}

func newSerf(s setup) cluster {
	return &agents{setup: s, agents: make([]*serf.Serf, s.nodes), ending: make([]sync.Once, s.nodes), done: make(chan struct{})}
}

func (a *agents) start(_ context.Context, i int) error {
	cfg := serf.DefaultConfig()
	cfg.Init()
	settle(cfg.MemberlistConfig, i)
	cfg.NodeName = name(i)
	cfg.LogOutput, cfg.MemberlistConfig.LogOutput = io.Discard, io.Discard
	cfg.Logger = log.New(io.Discard, "", 0)
	cfg.MemberlistConfig.Logger, cfg.MemberlistConfig.LogOutput = cfg.Logger, nil
	events := make(chan serf.Event, 1<<12)
	cfg.EventCh = events
	go a.hear(i, events)
	s, err := serf.Create(cfg)
	if err != nil {
		return err
	}
	a.agents[i] = s
	if i > 0 {
		_, err = s.Join([]string{netip.AddrPortFrom(address(0), port).String()}, false)
	}
	return err
}

// hear takes the events of a node.
func (a *agents) hear(i int, events <-chan serf.Event) {
	for {
		select {
		case e := <-events:
			if u, ok := e.(serf.UserEvent); ok && a.receive(i, u.Payload) {
				a.fresh.Add(1)
			}
		case <-a.done:
			return
		}
	}
}

func (a *agents) whole(nodes []int, _ bool) bool {
	for _, i := range nodes {
		if a.agents[i].Memberlist().NumMembers() != len(nodes) {
			return false
		}
	}
	return true
}

func (a *agents) publish(_ context.Context, i int, payload []byte) error {
	return a.agents[i].UserEvent(subject, payload, false)
}

// copies tells nothing of those that serf drops without telling.
func (a *agents) copies() (came, fresh uint64) { return 0, a.fresh.Load() }

func (a *agents) kill(nodes []int) {
	var work sync.WaitGroup
	for _, i := range nodes {
		if a.agents[i] != nil {
			work.Go(func() { a.ending[i].Do(func() { _ = a.agents[i].Shutdown() }) })
		}
	}
	work.Wait()
}

func (a *agents) close() {
	a.kill(everybody(a.nodes))
	close(a.done)
}
