// What is noticed of messages that do not come as they should, and when the
// publisher may go on.

package load

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const size = 32

// numbered is the payload of a message.
func numbered(number uint64) []byte {
	payload := make([]byte, size)
	write(payload, number, 7)
	return payload
}

// judge returns a tracker of nodes to which any messages may come: as many were sent
// as the gate lets through.
func judge(t *testing.T, nodes int) *tracker {
	t.Helper()
	tr := newTracker(nodes, size, newGate(nodes, 1, 8))
	if err := tr.gate.drained(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestPayload(t *testing.T) {
	payload := numbered(3)
	number, sent, err := read(payload, size)
	if number != 3 || sent != 7 || err != nil {
		t.Errorf("read %d, %v, %v", number, sent, err)
	}
	if _, _, err := read(payload[:size-1], size); err == nil {
		t.Error("a short payload is fine")
	}
	payload[size-1]++
	if _, _, err := read(payload, size); err == nil {
		t.Error("a payload with another end is fine")
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name     string
		received []uint64
		want     []string // in the error; none is fine
	}{
		{"all", []uint64{1, 2, 3}, nil},
		{"a probe in between", []uint64{1, probe, 2, 3}, nil},
		{"nothing", nil, []string{"node 1 has got as far as message 0 of 3"}},
		{"the end is missing", []uint64{1, 2}, []string{"node 1 has got as far as message 2 of 3"}},
		{"one is missing", []uint64{1, 3}, []string{"1 messages were not", "node 1: message 3 where 2 was due"}},
		{"twice", []uint64{1, 2, 2, 3}, []string{"1 messages were not", "node 1: message 2 after 2"}},
		{"twice at the end", []uint64{1, 2, 3, 3}, []string{"node 1: message 3 after 3"}},
		{"out of order", []uint64{2, 1, 3}, []string{"2 messages were not", "node 1: message 2 where 1 was due"}},
		{"more than was sent", []uint64{1, 2, 3, 4}, []string{"node 1 has got as far as message 4 of 3"}},
	} {
		tr := judge(t, 2)
		for n := range uint64(3) {
			tr.receive(0, numbered(n+1))
		}
		for _, n := range c.received {
			tr.receive(1, numbered(n))
		}
		err := tr.verdict(3)
		if (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", c.name, err, want)
			}
		}
	}
}

func TestDamageIsNoticed(t *testing.T) {
	tr := judge(t, 1)
	damaged := numbered(1)
	damaged[0] = 9
	tr.receive(0, damaged)
	tr.receive(0, numbered(1))
	if err := tr.verdict(1); err == nil || !strings.Contains(err.Error(), "begins as message 9 and ends as 1") {
		t.Errorf("%v", err)
	}
}

// The publisher may send a batch for each one that has come to every node.
func TestGateCountsBatchesAtEveryNode(t *testing.T) {
	tr := newTracker(2, size, newGate(2, 2, 3))
	open := func() int { return len(tr.gate.credits) }
	for range 3 {
		if err := tr.gate.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		node   int
		number uint64
		open   int
	}{
		{0, 1, 0},
		{0, 2, 0},
		{0, 3, 0},
		{0, 4, 0}, // ahead of the other
		{1, 1, 0},
		{1, 2, 1},
		{1, 3, 1},
		{1, 4, 2},
		{1, 5, 2},
		{1, 6, 2},
		{0, 5, 2},
		{0, 6, 3},
	} {
		tr.receive(c.node, numbered(c.number))
		if got := open(); got != c.open {
			t.Errorf("after message %d at node %d: %d batches may be sent, want %d", c.number, c.node, got, c.open)
		}
	}
	if err := tr.gate.drained(t.Context()); err != nil || open() != 0 {
		t.Errorf("%v, %d left", err, open())
	}
}

func TestGateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1, 1)
		began := time.Now()
		if err := g.drained(t.Context()); err != nil {
			t.Errorf("%v of a window that is open", err)
		}
		if err := g.enter(t.Context()); !errors.Is(err, errStalled) || time.Since(began) != stalled {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.enter(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v of a context that has ended", err)
		}
	})
}

// A latency is that of the last node.
func TestGateTakesTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 1, 4)
		g.times = make([]time.Duration, 2)
		tr := newTracker(2, size, g)
		payload := make([]byte, size)
		for n, last := range []time.Duration{5 * time.Millisecond, 3 * time.Millisecond, time.Millisecond} {
			if err := g.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			write(payload, uint64(n+1), tr.now())
			time.Sleep(time.Millisecond)
			tr.receive(n%2, payload)
			time.Sleep(last)
			tr.receive(1-n%2, payload)
		}
		if g.times[0] != 6*time.Millisecond || g.times[1] != 4*time.Millisecond {
			t.Errorf("times %v", g.times)
		}
	})
}
