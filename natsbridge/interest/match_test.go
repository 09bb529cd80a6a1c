// The questions for each message: who wants it, and who of a queue group gets it.

package interest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func TestMatching(t *testing.T) {
	d := exporter(t, interest.Config{})
	for _, k := range []string{"a.b", "a.*", "*.c", "x.>", "a.b.c q", "long.>"} {
		d.local(k, 1)
	}
	d.delta("n", 1, "e.*.f", "e.>", "w.* q")
	for subject, want := range map[string]bool{
		"a.b": true, "a.z": true, "b.c": true, "b": false, "x": false, "x.y": true, "x.y.z": true, "a.b.c": true, "a": false, "a.b.c.d": false,
	} {
		if d.core.Wanted([]byte(subject)) != want {
			t.Errorf("%s is wanted: %v", subject, !want)
		}
	}
	if !d.core.WantedBy([]byte("a.b.c"), []byte("q")) || d.core.WantedBy([]byte("a.b.c"), []byte("r")) || d.core.WantedBy([]byte("a.b"), []byte("q")) {
		t.Error("the queue groups of the own server are others")
	}
	for subject, want := range map[string]bool{"e.x.f": true, "e.x": true, "e": false, "w.x": false} {
		if d.core.Elsewhere([]byte(subject)) != want {
			t.Errorf("%s is wanted elsewhere: %v", subject, !want)
		}
	}
	d.local("a.b", 0)
	d.local("a.*", 0)
	d.delta("n", 2, "-e.>", "-e.*.f", "-w.* q")
	if _, ok := d.core.Choose([]byte("w.x"), []byte("q")); ok || d.core.Wanted([]byte("a.b")) || d.core.Elsewhere([]byte("e.x.f")) {
		t.Error("what is gone is found")
	}
	for i := range 3 * interest.MaxCached {
		if !d.core.Wanted(fmt.Appendf(nil, "x.%d", i)) || d.core.Cached() > interest.MaxCached {
			t.Fatalf("%d subjects are cached", d.core.Cached())
		}
	}
}

// Nodes get messages by weight and distance, whatever pattern their members used.
func TestChoose(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local("w q", 5) // never this node
	d.delta("a/1/1", 1, "w q 2", "* q 2")
	d.delta("b/1/2", 1, "w q 4")
	d.delta("c/1/4", 1, "> q 8")
	d.delta("e/1/1", 1, "w r 100", "v q 100")
	got := map[string]int{}
	for range 8000 {
		node, ok := d.core.Choose([]byte("w"), []byte("q"))
		if !ok {
			t.Fatal("nobody is chosen")
		}
		got[node]++
	}
	if len(got) != 3 || got["a"] < 3800 || got["a"] > 4200 || got["b"] < 1800 || got["b"] > 2200 {
		t.Errorf("chosen: %v, want 4000, 2000, 2000", got)
	}
	d.alive("a/1/400", 1, 2) // it is far away now
	clear(got)
	for range 1000 {
		node, _ := d.core.Choose([]byte("w"), []byte("q"))
		got[node]++
	}
	if got["a"] > 20 {
		t.Errorf("chosen: %v", got)
	}
	if _, ok := d.core.Choose([]byte("w"), []byte("none")); ok {
		t.Error("somebody is chosen of a group that is nowhere")
	}
}

// crowd returns a node that knows n others with as many keys in all, a third of them in
// queue groups, and one group in which all are.
func crowd(tb testing.TB, nodes, keys int) *interest.Node {
	d := exporter(tb, interest.Config{})
	each := keys / nodes
	for i := range nodes {
		texts := []string{"work.all q 3"}
		for k := range each {
			queue := ""
			if k%3 == 0 {
				queue = " q 2"
			}
			texts = append(texts, fmt.Sprintf("orders.eu%d.item%d.*%s", i, k, queue))
		}
		m := interest.Message{Kind: interest.Delta, Version: 1, Keys: changes(texts...)}
		d.core.Step(interest.Input{
			Kind: interest.Heard, From: fmt.Sprintf("node%d", i), Incarnation: 1, Hops: 1 + i%4, Data: interest.AppendMessage(nil, &m),
		})
	}
	if s := d.core.Stats(); s.Nodes != nodes || s.Keys != nodes*(each+1) {
		tb.Fatalf("%+v", s)
	}
	return d.core
}

func TestCachedQuestionsAllocateNothing(t *testing.T) {
	n := crowd(t, 10, 1000)
	subject, queue := []byte("orders.eu3.item3.new"), []byte("q")
	if got := testing.AllocsPerRun(100, func() {
		n.Choose(subject, queue)
		n.Elsewhere(subject)
		n.Wanted(subject)
		n.WantedBy(subject, queue)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkQuestions(b *testing.B) {
	n := crowd(b, 100, 10_000)
	subject, queue := []byte("orders.eu33.item33.new"), []byte("q")
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	run("Wanted", func() { n.Wanted(subject) })
	run("Elsewhere", func() { n.Elsewhere(subject) })
	run("Choose", func() { n.Choose(subject, queue) })
	run("Choose100", func() { n.Choose([]byte("work.all"), queue) })
	run("Reserved", func() { interest.Reserved(subject) })
	i := 0
	many := make([][]byte, 2*interest.MaxCached)
	for i := range many {
		many[i] = fmt.Appendf(nil, "orders.eu33.item33.new%d", i)
	}
	run("Uncached", func() { n.Elsewhere(many[i%len(many)]); i++ })
}

func BenchmarkDelta(b *testing.B) {
	n := crowd(b, 100, 10_000)
	b.ReportAllocs()
	version := uint64(1)
	for b.Loop() {
		k := "-extra"
		if version%2 == 1 {
			k = "extra"
		}
		m := interest.Message{Kind: interest.Delta, From: version, Version: version + 1, Keys: changes(k)}
		version++
		n.Step(interest.Input{Kind: interest.Heard, Now: time.Second, From: "node5", Incarnation: 1, Hops: 2, Data: interest.AppendMessage(nil, &m)})
	}
}
