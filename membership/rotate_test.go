// When a node rotates, and with whom.

package membership_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// rotations fires a node's rotation timers one after the other, and returns the
// pauses between them and whom it asked.
func rotations(o *one, timer membership.Timer, times int) (pauses []time.Duration, asked []string, next membership.Timer) {
	for range times {
		effects := o.step(membership.Input{Kind: membership.Expired, Timer: timer})
		for _, e := range effects {
			switch {
			case e.Kind == membership.Schedule && e.Timer.Kind == membership.RotateTimer:
				pauses, timer = append(pauses, e.After), e.Timer
			case e.Kind == membership.Send && e.Message.Kind == membership.Neighbor:
				asked = append(asked, e.Peer.ID)
				o.loses(e.Peer.ID, membership.Unreachable)
			}
		}
	}
	return pauses, asked, timer
}

// The pauses double, and begin anew when a lost peer answers.
func TestRotationGetsRarer(t *testing.T) {
	const first, longest = 10 * time.Second, 100 * time.Second
	o := newOne(t, 1, func(cfg *membership.Config) {
		cfg.ActiveSize, cfg.RotateMin, cfg.RotateInterval = 2, first, longest
	}).has("a", "b")
	o.knows("w", "x", "y", "z")
	pauses, _, latest := rotations(o, membership.Timer{Kind: membership.RotateTimer}, 6)
	for i, pause := range pauses {
		want := min(first<<(i+1), longest)
		if pause < want/2 || pause > want*3/2 {
			t.Errorf("pause %d is %v, want %v to %v", i+1, pause, want/2, want*3/2)
		}
	}
	o.loses("b", membership.Closed)
	o.has("c") // so that no free slot asks for repair
	probe := onlySend(t, o.step(membership.Input{
		Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ProbeTimer},
	}), membership.Neighbor)
	if probe.Peer.ID != "b" {
		t.Fatalf("looks for %s", probe.Peer)
	}
	began := false
	for _, e := range o.receives("b", membership.Message{
		Kind: membership.NeighborReply, Request: probe.Message.Request, Verdict: membership.Refused, Degree: 2,
	}) {
		if e.Kind == membership.Schedule && e.Timer.Kind == membership.RotateTimer {
			began = e.After <= first*3/2
		}
	}
	if !began {
		t.Error("a found peer does not make it rotate soon")
	}
	if again, _, _ := rotations(o, latest, 1); len(again) > 0 {
		t.Error("the timer from before still counts")
	}
}

// A contact that was unknown comes first: the meeting place has chosen it, and nobody
// else.
func TestRotationPrefersContact(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize, cfg.PassiveSize = 2, 8 }).has("a", "b")
	o.knows("v", "w", "x", "y", "z")
	o.step(membership.Input{Kind: membership.Answered, Message: membership.Message{
		Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: made("far"),
		Sample: []views.Sighting{{Peer: made("farther")}},
	}})
	_, asked, _ := rotations(o, membership.Timer{Kind: membership.RotateTimer}, 2)
	if len(asked) != 2 || asked[0] != "far" || asked[1] == "far" {
		t.Errorf("asked %v, want far first, and once", asked)
	}
}
