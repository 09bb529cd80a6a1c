// The carriage: what ties the core of the broadcast to links and subscriptions.

package kith

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// carriage owns the core of the broadcast. Readers of links, publishers and a timer
// step it, each under the mutex; what a step sends and delivers is queued before the
// mutex is given back, which keeps the order, and waiting is done without it.
type carriage struct {
	node *Node
	life broadcast.Life
	self []byte // the same

	mu       sync.Mutex
	core     *broadcast.Node
	leaving  bool // nothing is published any more
	closed   bool
	audience audience
	links    map[string]uint64 // neighbor's ID → link
	lanes    [broadcast.MaxLinks]lane
	dirty    broadcast.Slots // lanes with frames to send
	full     broadcast.Slots // lanes with too much to be written, as the core knows
	filled   []*Subscription // with deliveries to queue
	spread   [][]byte        // frames for single nodes that are to go to everybody
	slab     []byte          // room for own frames
	bundle   bundle
	heard    map[broadcast.Life]uint64 // how many messages of each origin have been delivered in order, or missed
	work     sync.WaitGroup            // those who send bundles
	timer    *time.Timer

	delivered, strange, bad, panics atomic.Uint64
}

// lane is the channel of one neighbor.
type lane struct {
	channel *tcptransport.Channel
	peer    string // the neighbor's ID
	link    uint64
	frames  [][]byte // to be sent at the end of the batch
	bad     int      // frames that were not well formed
}

func newCarriage(n *Node) (*carriage, error) {
	c := &carriage{
		node: n, life: broadcast.NewLife(n.self.ID, n.self.Incarnation),
		links: make(map[string]uint64),
	}
	c.self, c.heard = []byte(c.life), make(map[broadcast.Life]uint64)
	c.audience.carriage = c
	var err error
	if c.core, err = broadcast.New(c.life, n.cfg.Broadcast); err != nil {
		return nil, err
	}
	c.timer = time.AfterFunc(time.Hour, c.tick)
	c.timer.Stop()
	return c, nil
}

func (c *carriage) now() time.Duration { return time.Since(c.node.started) }

// up makes a neighbor of whoever is at the other end of a link, or moves a neighbor to
// it.
func (c *carriage) up(peer *views.Peer, link uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.links[peer.ID]; ok {
		if old == link {
			return
		}
		c.down(peer.ID)
	}
	channel := c.node.transport.Channel(link)
	if channel == nil {
		return // it has ended already, of which the core of the membership will hear
	}
	c.links[peer.ID] = link
	now := c.now()
	effects := c.core.Step(broadcast.Input{Kind: broadcast.LinkUp, Now: now, Link: link, Target: peer.ID})
	slot := c.core.Slot(link)
	if slot < 0 {
		return
	}
	c.lanes[slot] = lane{channel: channel, peer: peer.ID, link: link}
	c.carryOut(effects)
	c.settle(now)
}

// lost forgets a neighbor.
func (c *carriage) lost(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down(id)
}

func (c *carriage) down(id string) {
	link, ok := c.links[id]
	if !ok {
		return
	}
	delete(c.links, id)
	if slot := c.core.Slot(link); slot >= 0 {
		c.lanes[slot] = lane{}
		c.dirty &^= 1 << slot
		c.full &^= 1 << slot
	}
	now := c.now()
	c.step(broadcast.Input{Kind: broadcast.LinkDown, Now: now, Link: link})
	c.settle(now)
}

// measured tells the core the round trip of a link.
func (c *carriage) measured(id string, rtt time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if link, ok := c.links[id]; ok {
		c.step(broadcast.Input{Kind: broadcast.LinkUp, Now: c.now(), Link: link, RTT: rtt})
	}
}

// Carried implements [tcptransport.Carrier]. Of a peer that is no neighbor, any more or
// yet, only messages for a single node are taken: they come no other way, while the tree
// brings all others.
func (c *carriage) Carried(_ *views.Peer, link uint64, frames []tcptransport.Frame) {
	c.mu.Lock()
	neighbor := c.core.Slot(link) >= 0 || c.awaitNeighbor(link)
	now := c.now()
	for i := range frames {
		if !neighbor && frames[i].Type != broadcast.TypeDirect {
			c.strange.Add(1)
			continue
		}
		if err := c.take(now, link, &frames[i]); err != nil {
			c.complain(link, err)
		}
	}
	c.settleAndWait(c.node.ctx, now)
}

