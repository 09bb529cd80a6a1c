// The loop: it hands the core what happens, and carries out what it decides.

package natsbridge

import (
	"context"
	crand "crypto/rand"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natsbridge/interest"
)

// newRand returns a source of randomness, seeded by the system.
func newRand() *rand.Rand {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails
	return rand.New(rand.NewChaCha8(seed))
}

// run owns the core's inputs until the bridge ends. Questions for a message are asked
// elsewhere, under the mutex.
func (b *Bridge) run() {
	defer close(b.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	b.step(b.ctx, timer, interest.Input{Kind: interest.Start})
	for {
		select {
		case in := <-b.inbox:
			b.step(b.ctx, timer, in)
		case look := <-b.looks:
			look()
		case <-timer.C:
			b.step(b.ctx, timer, interest.Input{Kind: interest.Tick})
		case ctx := <-b.leaving:
			b.step(ctx, timer, interest.Input{Kind: interest.Leave})
			b.finish()
			return
		case <-b.node.Ending():
			b.cancel() // what the server says is not heard any more
			b.server.Close()
			ctx, cancel := context.WithTimeout(context.Background(), lastWords)
			defer cancel()
			b.step(ctx, timer, interest.Input{Kind: interest.Leave}) // if that still goes
			b.finish()
			return
		}
	}
}

// lastWords is how long the farewell of a bridge may take whose node is ending already.
const lastWords = 100 * time.Millisecond

// finish ends what else runs.
func (b *Bridge) finish() {
	b.cancel()
	b.unsubscribe()
	b.work.Wait()
}

// post hands the loop an input.
func (b *Bridge) post(in interest.Input) {
	select {
	case b.inbox <- in:
	case <-b.ctx.Done():
	}
}

// step steps the core and carries out what it wants, in order.
func (b *Bridge) step(ctx context.Context, timer *time.Timer, in interest.Input) {
	b.mu.Lock()
	in.Now = time.Since(b.started)
	effects := b.core.Step(in)
	b.steps.Add(1)
	b.mu.Unlock()
	defer b.tell()
	for i := range effects {
		e := &effects[i]
		var err error
		switch e.Kind {
		case interest.Publish:
			err = b.plane.Publish(ctx, subjectInterest, e.Data)
		case interest.Send:
			err = b.plane.Send(ctx, e.To, subjectInterest, e.Data)
		case interest.Want:
			err = b.server.Subscribe(e.Key.Subject, e.Key.Queue, e.Weight)
		case interest.Elected:
			err = b.elected(e.On)
		case interest.Wake:
			timer.Reset(e.At - time.Since(b.started))
		}
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, kith.ErrClosed) {
			b.counters.failed.Add(1)
			b.log.Warn().Err(err).Msg("bridge_interest_not_sent")
		}
	}
}

// tell wakes those who wait for a change.
func (b *Bridge) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// elected begins or ends to act for the NATS cluster that the server belongs to. Replies
// come by the one that does.
func (b *Bridge) elected(exporter bool) error {
	b.log.Info().Bool("exporter", exporter).Msg("bridge_elected")
	weight := 0
	if exporter {
		weight = 1
	}
	return b.server.Subscribe(anyReply, "", weight)
}

// heard is the handler of what other cores say.
func (b *Bridge) heard(m *kith.Message) {
	if m.Origin == b.self {
		return
	}
	b.post(interest.Input{
		Kind: interest.Heard, From: m.Origin, Incarnation: m.Incarnation, Hops: m.Hops, Direct: m.Direct, Data: m.Data,
	})
}

// follow tells the core who the neighbors are. Of those that are missing from a new snapshot it is
// not known why: they can say that they live.
func (b *Bridge) follow() {
	known := make(map[string]bool)
	up := func(peer *kith.Peer) {
		known[peer.ID] = true
		b.post(interest.Input{Kind: interest.NeighborUp, From: peer.ID, Incarnation: peer.Incarnation})
	}
	down := func(id string, lost bool) {
		delete(known, id)
		b.post(interest.Input{Kind: interest.NeighborDown, From: id, Lost: lost})
	}
	for e := range b.node.Events(b.ctx) {
		switch e.Kind {
		case kith.Snapshot:
			for _, id := range slices.Sorted(maps.Keys(known)) {
				if !slices.ContainsFunc(e.Neighbors, func(p kith.Peer) bool { return p.ID == id }) {
					down(id, true)
				}
			}
			for i := range e.Neighbors {
				up(&e.Neighbors[i])
			}
		case kith.NeighborUp:
			up(&e.Peer)
		case kith.NeighborDown:
			down(e.Peer.ID, e.Reason == membership.Closed || e.Reason == membership.Silent)
		case kith.NeighborUpdate, kith.Isolated:
		}
	}
}
