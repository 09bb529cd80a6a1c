// What counts as delivered, lost and twice.

package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
)

// came says that a message of a publisher has come to a node, sent just now.
func (t *tally) came(node, publisher int, number uint64) {
	data := make([]byte, leastSize)
	stamp{publisher, number, time.Since(t.began)}.write(data)
	t.receive(node, &kith.Message{Data: data, Hops: node})
}

func TestTally(t *testing.T) {
	type from struct {
		node, publisher int
		numbers         []uint64
	}
	for _, c := range []struct {
		name      string
		sent      [2]uint64
		received  []from
		survivors []int
		over      bool
		want      broadcastReport // without times
		complete  bool
	}{
		{name: "nothing", survivors: []int{0, 1, 2}, complete: true},
		{
			name: "all", sent: [2]uint64{2, 1}, survivors: []int{0, 1, 2}, over: true, complete: true,
			received: []from{
				{0, 0, []uint64{1, 2}},
				{1, 0, []uint64{1, 2}},
				{2, 0, []uint64{1, 2}},
				{0, 1, []uint64{1}},
				{1, 1, []uint64{1}},
				{2, 1, []uint64{1}},
			},
			want: broadcastReport{Published: 3, DeliveredMin: 3, DeliveredMax: 3, HopsMax: 2},
		},
		{
			name: "one under way", sent: [2]uint64{2, 0}, survivors: []int{0, 1},
			received: []from{{0, 0, []uint64{1, 2}}, {1, 0, []uint64{1}}},
			want:     broadcastReport{Published: 2, DeliveredMin: 1, DeliveredMax: 2, HopsMax: 1},
		},
		{
			name: "one that never comes", sent: [2]uint64{2, 0}, survivors: []int{0, 1}, over: true,
			received: []from{{0, 0, []uint64{1, 2}}, {1, 0, []uint64{1}}},
			want:     broadcastReport{Published: 2, DeliveredMin: 1, DeliveredMax: 2, Lost: 1, HopsMax: 1},
		},
		{
			name: "passed over", sent: [2]uint64{4, 0}, survivors: []int{0, 1}, complete: true,
			received: []from{{0, 0, []uint64{1, 2, 3, 4}}, {1, 0, []uint64{1, 4}}},
			want:     broadcastReport{Published: 4, DeliveredMin: 2, DeliveredMax: 4, Lost: 2, HopsMax: 1},
		},
		{
			name: "twice", sent: [2]uint64{2, 0}, survivors: []int{0, 1}, over: true, complete: true,
			received: []from{{0, 0, []uint64{1, 2}}, {1, 0, []uint64{1, 1, 2, 1}}},
			want:     broadcastReport{Published: 2, DeliveredMin: 2, DeliveredMax: 2, Duplicates: 2, HopsMax: 1},
		},
		{
			name: "others than the survivors do not count", sent: [2]uint64{1, 0}, survivors: []int{0, 2}, over: true, complete: true,
			received: []from{{0, 0, []uint64{1}}, {2, 0, []uint64{1}}},
			want:     broadcastReport{Published: 1, DeliveredMin: 1, DeliveredMax: 1, HopsMax: 2},
		},
		{
			name: "a killed publisher's last are nobody's", sent: [2]uint64{0, 9}, survivors: []int{0, 2}, over: true, complete: true,
			received: []from{{0, 1, []uint64{1, 2}}, {1, 1, []uint64{1, 2, 3}}, {2, 1, []uint64{1, 2}}},
			want:     broadcastReport{Published: 2, DeliveredMin: 2, DeliveredMax: 2, HopsMax: 2},
		},
		{
			name: "but what one survivor has all must have", sent: [2]uint64{0, 9}, survivors: []int{0, 2}, over: true,
			received: []from{{0, 1, []uint64{1, 2, 3}}, {2, 1, []uint64{1, 2}}},
			want:     broadcastReport{Published: 3, DeliveredMin: 2, DeliveredMax: 3, Lost: 1, HopsMax: 2},
		},
		{name: "nobody is left", sent: [2]uint64{5, 0}, over: true, complete: true},
	} {
		tally := newTally(3, 2)
		for p, n := range c.sent {
			tally.sent[p].Store(n)
		}
		for _, f := range c.received {
			for _, n := range f.numbers {
				tally.came(f.node, f.publisher, n)
			}
		}
		got := tally.report(c.survivors, c.over)
		got.LatencyP50, got.LatencyP99, got.Rate = 0, 0, 0
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if complete := tally.complete(c.survivors); complete != c.complete {
			t.Errorf("%s: complete is %v", c.name, complete)
		}
	}
}

func TestTallyTakesTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := newTally(1, 1)
		data := make([]byte, leastSize)
		for range 4 {
			tally.next(0, data)
			tally.published(0)
			time.Sleep(500 * time.Millisecond)
			tally.receive(0, &kith.Message{Data: data})
		}
		r := tally.report([]int{0}, true)
		if r.Published != 4 || r.Rate != 2 || r.LatencyP50 < 500 || r.LatencyP99 > 516 {
			t.Errorf("%+v", r)
		}
	})
}

func TestStrangeMessagesAreNotCounted(t *testing.T) {
	tally := newTally(1, 1)
	tally.receive(0, &kith.Message{Data: make([]byte, leastSize-1)})
	tally.came(0, 1, 1)
	tally.came(0, -1, 1)
	if r := tally.report([]int{0}, true); r != (broadcastReport{}) {
		t.Errorf("%+v", r)
	}
}
