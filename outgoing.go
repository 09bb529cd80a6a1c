// What a step sends: queued for each link, sent at the end of a batch, and waited for.

package kith

import (
	"context"
	"errors"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

// tell sends a control message. What changes a tree goes before all that waits: the
// longer a PRUNE waits, the more is sent in vain.
func (c *carriage) tell(to broadcast.Slots, control *broadcast.Control) {
	frame := broadcast.AppendControl(nil, control)
	if control.Kind == broadcast.IHave {
		c.queue(to, frame)
		return
	}
	for slot := range to.All() {
		if l := &c.lanes[slot]; l.channel != nil && l.channel.Urge(frame) != nil {
			c.queue(1<<slot, frame) // too much is urgent
		}
	}
}

// queue notes a frame for some links.
func (c *carriage) queue(to broadcast.Slots, frame []byte) {
	c.dirty |= to
	for slot := range to.All() {
		c.lanes[slot].frames = append(c.lanes[slot].frames, frame)
	}
}

// settle sends and delivers what the steps of a batch have brought, until nothing is
// left. It returns the lanes for which the caller should wait, and the subscriptions.
func (c *carriage) settle(now time.Duration) (full broadcast.Slots, behind []*Subscription) {
	if c.core.Fed()&^c.full != 0 {
		c.step(broadcast.Input{Kind: broadcast.Tick, Now: now}) // before more is pushed out of the store
	}
	for c.dirty != 0 || len(c.spread) > 0 {
		c.wrap(now)
		dirty := c.dirty
		c.dirty = 0
		for slot := range dirty.All() {
			c.send(now, slot)
		}
		full |= dirty & c.full
	}
	for _, s := range c.filled {
		if s.flush() {
			behind = append(behind, s)
		}
	}
	clear(c.filled)
	c.filled = c.filled[:0]
	full |= c.core.Fed() & c.full
	return full & c.core.Patient(), behind
}

// send sends what is noted for one lane.
func (c *carriage) send(now time.Duration, slot int) {
	l := &c.lanes[slot]
	if l.channel == nil {
		return
	}
	queued, err := l.channel.Send(l.frames...)
	if errors.Is(err, tcptransport.ErrNoLink) {
		c.detour(l.frames)
	}
	clear(l.frames)
	l.frames = l.frames[:0]
	if errors.Is(err, tcptransport.ErrSlow) {
		l.channel.Fail(membership.Slow, err)
		return
	}
	if err == nil && queued > c.node.cfg.Transport.ChannelHigh && c.full&(1<<slot) == 0 {
		c.full |= 1 << slot
		c.step(broadcast.Input{Kind: broadcast.Congested, Now: now, Link: l.link})
	}
}

// detour sends to everybody what was for single nodes and could not be sent, as the link has
// ended. What was for everybody comes to the neighbor by another.
func (c *carriage) detour(frames [][]byte) {
	for _, frame := range frames {
		if broadcast.IsDirect(frame) {
			c.spread = append(c.spread, frame)
		}
	}
}

// holdShare is which part of StallAfter a full link holds up whoever fills it, for each
// batch: little enough for a link that is full for this reason alone not to stall.
const holdShare = 10

// settleAndWait settles, gives the mutex back, and holds the caller up while what it
// has filled is full: for a moment, in which a healthy link drains. One that does not
// becomes lazy, and holds nobody up any more.
func (c *carriage) settleAndWait(ctx context.Context, now time.Duration) {
	full, behind := c.settle(now)
	if full == 0 && len(behind) == 0 {
		c.mu.Unlock()
		return
	}
	channels := make([]*tcptransport.Channel, 0, full.Len())
	for slot := range full.All() {
		channels = append(channels, c.lanes[slot].channel)
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, c.node.cfg.Broadcast.StallAfter/holdShare)
	defer cancel()
	for _, channel := range channels {
		_ = channel.Wait(ctx) // the core knows, and will act
	}
	for _, s := range behind {
		s.await(ctx)
	}
}

// wrap publishes the frames for single nodes to which no way is known.
func (c *carriage) wrap(now time.Duration) {
	if len(c.spread) == 0 {
		return
	}
	for _, direct := range c.spread {
		if !c.bundle.fits(len(direct)) {
			c.dispatch(now)
		}
		c.add(kindWrapped, broadcast.DirectTarget(direct), nil, direct)
	}
	clear(c.spread)
	c.spread = c.spread[:0]
	c.dispatch(now)
}

// flush ends publishing and sends what waits: the farewell would overtake it, and
// what comes after that is from no neighbor. Those that do not keep up are not waited
// for.
func (c *carriage) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.node.cfg.Broadcast.StallAfter)
	defer cancel()
	c.mu.Lock()
	c.leaving = true
	now := c.now()
	c.dispatch(now)
	c.settle(now)
	var channels []*tcptransport.Channel
	for i := range c.lanes {
		if channel := c.lanes[i].channel; channel != nil {
			channels = append(channels, channel)
		}
	}
	c.mu.Unlock()
	for _, channel := range channels {
		_ = channel.Flush(ctx) // the others get it all the same
	}
}
