// A node under test: its inputs, in a word each, and what becomes of them.

package interest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

const ttl = 30 * time.Second // the default

// tester drives one node.
type tester struct {
	tb      testing.TB
	core    *interest.Node
	now     time.Duration
	wake    time.Duration
	effects []interest.Effect // of the last step
	since   []interest.Effect // of all steps since the last take
	wanted  map[interest.Key]int
	won     bool
	most    int
	beats   uint64
}

// start returns the node m, in its life 1.
func start(tb testing.TB, cfg interest.Config) *tester {
	tb.Helper()
	core, err := interest.New(cfg, "m", 1, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		tb.Fatal(err)
	}
	d := &tester{tb: tb, core: core, wanted: map[interest.Key]int{}, most: 64 << 10}
	if cfg.MaxMessage > 0 {
		d.most = cfg.MaxMessage
	}
	d.step(interest.Input{Kind: interest.Start})
	return d
}

// exporter returns a node that is attached alone, and carries messages.
func exporter(tb testing.TB, cfg interest.Config) *tester {
	tb.Helper()
	d := start(tb, cfg)
	d.attach("")
	d.take()
	return d
}

func (d *tester) step(in interest.Input) {
	d.tb.Helper()
	in.Now = d.now
	d.effects = d.core.Step(in)
	for _, e := range d.effects {
		d.note(e)
	}
	d.since = append(d.since, d.effects...)
	if d.wake <= d.now && in.Kind != interest.Leave {
		d.tb.Fatalf("at %v it wants to wake at %v", d.now, d.wake)
	}
	if d.won != d.core.Exporter() {
		d.tb.Fatalf("exporter: %v, by the effects %v", d.core.Exporter(), d.won)
	}
	if err := d.core.Check(); err != nil {
		d.tb.Fatal(err)
	}
}

// note follows an effect.
func (d *tester) note(e interest.Effect) {
	d.tb.Helper()
	switch e.Kind {
	case interest.Want:
		if e.Weight == 0 && d.wanted[e.Key] == 0 {
			d.tb.Fatalf("%v was never wanted", e.Key)
		}
		if d.wanted[e.Key] = e.Weight; e.Weight == 0 {
			delete(d.wanted, e.Key)
		}
	case interest.Elected:
		if e.On == d.won {
			d.tb.Fatalf("elected twice: %v", e.On)
		}
		d.won = e.On
	case interest.Wake:
		d.wake = e.At
	case interest.Publish, interest.Send:
		if len(e.Data) > d.most {
			d.tb.Fatalf("a message of %d bytes", len(e.Data))
		}
	}
}

// until lets time pass, with the ticks that were asked for.
func (d *tester) until(at time.Duration) {
	d.tb.Helper()
	for d.wake <= at {
		d.now = d.wake
		d.step(interest.Input{Kind: interest.Tick})
	}
	d.now = at
}

func (d *tester) wait(t time.Duration) {
	d.tb.Helper()
	d.until(d.now + t)
}

func (d *tester) attach(group string) {
	d.tb.Helper()
	d.step(interest.Input{Kind: interest.Attached, Group: group})
}

// key is "subject", or "subject queue".
func key(text string) interest.Key {
	subject, queue, _ := strings.Cut(text, " ")
	return interest.Key{Subject: subject, Queue: queue}
}

func (d *tester) local(text string, weight int) {
	d.tb.Helper()
	d.step(interest.Input{Kind: interest.Local, Key: key(text), Weight: weight})
}

func (d *tester) up(id string) {
	d.tb.Helper()
	d.step(interest.Input{Kind: interest.NeighborUp, From: id, Incarnation: 1})
}

func (d *tester) down(id string, lost bool) {
	d.tb.Helper()
	d.step(interest.Input{Kind: interest.NeighborDown, From: id, Lost: lost})
}

