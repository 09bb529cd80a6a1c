// Events as they happen, and what nodes want done.

package sim

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/membership"
)

// post queues an event of a kind, to be filled in before the next call.
func (w *World) post(kind eventKind, at time.Duration) *event {
	w.count(kind, 1)
	e := w.queue.add(at)
	e.kind = kind
	return e
}

// count keeps the number of things under way.
func (w *World) count(kind eventKind, by int) {
	switch kind {
	case frameEvent, carriedEvent, lostEvent, askedEvent, answerEvent:
		w.moving += by
	case timerEvent, wakeEvent, silentEvent, idleEvent, breakEvent, callEvent:
	}
}

// happen carries out one event.
func (w *World) happen(e *event) {
	w.stats.Events++
	w.count(e.kind, -1)
	switch e.kind {
	case timerEvent:
		w.expire(e)
	case frameEvent:
		w.arrive(e)
	case lostEvent:
		w.lose(e)
	case silentEvent:
		w.silent(e)
	case idleEvent:
		w.idle(e)
	case breakEvent:
		w.breaks(e)
	case askedEvent:
		w.asked(e)
	case answerEvent:
		w.answered(e)
	case callEvent:
		w.call(e.number)
	case carriedEvent:
		w.layers[e.detail].arrive(e)
	case wakeEvent:
		w.layers[e.detail].awake(e)
	}
}

// call calls back whoever wanted to be called, and frees the places behind the last
// call that is pending.
func (w *World) call(number uint32) {
	f := w.calls[number]
	w.calls[number] = nil
	for last := len(w.calls) - 1; last >= 0 && w.calls[last] == nil; last-- {
		w.calls = w.calls[:last]
	}
	f()
}

// expire hands a timer back.
func (w *World) expire(e *event) {
	s := &w.seats[e.node]
	if s.life != e.life || s.state == ended {
		return
	}
	if s.state == paused {
		s.held = append(s.held, *e)
		return
	}
	w.step(e.node, &membership.Input{Kind: membership.Expired, Timer: membership.Timer{
		Kind: membership.TimerKind(e.detail), Sequence: e.number, ID: e.id,
	}})
}

// step hands an input to a node and carries out what comes of it.
func (w *World) step(id NodeID, in *membership.Input) {
	s := &w.seats[id]
	in.Now = w.now - s.born
	w.mix(uint64(w.now)^in.Link<<1, uint64(id)<<24|uint64(in.Timer.Kind)<<16|uint64(in.Kind)<<8|uint64(in.Message.Kind))
	effects := s.core.Step(*in)
	if w.cfg.Check {
		if err := s.node.Invariants(); err != nil {
			w.fail(id, err)
		}
	}
	for i := range effects {
		w.carryOut(id, &effects[i], in.Token)
	}
}

// carryOut does what a node wants done. Nothing of it steps a node at once: the
// effects are only lent until the next step of any.
func (w *World) carryOut(id NodeID, e *membership.Effect, token uint64) {
	switch e.Kind {
	case membership.Send:
		w.send(id, e.Peer, e.Link, &e.Message)
	case membership.Close:
		w.close(id, e.Peer, e.Link)
	case membership.Schedule:
		t := w.post(timerEvent, w.now+e.After)
		t.node, t.life = id, w.seats[id].life
		t.detail, t.number, t.id = uint8(e.Timer.Kind), e.Timer.Sequence, e.Timer.ID
	case membership.Ask:
		w.ask(id, &e.Message)
	case membership.Answer:
		w.answer(id, token, &e.Message)
	case membership.Emit:
		w.heed(id, &e.Event)
		for _, b := range w.layers {
			b.heed(id, &e.Event)
		}
		if w.OnEvent != nil {
			w.OnEvent(id, e.Event)
		}
	}
}

// mix takes something that happened into the digest.
func (w *World) mix(a, b uint64) {
	h := (w.digest ^ a) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h = (h ^ b) * 0xBF58476D1CE4E5B9
	w.digest = h ^ h>>32
}

// CheckError says that a node or the overlay was not as it must be.
type CheckError struct {
	Seed uint64
	At   time.Duration // virtual time
	What string
}

// Error implements error.
func (e *CheckError) Error() string {
	return fmt.Sprintf("sim: seed %d, at %v: %s", e.Seed, e.At, e.What)
}

// fail notes the first failure, which ends every run.
func (w *World) fail(id NodeID, err error) {
	if w.failure == nil {
		w.failure = &CheckError{Seed: w.cfg.Seed, At: w.now, What: id.String() + ": " + err.Error()}
	}
}
