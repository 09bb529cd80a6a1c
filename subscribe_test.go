// Subscriptions: handlers that are slow, that panic, and the end of all of them.

package kith_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
)

// slow subscribes with a handler that takes its time, and returns how many messages it
// has had, and what is missing.
func slow(t *testing.T, n *kith.Node, each time.Duration, opts ...kith.SubscribeOption) (s *kith.Subscription, had, missed *atomic.Uint64) {
	t.Helper()
	had, missed = new(atomic.Uint64), new(atomic.Uint64)
	opts = append(opts, kith.OnGap(func(g kith.Gap) {
		if g.Reason != kith.SlowHandler {
			t.Errorf("gap %+v", g)
		}
		missed.Add(g.Count)
	}))
	s, err := n.Subscribe("a", func(*kith.Message) {
		time.Sleep(each)
		had.Add(1)
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s, had, missed
}

// A handler that does not keep up loses messages, is told which, and holds up neither
// the other subscriptions nor the other nodes for long.
func TestSlowHandlerLosesMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 4)
		s, had, missed := slow(t, nodes[1], time.Second, kith.WithPending(10, 1<<20))
		quick := open(t, nodes[1], "a")
		other := open(t, nodes[2], "a")
		began := time.Now()
		const messages = 2000
		text := strings.Repeat("x", 1000) // many frames of them
		for range messages {
			publish(t, nodes[0], "a", text)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("publishing took %v", took)
		}
		time.Sleep(30 * time.Second)
		for name, b := range map[string]*mailbox{"the other subscription": quick, "the other node": other} {
			if got := len(b.texts()); got != messages {
				t.Errorf("%s has %d messages", name, got)
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if had.Load()+missed.Load() != messages || missed.Load() != s.Dropped() || s.Dropped() == 0 {
			t.Errorf("%d delivered, %d in gaps, %d dropped of %d", had.Load(), missed.Load(), s.Dropped(), messages)
		}
		l.end(leave, nodes...)
	})
}

func TestPanickingHandlerLosesOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 2)
		var got []string
		s, err := nodes[1].Subscribe("a", func(m *kith.Message) {
			if string(m.Data) == "1" {
				panic("one")
			}
			got = append(got, string(m.Data))
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			publish(t, nodes[0], "a", fmt.Sprint(i))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(got, []string{"0", "2", "3"}) || s.Dropped() != 1 || nodes[1].Stats().Broadcast.Panics != 1 {
			t.Errorf("delivered %q, %d dropped, %+v", got, s.Dropped(), nodes[1].Stats().Broadcast)
		}
		l.end(leave, nodes...)
	})
}

func TestSubscriptionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 2)
		ended, had, _ := slow(t, nodes[0], time.Second)
		drained, all, _ := slow(t, nodes[0], time.Second)
		impatient, some, _ := slow(t, nodes[0], time.Second)
		for range 5 {
			publish(t, nodes[0], "a", "x")
		}
		time.Sleep(1500 * time.Millisecond)
		ended.Unsubscribe()
		ended.Unsubscribe()
		if err := drained.Drain(t.Context()); err != nil || all.Load() != 5 {
			t.Errorf("draining: %v, %d delivered", err, all.Load())
		}
		if had.Load() != 2 {
			t.Errorf("%d delivered of a subscription that had ended during the second", had.Load())
		}
		for range 5 {
			publish(t, nodes[0], "a", "x")
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if err := impatient.Drain(ctx); err == nil {
			t.Error("draining ended before its time")
		}
		time.Sleep(time.Minute)
		if some.Load() > 8 || all.Load() != 5 || had.Load() != 2 {
			t.Errorf("after the end: %d, %d and %d delivered", some.Load(), all.Load(), had.Load())
		}
		l.end(leave, nodes...)
	})
}

// A handler may subscribe, publish and end its own subscription.
func TestHandlersMayCallTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 3)
		answers := open(t, nodes[2], "answer")
		var s *kith.Subscription
		var err error
		s, err = nodes[1].Subscribe("question", func(m *kith.Message) {
			if err := nodes[1].Publish(t.Context(), "answer", m.Data); err != nil {
				t.Error(err)
			}
			if err := nodes[1].Send(t.Context(), m.Origin, "thanks", nil); err != nil {
				t.Error(err)
			}
			if _, err := nodes[1].Subscribe("more", func(*kith.Message) {}); err != nil {
				t.Error(err)
			}
			s.Unsubscribe()
		})
		if err != nil {
			t.Fatal(err)
		}
		thanks := open(t, nodes[0], "thanks")
		publish(t, nodes[0], "question", "42")
		publish(t, nodes[0], "question", "43")
		time.Sleep(time.Second)
		if got := answers.texts(); !slices.Equal(got, []string{"42"}) {
			t.Errorf("answers %q", got)
		}
		if got := thanks.texts(); len(got) != 1 {
			t.Errorf("%d thanks", len(got))
		}
		l.end(leave, nodes...)
	})
}

// Who collects what comes is told when there is no more, and a borrowed message is made once.
func TestOnPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := together(t, 2)
		var waiting, passed []string
		made := make(map[*kith.Message]bool)
		_, err := nodes[1].Subscribe("a", func(m *kith.Message) {
			waiting = append(waiting, string(m.Data))
			made[m] = true
		}, kith.Borrowed(), kith.OnPause(func() {
			passed, waiting = append(passed, waiting...), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i))
			publish(t, nodes[0], "a", fmt.Sprint(i))
			if i%10 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(passed, want) || len(waiting) != 0 {
			t.Errorf("passed on %v, and %v wait", passed, waiting)
		}
		if len(made) > 20 {
			t.Errorf("%d messages were made", len(made))
		}
	})
}
