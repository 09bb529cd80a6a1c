// Nodes that are killed and started again, one after the other.

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// churnsUnwatched is how many nodes a run restarts that nobody watches and that has no
// end of its own.
const churnsUnwatched = 10

// churn restarts nodes until the run ends, and then waits for the overlay to settle.
func (r *clusterRun) churn(ctx context.Context, formed time.Time) error {
	o := r.options
	rng := rand.New(rand.NewPCG(o.seed, 1))
	r.enter("restarting a node every " + short(o.churn))
	for i := 0; !r.churned(i, formed); i++ {
		pause(ctx, o.churn)
		if ctx.Err() != nil {
			break
		}
		if err := r.restart(ctx, o.publishers+rng.IntN(o.nodes-o.publishers)); err != nil {
			return err
		}
	}
	r.enter("settling again")
	return r.settle(ctx, patience) // at once, if it was interrupted
}

// churned reports whether enough nodes have been restarted.
func (r *clusterRun) churned(restarts int, formed time.Time) bool {
	switch {
	case r.options.runFor > 0:
		return time.Since(formed)+r.options.churn > r.options.runFor
	case r.live:
		return false
	}
	return restarts >= churnsUnwatched
}

// restart kills a node and starts a new life of it.
func (r *clusterRun) restart(ctx context.Context, victim int) error {
	r.mu.Lock()
	gone := r.states[victim] == killed || r.states[victim] == left
	if !gone {
		r.states[victim] = restarted
	}
	r.mu.Unlock()
	if gone {
		return nil
	}
	r.log.Info().Int("node", victim).Msg("node_restarting")
	if err := r.mesh.Restart(ctx, victim); err != nil && ctx.Err() == nil {
		return fmt.Errorf("starting node %d again: %w", victim, err)
	}
	return nil
}
