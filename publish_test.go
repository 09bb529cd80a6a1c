// Messages through whole meshes of real nodes.

package kith_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
)

// mesh starts n nodes that know the first one.
func mesh(tb testing.TB, n int, change ...func(*kith.Config)) []*kith.Node {
	tb.Helper()
	nodes := make([]*kith.Node, n)
	for i := range nodes {
		cfg := kith.Config{Cluster: "mesh", ID: fmt.Sprintf("n%d", i)}
		if i > 0 {
			cfg.Contacts = []string{nodes[0].Self().Addr}
		}
		for _, c := range change {
			c(&cfg)
		}
		node, err := kith.Start(context.Background(), cfg)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(node.Stop)
		nodes[i] = node
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, node := range nodes {
		if err := node.WaitReady(ctx, min(n-1, 2)); err != nil {
			tb.Fatal(err)
		}
	}
	return nodes
}

// TestPublish publishes on every node: everybody gets everything, once and in order.
func TestPublish(t *testing.T) {
	const n, messages = 12, 500
	nodes := mesh(t, n)
	var all sync.WaitGroup
	for _, node := range nodes {
		next := make(map[string]uint64)
		total := 0
		all.Add(1)
		_, err := node.Subscribe("load.*", func(m *kith.Message) {
			if last, ok := next[m.Origin]; ok && m.Sequence != last+1 || m.Sequence < 1 {
				t.Errorf("%s: %s/%d after %d", node.Self().ID, m.Origin, m.Sequence, last)
			}
			if m.Subject != "load."+m.Origin || string(m.Data) != fmt.Sprint(m.Sequence) {
				t.Errorf("%s: %s/%d: %s %q", node.Self().ID, m.Origin, m.Sequence, m.Subject, m.Data)
			}
			next[m.Origin] = m.Sequence
			if total++; total == n*messages {
				all.Done()
			}
		}, kith.OnGap(func(g kith.Gap) { t.Errorf("%s: %+v", node.Self().ID, g) }))
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range nodes {
		go func() {
			for i := range messages {
				if err := node.Publish(context.Background(), "load."+node.Self().ID, fmt.Append(nil, i+1)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}

// What a node publishes just before it leaves reaches everybody.
func TestTheLastWordOfALeavingNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLAN(22)
		nodes := []*kith.Node{l.start(t), l.start(t), l.start(t)}
		time.Sleep(5 * time.Second)
		heard := make(chan string, 10)
		for _, n := range nodes[:2] {
			if _, err := n.Subscribe("last", func(m *kith.Message) { heard <- n.Self().ID + " " + m.Origin }); err != nil {
				t.Fatal(err)
			}
		}
		if err := nodes[2].Publish(t.Context(), "last", []byte("word")); err != nil {
			t.Fatal(err)
		}
		l.end(leave, nodes[2])
		time.Sleep(time.Second)
		synctest.Wait()
		close(heard)
		var got []string
		for who := range heard {
			got = append(got, who)
		}
		slices.Sort(got)
		if want := []string{"n00 n02", "n01 n02"}; !slices.Equal(got, want) {
			t.Errorf("heard by %v, want %v", got, want)
		}
		l.end(leave, l.live()...)
	})
}

// warmUp is how many messages go before those that are measured: trees grow with them.
const warmUp = 5000

func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{2, 10, 25, 50} {
		for _, size := range []int{128, 4096} {
			b.Run(fmt.Sprintf("%d-%d", n, size), func(b *testing.B) {
				nodes := mesh(b, n)
				var all sync.WaitGroup
				var gate sync.WaitGroup
				for _, node := range nodes {
					total := 0
					all.Add(1)
					gate.Add(1)
					if _, err := node.Subscribe("load", func(m *kith.Message) {
						if total++; total == warmUp {
							gate.Done()
						}
						if total == b.N+warmUp {
							all.Done()
						}
					}, kith.OnGap(func(g kith.Gap) { b.Errorf("%s: %+v", node.Self().ID, g) })); err != nil {
						b.Fatal(err)
					}
				}
				data := make([]byte, size)
				for range warmUp {
					if err := nodes[0].Publish(b.Context(), "load", data); err != nil {
						b.Fatal(err)
					}
				}
				gate.Wait()
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if err := nodes[0].Publish(b.Context(), "load", data); err != nil {
						b.Fatal(err)
					}
				}
				all.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
				var dup, recv uint64
				for _, node := range nodes {
					s := node.Stats().Broadcast
					dup += s.Duplicates
					recv += s.Received
				}
				b.ReportMetric(float64(dup)/float64(recv), "rmr")
			})
		}
	}
}
