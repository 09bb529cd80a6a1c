// Random histories: whatever comes, a node agrees with itself.

package interest_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// script reads a history out of bytes.
type script struct{ rest []byte }

func (s *script) next(below int) int {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return int(b) % below
}

func (s *script) of(all ...string) string { return all[s.next(len(all))] }

func (s *script) key() string {
	return s.of("a", "a.b", "a.c", "a.d", "a.b.c", "a.*", "a.>", "*.b", ">", "$JS.x", "a q", "a.* q", "> q", "w r")
}

// keys are some keys, each with a weight of at least least.
func (s *script) keys(least int) []interest.Change {
	all := map[interest.Key]uint32{}
	for range s.next(6) {
		k := key(s.key())
		weight := least + s.next(9-least)
		if k.Queue == "" {
			weight = min(weight, 1)
		}
		all[k] = uint32(weight)
	}
	var sorted []interest.Change
	for k, weight := range all {
		sorted = append(sorted, interest.Change{Key: k, Weight: weight})
	}
	slices.SortFunc(sorted, func(a, b interest.Change) int { return a.Key.Compare(b.Key) })
	return sorted
}

func (s *script) node() string { return s.of("a", "b", "c", "n", "x", "m") }

func (s *script) message() *interest.Message {
	m := &interest.Message{
		Kind: interest.Kind(1 + s.next(7)), Epoch: uint64(s.next(2)), Node: s.node(), Incarnation: uint64(1 + s.next(2)),
		Beat: uint64(s.next(4)), Group: s.of("", "g", "h"), Left: time.Duration(s.next(40)) * time.Second,
	}
	switch m.Kind {
	case interest.Delta:
		m.From = uint64(s.next(6))
		m.Version = m.From + 1 + uint64(s.next(2))
		m.Keys = s.keys(0)
	case interest.Alive:
		m.Version, m.Count = uint64(s.next(8)), uint64(s.next(4))
	case interest.Table:
		m.Version, m.Last = uint64(s.next(8)), uint64(s.next(2))
		m.Index = min(uint64(s.next(2)), m.Last)
		m.Keys = s.keys(1)
	case interest.Ask, interest.Digest:
		for _, id := range []string{"a", "b", "c", "m", "x"} {
			if s.next(2) == 1 {
				m.Known = append(m.Known, interest.Known{
					Node: id, Incarnation: uint64(1 + s.next(2)), Epoch: uint64(s.next(2)), Version: uint64(s.next(8)),
					Left: time.Duration(s.next(40)) * time.Second,
				})
			}
		}
		m.More = m.Kind == interest.Digest && len(m.Known) > 0 && s.next(4) == 0
		m.Reply = s.next(4) == 0
	case interest.Doubt, interest.Farewell:
	}
	return m
}

// play plays a history; the tester checks the node after each step.
func play(tb testing.TB, data []byte) *tester {
	d := start(tb, interest.Config{RollUp: 2, MaxNodes: 4, MaxKeys: 8, MaxLocal: 12, MaxMessage: interest.MinMessage})
	for s := (script{data}); len(s.rest) > 0; {
		switch s.next(10) {
		case 0:
			d.attach(s.of("", "g", "h"))
		case 1, 2:
			d.local(s.key(), s.next(4))
		case 3:
			d.step(interest.Input{Kind: []interest.InputKind{interest.Synced, interest.Detached, interest.Tick}[s.next(3)]})
		case 4:
			d.up(s.node())
		case 5:
			d.down(s.node(), s.next(2) == 0)
		case 6:
			d.wait(time.Duration(s.next(256)) * time.Duration(1+s.next(256)) * time.Millisecond)
		default:
			d.hear(fmt.Sprintf("%s/%d/%d", s.node(), 1+s.next(2), s.next(5)), s.message())
		}
		subject := []byte(s.of("a", "a.b", "a.b.c", "w"))
		d.core.Wanted(subject)
		d.core.Elsewhere(subject)
		if node, _ := d.core.Choose(subject, []byte("q")); node == "m" {
			tb.Fatal("the node chooses itself")
		}
	}
	return d
}

func FuzzStep(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		d := play(t, data)
		// Whatever came, it ends: nobody is heard any more.
		d.wait(2 * ttl)
		d.wants("")
		if s := d.core.Stats(); s.Nodes != 0 || s.Keys != 0 || s.Bytes != 0 || s.Tombstones != 0 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		history := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(rt, "history")
		a, b := play(t, history), play(t, history)
		if !reflect.DeepEqual(a.since, b.since) {
			rt.Fatal("the same history has other effects")
		}
	})
}
