// The page of a cluster run, and what somebody who looks at it does to the run.

package main

import (
	"context"
	"fmt"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/live"
	"github.com/kithmesh/kith/cmd/demo/trace"
)

// sourceDemo is the Source of the events of a cluster run.
const sourceDemo = "demo"

// boardAt says where the page is: where nobody has asked for it, only beside a table.
func (r *clusterRun) boardAt() string {
	if r.options.dashboard == boardAuto && !r.live {
		return boardOff
	}
	return r.options.dashboard
}

// show serves the page of the mesh and records it, as far as the flags want it. What is returned ends that.
func (r *clusterRun) show(ctx context.Context) (end func() error, err error) {
	addr := r.boardAt()
	if addr == boardOff && r.options.record == "" {
		return func() error { return nil }, nil
	}
	stream := dashboard.NewStream(trace.Event{Cluster: defaultCluster, Source: sourceDemo, Controls: true}, dashboard.Keep{})
	observer, err := live.New(r.mesh, linkMode(r.options.links), stream)
	if err != nil {
		return nil, err
	}
	controls := &live.Controls{Observer: observer, Before: r.touch}
	config := dashboard.Config{Source: stream, Detail: observer.Detail, Do: controls.Do}
	r.board, err = openBoard(ctx, addr, r.options.record, config, r.log)
	if err != nil {
		stream.End()
		observer.Close()
		return nil, err
	}
	observing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		observer.Run(observing)
	}()
	return func() error {
		cancel()
		<-done
		return r.board.close(observing)
	}, nil
}

// touch notes what somebody is about to do to nodes: the run must not be judged by it.
func (r *clusterRun) touch(action string, nodes []int) {
	r.log.Info().Str("action", action).Ints("nodes", nodes).Msg("ordered")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byHand = true
	r.phase = fmt.Sprintf("%s: %s, by hand", action, plural(len(nodes), "node"))
	for _, i := range nodes {
		for len(r.states) <= i {
			r.states = append(r.states, added)
		}
		r.states[i] = afterOrder(action, r.states[i])
	}
}

// afterOrder is what becomes of a node by an order. One that has missed something, if only
// because it was cut off, is not one of those any more that must have got all messages.
func afterOrder(action string, before memberState) memberState {
	switch action {
	case "kill":
		return killed
	case "leave":
		return left
	case "pause":
		return paused
	case "restart", "resume":
		return restarted
	case "cut":
		if before == alive {
			return restarted
		}
	}
	return before
}
