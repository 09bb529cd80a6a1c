// A long life among very many origins, and links that come and go, after which nothing is left of them.

package broadcast_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/internal/testkit"
)

// longLife is one node whose neighbors come and go, and speak for ever new origins.
type longLife struct {
	t       *testing.T
	node    *broadcast.Node
	rng     *rand.Rand
	now     time.Duration
	wakeAt  time.Duration
	links   []uint64 // that are up
	last    uint64   // the number of the latest link
	origins int
}

const noTime = time.Duration(1<<63 - 1)

func newLongLife(t *testing.T) *longLife {
	t.Helper()
	node, err := broadcast.New(life("p"), broadcast.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	l := &longLife{t: t, node: node, rng: rand.New(rand.NewPCG(1, 2)), wakeAt: noTime}
	for range 5 {
		l.up()
	}
	return l
}

func (l *longLife) step(in broadcast.Input) {
	in.Now = l.now
	if in.Kind == broadcast.Tick {
		l.wakeAt = noTime
	}
	effects := l.node.Step(in)
	for i := range effects {
		if effects[i].Kind == broadcast.Wake {
			l.wakeAt = effects[i].At
		}
	}
}

func (l *longLife) pass(d time.Duration) {
	for until := l.now + d; ; {
		if l.wakeAt > until {
			l.now = until
			return
		}
		l.now = max(l.now, l.wakeAt)
		l.step(broadcast.Input{Kind: broadcast.Tick})
	}
}

func (l *longLife) up() {
	l.last++
	l.links = append(l.links, l.last)
	l.step(broadcast.Input{Kind: broadcast.LinkUp, Link: l.last, Target: fmt.Sprint("neighbor", l.last), RTT: time.Millisecond})
}

// down ends the oldest link.
func (l *longLife) down() {
	l.step(broadcast.Input{Kind: broadcast.LinkDown, Link: l.links[0]})
	l.links = l.links[1:]
}

func (l *longLife) link() uint64 { return l.links[l.rng.IntN(len(l.links))] }

// origin returns a life of which nothing was heard.
func (l *longLife) origin() string {
	l.origins++
	return fmt.Sprint("x", l.origins)
}

// speak lets something be heard of somebody new.
func (l *longLife) speak() {
	id := l.origin()
	switch l.rng.IntN(6) {
	case 0, 1: // a few messages, of which some may be missing
		for sequence := range uint64(1 + l.rng.IntN(12)) {
			if l.rng.IntN(8) > 0 {
				l.step(broadcast.Input{Kind: broadcast.Received, Link: l.link(), Gossip: gossip(id, sequence+1, 2)})
			}
		}
	case 2: // announced, and never sent
		l.tell(broadcast.IHave, broadcast.Mark{Life: life(id), Low: 1, High: uint64(l.rng.IntN(100)), Hop: 2})
	case 3: // for one node, and back
		l.step(broadcast.Input{Kind: broadcast.Routed, Link: l.link(), Target: l.someTarget(), Gossip: gossip(id, 1, 1)})
	case 4:
		l.step(broadcast.Input{Kind: broadcast.Received, Link: l.link(), Gossip: gossip(id, 1, 2)})
		l.tell(broadcast.Graft, broadcast.Mark{Life: life(id), Low: 1})
	default:
		l.tell(broadcast.Gone, broadcast.Mark{Life: life(id), Low: 5, High: 9})
		l.tell(broadcast.Prune, broadcast.Mark{Life: life(id)})
	}
	switch l.rng.IntN(20) {
	case 0:
		l.step(broadcast.Input{Kind: broadcast.Congested, Link: l.link()})
	case 1:
		l.step(broadcast.Input{Kind: broadcast.Drained, Link: l.link()})
	case 2, 3:
		l.down()
		l.up()
	case 4:
		sequence, first := l.node.Next()
		l.step(broadcast.Input{Kind: broadcast.Published, Gossip: broadcast.Gossip{
			Life: []byte(life("p")), Sequence: sequence, First: first, Frame: []byte("from p"),
		}})
	}
}

func (l *longLife) tell(kind broadcast.ControlKind, m broadcast.Mark) {
	l.step(broadcast.Input{Kind: broadcast.Told, Link: l.link(), Control: &broadcast.Control{Kind: kind, Marks: []broadcast.Mark{m}}})
}

func (l *longLife) someTarget() string {
	if l.rng.IntN(2) == 0 {
		return "p"
	}
	return fmt.Sprint("x", 1+l.rng.IntN(l.origins))
}

func (l *longLife) check() {
	l.t.Helper()
	if err := l.node.Check(); err != nil {
		l.t.Fatal(err)
	}
}

// TestSoak lets a node hear of five thousand origins, over five hundred links; with KITH_SOAK of twenty
// times as many. When nothing has been heard for as long as it remembers anything, it remembers nothing.
func TestSoak(t *testing.T) {
	origins := testkit.Soak(5_000, 100_000)
	l := newLongLife(t)
	l.pass(time.Minute)
	before := testkit.HeapInUse()
	most := 0
	for l.origins < origins {
		l.speak()
		l.pass(time.Duration(l.rng.IntN(8)) * time.Millisecond)
		if l.origins%2500 == 0 {
			l.check()
			most = max(most, l.node.Stats().Sources)
		}
	}
	s := l.node.Stats()
	t.Logf("%d origins in %v, over %d links; at most %d remembered at a time, %d ways", l.origins, l.now, l.last, most, l.node.Routes())
	if s.Refused > 0 && most < broadcast.DefaultConfig().MaxSources/2 {
		t.Errorf("%d refused among %d", s.Refused, most)
	}
	for len(l.links) > 0 {
		l.down()
	}
	l.pass(2 * broadcast.DefaultConfig().SourceExpiry)
	l.check()
	if left := l.node.Left(); left != "" {
		t.Errorf("left over: %s", left)
	}
	if l.wakeAt != noTime {
		t.Errorf("it wants to wake at %v, now is %v", l.wakeAt, l.now)
	}
	if after := testkit.HeapInUse(); after > before+256<<10 {
		t.Errorf("%d bytes of heap, %d before", after, before)
	}
	runtime.KeepAlive(l)
}
