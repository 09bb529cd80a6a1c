// Effects and messages as tests and scripts write them.

package broadcast_test

import (
	"fmt"
	"strings"

	"github.com/kithmesh/kith/broadcast"
)

// describe writes an effect; "" for a Wake, which is not what tests are about.
func describe(e *broadcast.Effect, linkIn func(slot int) string) string {
	to := make([]string, 0, e.To.Len())
	for slot := range e.To.All() {
		to = append(to, linkIn(slot))
	}
	links := strings.Join(to, " ")
	switch e.Kind {
	case broadcast.Push:
		return fmt.Sprintf("push %s to %s", nameOf(e), links)
	case broadcast.Tell:
		return fmt.Sprintf("tell %s %s", links, describeControl(e.Control))
	case broadcast.Deliver:
		return fmt.Sprintf("deliver %s%s", nameOf(e), how(e))
	case broadcast.Miss:
		return fmt.Sprintf("miss %s/%d-%d", lifeName(e.Life), e.From, e.Until)
	case broadcast.Pass:
		return fmt.Sprintf("pass %q to %s", e.Frame, links)
	case broadcast.Arrive:
		return fmt.Sprintf("arrive %q", e.Frame)
	case broadcast.Spread:
		return fmt.Sprintf("spread %q", e.Frame)
	case broadcast.Expel:
		return "expel " + links
	case broadcast.Wake:
	}
	return ""
}

// how says of a delivery what it is not.
func how(e *broadcast.Effect) string {
	switch {
	case !e.Fresh:
		return " (had to wait)"
	case !e.Ordered:
		return " (early)"
	}
	return ""
}

func nameOf(e *broadcast.Effect) string { return fmt.Sprintf("%s/%d", lifeName(e.Life), e.Sequence) }

// lifeName is the ID, and from the second life on which life it is.
func lifeName(l broadcast.Life) string {
	if l.Incarnation() == 1 {
		return l.ID()
	}
	return fmt.Sprintf("%s(%d)", l.ID(), l.Incarnation())
}

var controls = map[broadcast.ControlKind]string{
	broadcast.IHave: "IHave", broadcast.Graft: "Graft", broadcast.Prune: "Prune", broadcast.Gone: "Gone",
}

// describeControl writes a control message with what its kind says of each origin.
func describeControl(c *broadcast.Control) string {
	var b strings.Builder
	b.WriteString(controls[c.Kind])
	if c.Digest {
		b.WriteString("(digest)")
	}
	for i := range c.Marks {
		m := &c.Marks[i]
		fmt.Fprintf(&b, " %s", lifeName(m.Life))
		switch c.Kind {
		case broadcast.IHave:
			fmt.Fprintf(&b, "/%d-%d hop %d", m.Low, m.High, m.Hop)
		case broadcast.Graft, broadcast.Gone:
			fmt.Fprintf(&b, "/%d-", m.Low)
			if m.High > 0 {
				fmt.Fprint(&b, m.High)
			}
		case broadcast.Prune:
		}
		if m.Age > 0 {
			fmt.Fprintf(&b, " of %s", m.Age)
		}
		if m.Own {
			b.WriteString(" own")
		}
	}
	return b.String()
}