// awaitNeighbor waits, without the mutex, until the loop has done what is in its
// inbox: the reply that makes a neighbor of the sender may be there. It reports
// whether it is one.
func (c *carriage) awaitNeighbor(link uint64) bool {
	c.mu.Unlock()
	err := c.node.loop.look(c.node.ctx, func(*membership.Node) {})
	c.mu.Lock()
	return err == nil && c.core.Slot(link) >= 0
}

// take steps the core with one frame.
func (c *carriage) take(now time.Duration, link uint64, f *tcptransport.Frame) error {
	switch f.Type {
	case broadcast.TypeGossip:
		g, err := broadcast.ParseGossip(f.Bytes)
		if err != nil {
			return err
		}
		c.step(broadcast.Input{Kind: broadcast.Received, Now: now, Link: link, Gossip: g})
	case broadcast.TypeDirect:
		g, target, err := broadcast.ParseDirect(f.Bytes)
		if err != nil {
			return err
		}
		c.step(broadcast.Input{Kind: broadcast.Routed, Now: now, Link: link, Gossip: g, Target: target})
	default:
		control, err := broadcast.ParseControl(f.Type, f.Body())
		if errors.Is(err, broadcast.ErrUnknownType) {
			return nil // of a later version
		}
		if err != nil {
			return err
		}
		c.step(broadcast.Input{Kind: broadcast.Told, Now: now, Link: link, Control: control})
	}
	return nil
}

// complain counts a frame that is not well formed, and gives a link up that brings
// several.
func (c *carriage) complain(link uint64, err error) {
	c.bad.Add(1)
	slot := c.core.Slot(link)
	if slot < 0 {
		return
	}
	l := &c.lanes[slot]
	if l.bad++; l.bad == c.node.cfg.Transport.BadFrames {
		c.node.log.Warn().Str("peer", l.peer).Uint64("link", link).Err(err).Msg("bad_broadcast")
		l.channel.Fail(membership.Misbehaved, err)
	}
}

// Drained implements [tcptransport.Carrier].
func (c *carriage) Drained(link uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := c.core.Slot(link)
	if slot < 0 || c.full&(1<<slot) == 0 {
		return
	}
	c.full &^= 1 << slot
	now := c.now()
	c.step(broadcast.Input{Kind: broadcast.Drained, Now: now, Link: link})
	c.settle(now)
}

// tick is the core's timer.
func (c *carriage) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	now := c.now()
	c.step(broadcast.Input{Kind: broadcast.Tick, Now: now})
	c.settle(now)
}

// step steps the core. The mutex is held.
func (c *carriage) step(in broadcast.Input) { c.carryOut(c.core.Step(in)) }

// carryOut does what the core wants.
func (c *carriage) carryOut(effects []broadcast.Effect) {
	for i := range effects {
		e := &effects[i]
		switch e.Kind {
		case broadcast.Push:
			c.queue(e.To, e.Frame)
		case broadcast.Tell:
			c.tell(e.To, e.Control)
		case broadcast.Deliver:
			c.deliver(e)
		case broadcast.Miss: // the next message that is delivered shows what was missed
		case broadcast.Pass:
			c.queue(e.To, e.Frame)
		case broadcast.Arrive:
			_, hop := broadcast.DirectSender(e.Frame)
			c.arrive(e.Frame, hop-1)
		case broadcast.Spread:
			c.spread = append(c.spread, e.Frame)
		case broadcast.Expel:
			for slot := range e.To.All() {
				l := &c.lanes[slot]
				c.node.log.Warn().Str("peer", l.peer).Uint64("link", l.link).Msg("slow_neighbor")
				l.channel.Fail(membership.Slow, tcptransport.ErrSlow)
			}
		case broadcast.Wake:
			c.timer.Reset(max(0, e.At-c.now()))
		}
	}
}

// close ends everything, and waits for the handlers.
func (c *carriage) close() {
	c.mu.Lock()
	c.leaving, c.closed = true, true
	c.timer.Stop()
	c.mu.Unlock()
	c.work.Wait()
	c.audience.close()
}