// hear takes in a message of a node, in the form id or id/incarnation/hops.
func (d *tester) hear(from string, m *interest.Message) {
	d.tb.Helper()
	parts := strings.Split(from, "/")
	in := interest.Input{Kind: interest.Heard, From: parts[0], Incarnation: 1, Hops: 1, Data: interest.AppendMessage(nil, m)}
	if len(parts) > 1 {
		in.Incarnation, _ = strconv.ParseUint(parts[1], 10, 64)
	}
	if len(parts) > 2 {
		in.Hops, _ = strconv.Atoi(parts[2])
	}
	in.Direct = m.Kind >= interest.Ask
	d.step(in)
}

// changes are in the form "subject", "-subject", "subject queue weight".
func changes(texts ...string) []interest.Change {
	all := make([]interest.Change, 0, len(texts))
	for _, text := range texts {
		name, gone := strings.CutPrefix(text, "-")
		c := interest.Change{Weight: 1}
		fields := strings.Fields(name)
		c.Key.Subject = fields[0]
		if len(fields) > 1 {
			c.Key.Queue = fields[1]
		}
		if len(fields) > 2 {
			weight, _ := strconv.ParseUint(fields[2], 10, 32)
			c.Weight = uint32(weight)
		}
		if gone {
			c.Weight = 0
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b interest.Change) int { return a.Key.Compare(b.Key) })
	return all
}

// beat returns a higher number each time.
func (d *tester) beat() uint64 {
	d.beats++
	return d.beats
}

// delta takes in a delta from a version to the next.
func (d *tester) delta(from string, version uint64, texts ...string) {
	d.tb.Helper()
	d.hear(from, &interest.Message{Kind: interest.Delta, From: version - 1, Version: version, Beat: d.beat(), Keys: changes(texts...)})
}

func (d *tester) alive(from string, version, count uint64) {
	d.tb.Helper()
	d.hear(from, &interest.Message{Kind: interest.Alive, Version: version, Count: count, Beat: d.beat()})
}

// take returns all messages of a kind since it was called last, and to whom they went.
func (d *tester) take() (told []heard) {
	d.tb.Helper()
	for _, e := range d.since {
		if e.Kind != interest.Publish && e.Kind != interest.Send {
			continue
		}
		m, err := interest.ParseMessage(e.Data)
		if err != nil {
			d.tb.Fatal(err)
		}
		if (m.Kind >= interest.Ask) != (e.Kind == interest.Send) {
			d.tb.Fatalf("kind %d goes to %q", m.Kind, e.To)
		}
		told = append(told, heard{e.To, m})
	}
	d.since = nil
	return told
}

// heard is a message that was sent, to everybody if To is empty.
type heard struct {
	To string
	interest.Message
}

// only returns those of a kind since anything was taken.
func (d *tester) only(kind interest.Kind) []heard {
	d.tb.Helper()
	return slices.DeleteFunc(d.take(), func(h heard) bool { return h.Kind != kind })
}

// wants compares what the own server was told.
func (d *tester) wants(want string) {
	d.tb.Helper()
	if got := show(d.wanted); got != want {
		d.tb.Fatalf("at %v it wants %q, want %q", d.now, got, want)
	}
}

// show writes keys and weights as in "a b 2|c".
func show[W int | uint32](keys map[interest.Key]W) string {
	texts := make([]string, 0, len(keys))
	for k, weight := range keys {
		text := k.Subject
		if k.Queue != "" {
			text = fmt.Sprintf("%s %s %d", k.Subject, k.Queue, weight)
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return strings.Join(texts, "|")
}

// showChanges writes changes as they are given.
func showChanges(all []interest.Change) string {
	texts := make([]string, 0, len(all))
	for _, c := range all {
		text := c.Key.Subject
		if c.Key.Queue != "" {
			text = fmt.Sprintf("%s %s %d", c.Key.Subject, c.Key.Queue, c.Weight)
		}
		if c.Weight == 0 {
			text = strings.TrimSuffix("-"+text, " 0")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "|")
}
