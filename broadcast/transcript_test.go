// How the test world tells what happens: a line for every frame that arrives, and
// under it what the receiver makes known.

package broadcast_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithmesh/kith/broadcast"
)

// transcript writes down what happens in a world.
type transcript struct{ text strings.Builder }

// record begins a transcript.
func record(w *world) *transcript {
	tr := &transcript{}
	w.observe = tr.step
	return tr
}

// take returns what was written since the last time.
func (tr *transcript) take() string {
	text := tr.text.String()
	tr.text.Reset()
	if text == "" {
		return "nothing\n"
	}
	return text
}

func (tr *transcript) step(h *host, in *broadcast.Input, effects []broadcast.Effect) {
	var far string
	if e := h.ends[in.Link]; e != nil {
		far = e.far.name
	}
	switch in.Kind {
	case broadcast.Received:
		g := &in.Gossip
		fmt.Fprintf(&tr.text, "%s -> %s %s/%d hop %d\n", far, h.name, lifeName(broadcast.Life(g.Life)), g.Sequence, g.Hop)
	case broadcast.Told:
		fmt.Fprintf(&tr.text, "%s -> %s %s\n", far, h.name, describeControl(in.Control))
	case broadcast.Routed:
		if in.Link > 0 {
			fmt.Fprintf(&tr.text, "%s -> %s for %s\n", far, h.name, in.Target)
		}
	case broadcast.LinkUp, broadcast.LinkDown, broadcast.Published, broadcast.Congested, broadcast.Drained, broadcast.Tick:
	}
	for i := range effects {
		tr.effect(h, &effects[i])
	}
}

// effect writes what is not sent: what is will be seen to arrive.
func (tr *transcript) effect(h *host, e *broadcast.Effect) {
	switch e.Kind {
	case broadcast.Deliver, broadcast.Miss, broadcast.Arrive, broadcast.Spread, broadcast.Expel:
		text := describe(e, func(slot int) string {
			i := slices.IndexFunc(h.neighbors(), func(to *end) bool { return h.core.Slot(to.link) == slot })
			return h.neighbors()[i].far.name
		})
		fmt.Fprintf(&tr.text, "  %s: %s\n", h.name, text)
	case broadcast.Push, broadcast.Tell, broadcast.Pass, broadcast.Wake:
	}
}
