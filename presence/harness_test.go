// A directory under test: its inputs, in a word each, and what becomes of them.

package presence_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

const ttl = 30 * time.Second // the default

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// peer is a life of a node, in the form id or id/incarnation.
func peer(life string) *views.Peer {
	p := &views.Peer{ID: life, Incarnation: 1, Addr: "host:7000"}
	if id, incarnation, found := strings.Cut(life, "/"); found {
		p.ID = id
		_, _ = fmt.Sscan(incarnation, &p.Incarnation)
	}
	return p
}

// tester drives the directory of the node "self".
type tester struct {
	tb      testing.TB
	core    *presence.Directory
	now     time.Duration
	wake    time.Duration
	effects []presence.Effect // of the last step
	told    []string          // all events
	list    map[string]bool   // what they come to
}

func start(tb testing.TB, cfg presence.Config) *tester {
	tb.Helper()
	core, err := presence.New(cfg, peer("self"), epoch, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		tb.Fatal(err)
	}
	d := &tester{tb: tb, core: core, list: map[string]bool{}}
	d.step(presence.Input{Kind: presence.Start})
	return d
}

func (d *tester) step(in presence.Input) {
	d.tb.Helper()
	in.Now = d.now
	d.effects = d.core.Step(in)
	for _, e := range d.effects {
		switch e.Kind {
		case presence.Emit:
			d.note(e.Event)
		case presence.Wake:
			d.wake = e.At
		case presence.Publish, presence.Send:
			if len(e.Data) > presence.MaxMessage {
				d.tb.Fatalf("a message of %d bytes", len(e.Data))
			}
		}
	}
	if d.wake <= d.now && in.Kind != presence.Close {
		d.tb.Fatalf("at %v it wants to wake at %v", d.now, d.wake)
	}
	d.check()
}

// note follows an event, which must make sense after those before.
func (d *tester) note(e presence.Event) {
	d.tb.Helper()
	d.told = append(d.told, e.String())
	if known := d.list[e.Entry.ID]; known == (e.Kind == presence.Joined) {
		d.tb.Fatalf("%s, and it was known: %v", e, known)
	}
	d.list[e.Entry.ID] = true
	if e.Kind == presence.Left || e.Kind == presence.Expired {
		delete(d.list, e.Entry.ID)
	}
}

// check checks that the list is in order and what the events come to.
func (d *tester) check() {
	d.tb.Helper()
	entries, last := d.core.Entries(), ""
	for i := range entries {
		e := &entries[i]
		if got, found := d.core.Get(e.ID); e.ID <= last || !d.list[e.ID] || !found || got != *e {
			d.tb.Fatalf("%s after %s, in the events: %v", e.ID, last, d.list[e.ID])
		}
		last = e.ID
	}
	if len(entries) != len(d.list) || len(entries) != d.core.Len() || !d.list["self"] {
		d.tb.Fatalf("%d entries, %d by the events", len(entries), len(d.list))
	}
}

// until lets time pass, with the ticks that were asked for.
func (d *tester) until(at time.Duration) {
	d.tb.Helper()
	for d.wake <= at {
		d.now = d.wake
		d.step(presence.Input{Kind: presence.Tick})
	}
	d.now = at
}

func (d *tester) hear(from *views.Peer, direct bool, m *presence.Message) {
	d.tb.Helper()
	d.step(presence.Input{
		Kind: presence.Heard, From: from.ID, Incarnation: from.Incarnation, Direct: direct, Data: presence.AppendMessage(nil, m),
	})
}

func (d *tester) announced(life string) {
	d.tb.Helper()
	d.hear(peer(life), false, &presence.Message{Kind: presence.Announce, TTL: ttl, Peer: peer(life)})
}

func (d *tester) left(life string) {
	d.tb.Helper()
	d.hear(peer(life), false, &presence.Message{Kind: presence.Leave, TTL: ttl})
}

// meet tells it its neighbors.
func (d *tester) meet(ids ...string) {
	d.tb.Helper()
	d.step(presence.Input{Kind: presence.Neighbors, Neighbors: ids})
}

// said returns the only message of a kind in the last step, nil if there is none.
func (d *tester) said(kind presence.Kind) (to string, m *presence.Message) {
	d.tb.Helper()
	for _, e := range d.effects {
		if e.Kind != presence.Publish && e.Kind != presence.Send {
			continue
		}
		got, err := presence.ParseMessage(e.Data)
		if err != nil {
			d.tb.Fatal(err)
		}
		if got.Kind != kind {
			continue
		}
		if m != nil {
			d.tb.Fatalf("two messages of kind %d", kind)
		}
		to, m = e.To, &got
	}
	return to, m
}

// page answers what was asked in the last step.
func (d *tester) page(more, partial bool, left time.Duration, lives ...string) {
	d.tb.Helper()
	to, ask := d.said(presence.Ask)
	if ask == nil {
		d.tb.Fatal("nobody was asked")
	}
	d.hear(peer(to), true, pageOf(ask.After, more, partial, left, lives...))
}

func pageOf(after string, more, partial bool, left time.Duration, lives ...string) *presence.Message {
	m := &presence.Message{Kind: presence.Page, After: after, More: more, Partial: partial}
	for _, life := range lives {
		m.Told = append(m.Told, presence.Told{Peer: peer(life), Left: left})
	}
	return m
}

// lives returns the list without the node itself.
func (d *tester) lives() string {
	var all []string
	for _, e := range d.core.Entries() {
		if e.ID != "self" {
			all = append(all, fmt.Sprintf("%s/%d", e.ID, e.Incarnation))
		}
	}
	return strings.Join(all, " ")
}

func (d *tester) want(lives string) {
	d.tb.Helper()
	if got := d.lives(); got != lives {
		d.tb.Fatalf("at %v it knows %q, want %q", d.now, got, lives)
	}
}
