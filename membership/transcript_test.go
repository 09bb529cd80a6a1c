// How the test world tells what happens: a line for every message that arrives,
// and under it what the receiver makes known.

package membership_test

import (
	"fmt"
	"strings"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// transcript writes down what happens in a world.
type transcript struct {
	text   strings.Builder
	w      *world
	madeUp bool // the Join being answered was made up by the script
}

// record begins a transcript.
func record(w *world) *transcript {
	tr := &transcript{w: w}
	w.observe = tr.input
	w.effect = tr.effect
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

func (tr *transcript) input(m *member, in *membership.Input) {
	switch in.Kind {
	case membership.Received:
		fmt.Fprintf(&tr.text, "%s -> %s %s\n", nameOf(in.Peer), nameOf(m.self), describe(&in.Message))
	case membership.LinkLost:
		fmt.Fprintf(&tr.text, "%s: link to %s lost (%s)\n", nameOf(m.self), nameOf(in.Peer), in.Reason)
	case membership.Asked:
		fmt.Fprintf(&tr.text, "%s => %s %s\n", nameOf(in.Message.Peer), nameOf(m.self), describe(&in.Message))
	case membership.Answered:
		if in.Message.Kind == 0 {
			fmt.Fprintf(&tr.text, "%s: nobody at the meeting place\n", nameOf(m.self))
			return
		}
		fmt.Fprintf(&tr.text, "%s => %s %s\n", nameOf(in.Message.Peer), nameOf(m.self), describe(&in.Message))
	case membership.Start, membership.Expired, membership.Found, membership.Leave:
	}
}

// effect writes events, and messages to peers that only a script has made up:
// nobody will be seen to receive those.
func (tr *transcript) effect(m *member, e *membership.Effect) {
	switch {
	case e.Kind == membership.Send && !tr.exists(e.Peer):
		fmt.Fprintf(&tr.text, "  %s -> %s %s\n", nameOf(m.self), nameOf(e.Peer), describe(&e.Message))
	case e.Kind == membership.Answer && tr.madeUp:
		fmt.Fprintf(&tr.text, "  %s answers %s\n", nameOf(m.self), describe(&e.Message))
	case e.Kind == membership.Emit:
		tr.event(m, e)
	}
}

func (tr *transcript) exists(p *views.Peer) bool {
	m := tr.w.find(p.ID)
	return m != nil && (m.self.Same(p) || p.Incarnation < m.self.Incarnation)
}

func (tr *transcript) event(m *member, e *membership.Effect) {
	fmt.Fprintf(&tr.text, "  %s: ", nameOf(m.self))
	switch e.Event.Kind {
	case membership.NeighborUp:
		fmt.Fprintf(&tr.text, "up %s\n", nameOf(e.Event.Peer))
	case membership.NeighborUpdate:
		fmt.Fprintf(&tr.text, "update %s\n", nameOf(e.Event.Peer))
	case membership.NeighborDown:
		fmt.Fprintf(&tr.text, "down %s (%s)\n", nameOf(e.Event.Peer), e.Event.Reason)
	case membership.Isolated:
		fmt.Fprintf(&tr.text, "isolated\n")
	}
}

// nameOf is the ID, and from the second life on which life it is.
func nameOf(p *views.Peer) string {
	if p.Incarnation > 1 {
		return fmt.Sprintf("%s/%d", p.ID, p.Incarnation)
	}
	return p.ID
}

// describe writes a message as scripts show it.
func describe(m *membership.Message) string {
	var b strings.Builder
	b.WriteString(m.Kind.String())
	switch m.Kind {
	case membership.Join:
		fmt.Fprintf(&b, "(%s)", m.Priority)
	case membership.JoinReply:
		fmt.Fprintf(&b, "(%s)", m.Verdict)
		if m.Verdict == membership.Stale {
			fmt.Fprintf(&b, " life %d is known", m.Incarnation)
		}
	case membership.ForwardJoin:
		fmt.Fprintf(&b, "(%s, %s) ttl=%d", nameOf(m.Peer), m.Priority, m.TTL)
	case membership.Neighbor:
		fmt.Fprintf(&b, "(%s) #%d", m.Priority, m.Request)
	case membership.NeighborReply:
		fmt.Fprintf(&b, "(%s) #%d", m.Verdict, m.Request)
		if m.Peer != nil {
			fmt.Fprintf(&b, " gave up %s", nameOf(m.Peer))
		}
	case membership.Disconnect:
		fmt.Fprintf(&b, "(%s)", m.Reason)
		if m.Peer != nil {
			fmt.Fprintf(&b, " ask %s", nameOf(m.Peer))
		}
	case membership.Shuffle:
		fmt.Fprintf(&b, "(%s) #%d ttl=%d", nameOf(m.Peer), m.Request, m.TTL)
	case membership.ShuffleReply:
		fmt.Fprintf(&b, " #%d", m.Request)
	case membership.Heartbeat:
		fmt.Fprintf(&b, " degree=%d", m.Degree)
	}
	if len(m.Sample) > 0 {
		names := make([]string, len(m.Sample))
		for i, s := range m.Sample {
			names[i] = nameOf(s.Peer)
		}
		fmt.Fprintf(&b, " [%s]", strings.Join(names, " "))
	}
	return b.String()
}
