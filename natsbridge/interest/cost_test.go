// What it takes: the time for each question and message, the memory for each key.

package interest_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

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

func BenchmarkAlive(b *testing.B) {
	n := crowd(b, 100, 10_000)
	data := interest.AppendMessage(nil, &interest.Message{Kind: interest.Alive, Version: 1, Count: 101, Beat: 1700, Group: "cluster-1"})
	b.ReportMetric(float64(len(data)), "B")
	b.ReportAllocs()
	for b.Loop() {
		n.Step(interest.Input{Kind: interest.Heard, From: "node5", Incarnation: 1, Hops: 2, Data: data})
	}
}

// BenchmarkMemory tells what each key of another node takes, all of them different.
func BenchmarkMemory(b *testing.B) {
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := inUse()
		n := crowd(b, 100, 50_000)
		b.ReportMetric(float64(inUse()-before)/50_000, "B/key")
		runtime.KeepAlive(n)
	}
}
