// What runs a presence: one goroutine that owns its core.

package kith

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kithmesh/kith/presence"
)

// subjectPresence is the subject of all messages of presence. They are of the internal
// kind, so that no subscription of the application gets them, whatever its pattern.
const subjectPresence = "presence"

// present is the presence of a node.
type present struct {
	rng  *rand.Rand // of whichever is on
	mu   sync.Mutex
	on   *Presence // the latest; nil before the first
	over bool      // the node ends
}

// begin starts a presence, unless there is one or the node has ended.
func (q *present) begin(p *Presence) (err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.over:
		return ErrClosed
	case q.on != nil && !isClosed(q.on.closed):
		return ErrPresence
	}
	if p.heard, err = p.node.subscribe(subjectPresence, kindInternal, p.hear); err != nil {
		return err
	}
	q.on = p
	neighbors := p.node.feed.subscribe()
	_, _ = p.step(p.ctx, presence.Input{Kind: presence.Start}) // nothing is sent before neighbors are known
	go p.run(neighbors)
	return nil
}

// end closes the presence, if there is one, for good. It is called when the node
// ends.
func (q *present) end(ctx context.Context) {
	q.mu.Lock()
	q.over = true
	on := q.on
	q.mu.Unlock()
	if on != nil {
		_ = on.Close(ctx) // others will notice
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// hear is the handler of what others say.
func (p *Presence) hear(m *Message) {
	p.post(presence.Input{
		Kind: presence.Heard, From: m.Origin, Incarnation: m.Incarnation, Direct: m.Direct, Data: m.Data,
	})
}

// post hands the loop an input, and reports whether it took it.
func (p *Presence) post(in presence.Input) bool {
	select {
	case p.inbox <- in:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// run is the loop.
func (p *Presence) run(neighbors *reader[Event]) {
	defer close(p.closed)
	defer p.stop(neighbors)
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		var in presence.Input
		select {
		case <-p.ctx.Done():
			return
		case ctx := <-p.closing:
			_, p.ended = p.step(ctx, presence.Input{Kind: presence.Close})
			return
		case <-neighbors.wake:
			in = p.met(neighbors)
		case in = <-p.inbox:
		case <-clock.C:
			in.Kind = presence.Tick
		}
		wake, _ := p.step(p.ctx, in) // what could not be sent is made good by what is sent next
		clock.Reset(wake - time.Since(p.node.started))
	}
}

// stop ends everything but the loop itself.
func (p *Presence) stop(neighbors *reader[Event]) {
	p.cancel()
	p.node.feed.unsubscribe(neighbors)
	p.heard.Unsubscribe()
	_ = p.heard.rest(context.Background()) // the handler waits for nothing any more
	p.feed.close()
}

// met reads the neighbors.
func (p *Presence) met(neighbors *reader[Event]) presence.Input {
	view, _, _ := p.node.feed.renewed(neighbors)
	in := presence.Input{Kind: presence.Neighbors}
	for _, peer := range view {
		in.Neighbors = append(in.Neighbors, peer.ID)
	}
	return in
}

// step feeds the core one input, tells the application of it, and then sends what is to
// be sent, which may take a moment, without the mutex. It returns when to tick.
func (p *Presence) step(ctx context.Context, in presence.Input) (wake time.Duration, failure error) {
	p.feed.mu.Lock()
	in.Now = time.Since(p.node.started)
	effects := p.core.Step(in)
	var events []presence.Event
	for i := range effects {
		if effects[i].Kind == presence.Emit {
			events = append(events, effects[i].Event)
		}
	}
	p.feed.changed(events...)
	p.feed.mu.Unlock()
	for i := range effects { // which only the next step changes
		switch e := &effects[i]; e.Kind {
		case presence.Publish:
			failure = p.sent(failure, p.node.publish(ctx, kindInternal, subjectPresence, e.Data, nil))
		case presence.Send:
			failure = p.sent(failure, p.node.send(ctx, e.To, kindInternal, subjectPresence, e.Data, nil))
		case presence.Wake:
			wake = e.At
		case presence.Emit:
		}
	}
	return wake, failure
}

// sent counts what could not be sent.
func (p *Presence) sent(before, err error) error {
	if err == nil {
		return before
	}
	p.feed.mu.Lock()
	p.failed++
	p.feed.mu.Unlock()
	p.node.log.Debug().Err(err).Msg("presence_not_sent")
	return errors.Join(before, err)
}
