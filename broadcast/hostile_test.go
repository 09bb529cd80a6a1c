// What a neighbor can do that says whatever it likes: nothing that costs more than it
// should.

package broadcast_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// madeUp are the marks of origins that do not exist.
func madeUp(round int) []broadcast.Mark {
	marks := make([]broadcast.Mark, broadcast.MaxMarks)
	for i := range marks {
		marks[i] = broadcast.Mark{Life: life(fmt.Sprintf("made-up-%d-%d", round, i)), Low: 1, High: 1 << 62, Hop: 1, Own: true}
	}
	return marks
}

func (o *one) says(link uint64, kind broadcast.ControlKind, marks []broadcast.Mark) []broadcast.Effect {
	o.t.Helper()
	return o.step(broadcast.Input{Kind: broadcast.Told, Link: link, Control: &broadcast.Control{Kind: kind, Marks: marks}})
}

func (o *one) check() {
	o.t.Helper()
	if err := o.node.Check(); err != nil {
		o.t.Fatal(err)
	}
}

// Made-up origins fill the table and no more. Those that are known stay, and there is
// room again once nothing has come of the others.
func TestHostileOrigins(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.MaxSources = 1000
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	for round := range 8 {
		o.says(2, broadcast.IHave, madeUp(round))
	}
	o.check()
	if s := o.node.Stats(); s.Sources != cfg.MaxSources || s.Refused == 0 {
		t.Errorf("%d sources, %d refused", s.Sources, s.Refused)
	}
	o.expect(o.gets(1, "x", 2)[:1], "push x/2 to 2")
	o.expect(o.gets(1, "y", 1))
	for range 70 { // they go on, and so does x
		o.pass(time.Second)
		for round := range 4 {
			o.says(2, broadcast.IHave, madeUp(round))
		}
		sequence := uint64(o.now/time.Second) + 2
		o.gets(1, "x", sequence)
	}
	o.says(2, broadcast.IHave, madeUp(99))
	if !o.node.Knows(life("x")) {
		t.Fatal("x was forgotten")
	}
	o.now += 2 * cfg.StoreAge
	o.expect(o.gets(1, "y", 1)[:1], "push y/1 to 2")
	o.check()
}

// What is announced and never sent costs a bounded number of questions, to whoever
// announced it, and then none.
func TestHostileAnnouncements(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 2)
	o.says(2, broadcast.IHave, madeUp(0))
	for range 4 * cfg.GapWait / (50 * time.Millisecond) {
		for _, e := range o.pass(50 * time.Millisecond) {
			if e.Kind == broadcast.Miss {
				t.Fatalf("misses %d to %d of nothing", e.From, e.Until)
			}
		}
	}
	if s := o.node.Stats(); s.Asks > 12*broadcast.MaxMarks || o.node.Lacks(madeUp(0)[0].Life) {
		t.Errorf("asked %d times", s.Asks)
	}
	if s := o.node.Stats(); s.Links[0].Sent > 0 {
		t.Errorf("the other neighbor was sent %d", s.Links[0].Sent)
	}
}

// Numbers near the end of their range cost no time and move nothing that is known.
func TestHostileNumbers(t *testing.T) {
	const most = uint64(1 << 62)
	o := newOne(t, broadcast.DefaultConfig(), 2)
	for sequence := uint64(1); sequence < 10; sequence++ {
		o.gets(1, "x", sequence)
	}
	for _, m := range []broadcast.Mark{
		{Low: 1, High: most},
		{Low: most, High: most},
		{Low: most},
		{High: most},
		{},
		{Low: most, Age: time.Second},
		{Low: 1, Age: 1 << 40 * time.Millisecond},
	} {
		m.Life, m.Hop = life("x"), 1
		for kind := broadcast.IHave; kind <= broadcast.Gone; kind++ {
			o.told(2, kind, m)
			o.check()
		}
	}
	o.gets(2, "x", most)
	o.gets(2, "y", most)
	o.gets(2, "y", 1)
	o.check()
	effects := o.gets(1, "x", 10)
	o.expect(effects[len(effects)-1:], "deliver x/10")
}

// A GRAFT is answered at the pace of the link, however often it asks for the same.
func TestHostileGrafts(t *testing.T) {
	o := newOne(t, broadcast.DefaultConfig(), 2)
	for sequence := uint64(1); sequence < 3000; sequence++ {
		o.gets(1, "x", sequence)
	}
	marks := make([]broadcast.Mark, broadcast.MaxMarks)
	for i := range marks {
		marks[i] = broadcast.Mark{Life: life("x"), Low: 1}
	}
	bytes := 0
	for _, e := range o.says(2, broadcast.Graft, marks) {
		if e.Kind == broadcast.Push {
			bytes += len(e.Frame) + 24
		}
	}
	if bytes > 256<<10+1<<10 {
		t.Errorf("%d bytes in one step", bytes)
	}
	o.check()
	o.step(broadcast.Input{Kind: broadcast.Congested, Link: 2})
	o.expect(o.says(2, broadcast.Graft, marks))
	o.expect(o.pass(0))
}

// Made-up senders of messages for single nodes do not fill memory.
func TestHostileSenders(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.MaxSources = 100
	o := newOne(t, cfg, 2)
	for i := range 1000 {
		o.step(broadcast.Input{Kind: broadcast.Routed, Link: 1, Target: "p", Gossip: broadcast.Gossip{
			Life: []byte(life(fmt.Sprintf("made-up-%d", i))), Hop: 255,
		}})
	}
	if routes := o.node.Routes(); routes > cfg.MaxSources {
		t.Errorf("%d ways are known", routes)
	}
	o.check()
}

// After a message with the highest number of all a node does not ask others for what no
// frame can name: they would end the link.
func TestHostileLastNumber(t *testing.T) {
	const most = uint64(1 << 62)
	cfg := broadcast.DefaultConfig()
	cfg.OwnTree = 1
	o := newOne(t, cfg, 2)
	o.step(broadcast.Input{Kind: broadcast.Received, Link: 1, Gossip: broadcast.Gossip{
		Life: []byte(life("x")), Sequence: most, First: most, Hop: 1, Frame: []byte("x"),
	}})
	o.told(2, broadcast.IHave, broadcast.Mark{Life: life("x"), Low: most, High: most, Hop: 1, Own: true})
	for _, e := range o.down(1) {
		if e.Kind == broadcast.Tell && e.Control.Marks[0].Low > most {
			t.Errorf("says %s", describeControl(e.Control))
		}
	}
}
