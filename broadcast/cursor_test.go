// What a GRAFT is answered with when little or nothing is in store.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// A newcomer was told that an origin's messages up to the seventh are too old for it.
// It has none of them, and says so to another newcomer that asks for them.
func TestGraftForWhatWasSkipped(t *testing.T) {
	n, err := broadcast.New(broadcast.NewLife("me", 1), broadcast.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	origin := broadcast.NewLife("origin", 1)
	told := func(now time.Duration, link uint64, kind broadcast.ControlKind, m broadcast.Mark) []broadcast.Effect {
		m.Life = origin
		return n.Step(broadcast.Input{
			Kind: broadcast.Told, Now: now, Link: link,
			Control: &broadcast.Control{Kind: kind, Marks: []broadcast.Mark{m}},
		})
	}
	for link := uint64(1); link <= 2; link++ {
		n.Step(broadcast.Input{Kind: broadcast.LinkUp, Link: link})
	}
	told(1, 1, broadcast.IHave, broadcast.Mark{Low: 1, High: 9, Hop: 1})
	told(2, 1, broadcast.Gone, broadcast.Mark{Low: 8, Age: time.Second})
	var answer []broadcast.Mark
	for _, e := range told(3, 2, broadcast.Graft, broadcast.Mark{Low: 1, Age: time.Second}) {
		if e.Kind == broadcast.Tell && e.Control.Kind == broadcast.Gone {
			answer = append(answer, e.Control.Marks...)
		}
	}
	if len(answer) != 1 || answer[0].Low != 8 {
		t.Errorf("the answer is %+v, want that all before 8 is gone", answer)
	}
}
