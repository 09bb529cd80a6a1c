// The meeting place, where newcomers find a first contact: NATS in a service.

package sim

import (
	"time"

	"github.com/kithmesh/kith/membership"
)

// ask takes a node's Join to the meeting place. Both ways go over a server, so
// that each takes two frames' time.
func (w *World) ask(id NodeID, join *membership.Message) {
	contact, ok := w.contact(id)
	if !ok {
		w.tellAnswer(id, w.now+w.twoHops(id, id), nil)
		return
	}
	switch w.seats[contact].state {
	case up:
	case paused: // it is subscribed and does not answer
		w.tellAnswer(id, w.now+w.cfg.AskTimeout, nil)
		return
	case absent, ended:
		w.tellAnswer(id, w.now+w.twoHops(id, id), nil)
		return
	}
	e := w.post(askedEvent, w.now+w.twoHops(id, contact))
	e.node, e.life = contact, w.seats[contact].life
	e.link = uint64(id)<<32 | uint64(w.seats[id].life)
	e.number = w.parcels.pack(join)
}

func (w *World) twoHops(from, to NodeID) time.Duration {
	return w.cfg.Latency(w.rng, from, to) + w.cfg.Latency(w.rng, to, from)
}

// contact chooses who answers.
func (w *World) contact(asker NodeID) (NodeID, bool) {
	if w.Contact != nil {
		id, ok := w.Contact(asker)
		return id, ok && id != asker
	}
	return w.Another(asker)
}

// manyTries is after how many random picks in vain the live nodes are gone through
// one by one.
const manyTries = 16

// Another returns a random live node that meets the given one at the meeting place.
func (w *World) Another(id NodeID) (NodeID, bool) {
	meets := func(other NodeID) bool {
		return other != id && (w.Meets == nil || w.Meets(id, other))
	}
	n := len(w.alive)
	if n == 0 {
		return 0, false
	}
	for range manyTries {
		if other := w.alive[w.rng.IntN(n)]; meets(other) {
			return other, true
		}
	}
	start := w.rng.IntN(n)
	for i := range n {
		if other := w.alive[(start+i)%n]; meets(other) {
			return other, true
		}
	}
	return 0, false
}

// asked hands a Join to the contact; the answer is among the effects of that step.
// The token is whom to answer.
func (w *World) asked(e *event) {
	s := &w.seats[e.node]
	if s.life != e.life || s.state != up {
		w.parcels.drop(e.number)
		if w.seats[NodeID(e.link>>32)].life == uint32(e.link) {
			w.tellAnswer(NodeID(e.link>>32), w.now+w.cfg.AskTimeout, nil)
		}
		return
	}
	in := membership.Input{Kind: membership.Asked, Token: e.link}
	w.unpack(e.number, &in)
	w.step(e.node, &in)
	w.parcels.drop(e.number)
}

// answer carries out an Answer effect.
func (w *World) answer(contact NodeID, token uint64, reply *membership.Message) {
	if asker := NodeID(token >> 32); w.seats[asker].life == uint32(token) {
		w.tellAnswer(asker, w.now+w.twoHops(contact, asker), reply)
	}
}

// tellAnswer tells a node, at a time, what came of its Join; nil: nobody answered.
func (w *World) tellAnswer(id NodeID, at time.Duration, reply *membership.Message) {
	if reply == nil {
		reply = &membership.Message{}
	}
	e := w.post(answerEvent, at)
	e.node, e.life = id, w.seats[id].life
	e.number = w.parcels.pack(reply)
}

func (w *World) answered(e *event) {
	s := &w.seats[e.node]
	if s.life != e.life || s.state == ended {
		w.parcels.drop(e.number)
		return
	}
	if w.asleep(e, e.node) {
		return
	}
	in := membership.Input{Kind: membership.Answered}
	w.unpack(e.number, &in)
	w.step(e.node, &in)
	w.parcels.drop(e.number)
}
