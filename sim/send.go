// Frames: sent on links, delayed, held back by cuts, and received.

package sim

import (
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// send puts a message on a link. With number 0 it is the peer's current link, which
// is dialed if there is none. On a link that is gone it goes nowhere: the sender has
// been, or is about to be, told of that.
func (w *World) send(id NodeID, to *views.Peer, number uint64, m *membership.Message) {
	l, side := w.linkOf(id, to, number)
	if l == nil {
		if number != 0 {
			return
		}
		l, side = w.dial(id, to), 0
	}
	if e := w.dispatch(l, side, frameEvent); e != nil {
		e.number = w.parcels.pack(m)
	}
}

// dispatch queues the arrival of a frame at the other side of a link, to be filled in
// like what post returns; nil when it will not arrive.
func (w *World) dispatch(l *link, side uint8, kind eventKind) *event {
	l.used = w.now
	far := &l.ends[1-side]
	if !far.open || l.broken {
		return nil
	}
	at := w.arrival(l, 1-side)
	if s := &w.seats[far.node]; s.every > 0 {
		at = w.queueUp(l, side, s.every, at)
		if at < 0 {
			return nil
		}
	}
	e := w.post(kind, at)
	e.link, e.side = l.number, 1-side
	return e
}

// queueUp lets a frame to a slow reader wait for its turn, and returns when it will
// be read. When too many wait the link is lost, and the time is negative.
func (w *World) queueUp(l *link, side uint8, every, at time.Duration) time.Duration {
	far := &l.ends[1-side]
	if far.load >= w.cfg.QueueFrames {
		l.broken = true
		w.scheduleLoss(l, side, w.now, membership.Slow)
		return -1
	}
	far.load++
	far.last = at + every
	return far.last
}

// land returns the end of a link that a frame has come to; nil when it is not seen
// there: never, or not yet.
func (w *World) land(e *event) *end {
	l := w.lookup(e.link)
	if l == nil || !l.ends[e.side].open {
		w.drop(e)
		return nil
	}
	near := &l.ends[e.side]
	if w.heldBack(e, l.ends[1-e.side].node, near.node, membership.Closed) || w.asleep(e, near.node) {
		return nil
	}
	near.load = max(0, near.load-1)
	return near
}

// drop forgets what came with an event that nobody will see.
func (w *World) drop(e *event) {
	switch e.kind {
	case frameEvent, askedEvent, answerEvent:
		w.parcels.drop(e.number)
	case carriedEvent:
		w.layers[e.detail].letters.drop(e.number)
	case timerEvent, wakeEvent, lostEvent, silentEvent, idleEvent, breakEvent, callEvent:
	}
}

// arrive hands a frame to the node at one end of a link.
func (w *World) arrive(e *event) {
	near := w.land(e)
	if near == nil {
		return
	}
	id := near.node
	in := membership.Input{Kind: membership.Received, Peer: near.peer, Link: e.link}
	w.unpack(e.number, &in)
	w.step(id, &in)
	w.parcels.drop(e.number)
}

// unpack takes a parcel's message into an input and counts it. The sample stays the
// parcel's, which must not be dropped before the step.
func (w *World) unpack(number uint32, in *membership.Input) {
	in.Message = w.parcels.all[number].message
	kind := in.Message.Kind
	if int(kind) >= len(w.stats.Messages) {
		return // a liar's
	}
	w.stats.Messages[kind]++
	if w.cfg.Bytes {
		w.scratch = membership.AppendMessage(w.scratch[:0], &in.Message)
		w.stats.Bytes[kind] += uint64(len(w.scratch))
	}
}

// heldBack keeps what cannot pass a cut until it is healed. TCP would send it again
// until then; only what a dial waits for fails by itself.
func (w *World) heldBack(e *event, from, to NodeID, reason membership.Reason) bool {
	if len(w.cuts) == 0 || reason != membership.Closed || !w.blocked(from, to) {
		return false
	}
	w.waiting = append(w.waiting, *e)
	return true
}

// asleep keeps what a paused node does not see yet.
func (w *World) asleep(e *event, id NodeID) bool {
	s := &w.seats[id]
	if s.state != paused {
		return false
	}
	s.held = append(s.held, *e)
	return true
}
