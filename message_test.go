// Messages between whole nodes in virtual time: what arrives, and in which form.

package kith_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
)

// together starts nodes on a lan and waits until they are a mesh.
func together(t *testing.T, n int, change ...func(*kith.Config)) (*lan, []*kith.Node) {
	t.Helper()
	l := newLAN(uint64(n))
	for range n {
		l.start(t, change...)
	}
	time.Sleep(5 * time.Second)
	l.check(t, 5)
	return l, l.live()
}

// mailbox keeps what one subscription is given.
type mailbox struct {
	mu       sync.Mutex
	messages []*kith.Message
	gaps     []kith.Gap
}

func open(t *testing.T, n *kith.Node, pattern string, opts ...kith.SubscribeOption) *mailbox {
	t.Helper()
	b := &mailbox{}
	opts = append(opts, kith.OnGap(func(g kith.Gap) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.gaps = append(b.gaps, g)
	}))
	_, err := n.Subscribe(pattern, func(m *kith.Message) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.messages = append(b.messages, m)
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// texts returns the data of all messages, after everything has come to rest.
func (b *mailbox) texts() []string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, m := range b.messages {
		all = append(all, string(m.Data))
	}
	return all
}

func publish(t *testing.T, n *kith.Node, subject, text string, opts ...kith.PublishOption) {
	t.Helper()
	if err := n.Publish(t.Context(), subject, []byte(text), opts...); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesArriveAsTheyWere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 8)
		var boxes []*mailbox
		for _, n := range nodes {
			boxes = append(boxes, open(t, n, "data.>"))
		}
		header := nats.Header{"Trace": {"1", "2"}, "trace": {"\x00ü"}}
		big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		if err := nodes[3].Publish(t.Context(), "data.big", big[:len(big)-1024], kith.WithHeader(header)); err != nil {
			t.Fatal(err)
		}
		publish(t, nodes[3], "data.none", "")
		publish(t, nodes[3], "other", "not for them")
		time.Sleep(5 * time.Second)
		for i, b := range boxes {
			if got := b.texts(); len(got) != 2 {
				t.Fatalf("node %d has %d messages", i, len(got))
			}
			m := b.messages[0]
			if m.Subject != "data.big" || !bytes.Equal(m.Data, big[:len(big)-1024]) || !reflect.DeepEqual(m.Header, header) {
				t.Errorf("node %d has %s, %d bytes, %q", i, m.Subject, len(m.Data), m.Header)
			}
			self := nodes[3].Self()
			if m.Origin != self.ID || m.Incarnation != self.Incarnation || m.Sequence != 1 || m.Direct || (m.Hops == 0) != (i == 3) {
				t.Errorf("node %d has %+v", i, m)
			}
			if m = b.messages[1]; m.Sequence != 2 || m.Header != nil || len(m.Data) != 0 {
				t.Errorf("node %d has %+v", i, m)
			}
		}
		l.end(leave, nodes...)
	})
}

// neighbors reports whether a has b as a neighbor.
func neighbors(a, b *kith.Node) bool {
	return slices.ContainsFunc(a.Neighbors(), func(p kith.Peer) bool { return p.ID == b.Self().ID })
}

func TestSendReachesOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 12)
		boxes := make(map[string]*mailbox)
		for _, n := range nodes {
			boxes[n.Self().ID] = open(t, n, "mail.*")
		}
		send := func(from, to int, text string) {
			t.Helper()
			if err := nodes[from].Send(t.Context(), nodes[to].Self().ID, "mail.box", []byte(text)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		far := slices.IndexFunc(nodes, func(n *kith.Node) bool { return n != nodes[0] && !neighbors(nodes[0], n) })
		near := slices.IndexFunc(nodes, func(n *kith.Node) bool { return neighbors(nodes[0], n) })
		send(0, far, "no way is known")
		send(far, 0, "back the way it came")
		send(0, near, "to a neighbor")
		send(5, 5, "to itself")
		publish(t, nodes[9], "elsewhere", "here am I")
		time.Sleep(time.Second)
		send(2, 9, "along the tree")
		want := make(map[int][]string)
		for _, m := range []struct {
			to   int
			text string
		}{{far, "no way is known"}, {0, "back the way it came"}, {near, "to a neighbor"}, {5, "to itself"}, {9, "along the tree"}} {
			want[m.to] = append(want[m.to], m.text)
		}
		spread := uint64(0)
		for i, n := range nodes {
			if got := boxes[n.Self().ID].texts(); !slices.Equal(got, want[i]) {
				t.Errorf("node %d has %q, want %q", i, got, want[i])
			}
			for _, m := range boxes[n.Self().ID].messages {
				if !m.Direct || m.Sequence != 0 || m.Subject != "mail.box" {
					t.Errorf("node %d has %+v", i, m)
				}
			}
			spread += n.Stats().Broadcast.Spread
		}
		if spread != 1 {
			t.Errorf("%d messages were sent through the whole mesh, want the first", spread)
		}
		l.end(leave, nodes...)
	})
}

// Messages for single nodes arrive, each once, while newcomers take the place of neighbors: those that
// are on a link as it ends, too.
func TestSendWhileLinksAreExchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const first, more, rounds = 12, 24, 300
		l, nodes := together(t, first)
		boxes := make([]*mailbox, first)
		for i, n := range nodes {
			boxes[i] = open(t, n, "mail.*")
		}
		evictions := func() (sum uint64) {
			for _, n := range nodes {
				sum += n.Stats().Membership.Evictions
			}
			return sum
		}
		before := evictions()
		for k := range rounds {
			if k%(rounds/more) == 0 {
				l.start(t)
			}
			for from, n := range nodes {
				to := nodes[(from+1+k%(first-1))%first].Self().ID
				if err := n.Send(t.Context(), to, "mail.box", fmt.Appendf(nil, "%d from %d", k, from)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		if evictions() == before {
			t.Error("no link ended")
		}
		for i, b := range boxes {
			texts := b.texts()
			slices.Sort(texts)
			if got := len(slices.Compact(texts)); got != rounds || len(texts) != rounds {
				t.Errorf("node %d has %d messages, %d different ones, want %d", i, len(texts), got, rounds)
			}
		}
		l.end(leave, l.live()...)
	})
}

// What a node published before it left arrives: the farewell does not overtake it.
func TestLeaveComesAfterWhatWasPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 6)
		var boxes []*mailbox
		for _, n := range nodes[1:] {
			boxes = append(boxes, open(t, n, ">"))
		}
		const messages = 40
		text := strings.Repeat("x", 20_000)
		for range messages {
			publish(t, nodes[0], "last.words", text)
		}
		l.end(leave, nodes[0])
		if err := nodes[0].Publish(t.Context(), "a", nil); !errors.Is(err, kith.ErrClosed) {
			t.Errorf("publishing after that: %v", err)
		}
		time.Sleep(10 * time.Second)
		for i, b := range boxes {
			if got := len(b.texts()); got != messages || len(b.gaps) > 0 {
				t.Errorf("node %d has %d messages and gaps %v", i+1, got, b.gaps)
			}
		}
		l.end(leave, nodes[1:]...)
	})
}

func TestPublishRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 2, func(c *kith.Config) { c.MaxPayload = 1000 })
		n := nodes[0]
		for what, err := range map[string]error{
			"subject": n.Publish(t.Context(), "a.*", nil),
			"payload": n.Publish(t.Context(), "a", make([]byte, 1001)),
			"header":  n.Publish(t.Context(), "a", make([]byte, 900), kith.WithHeader(nats.Header{"k": {strings.Repeat("v", 100)}})),
			"target":  n.Send(t.Context(), "not an id", "a", nil),
			"send":    n.Send(t.Context(), "b", "", nil),
		} {
			want := map[string]error{"subject": kith.ErrSubject, "send": kith.ErrSubject, "target": kith.ErrMessage}[what]
			if want == nil {
				want = kith.ErrPayload
			}
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := n.Publish(ended, "a", nil); !errors.Is(err, context.Canceled) {
			t.Errorf("ended context: %v", err)
		}
		if _, err := n.Subscribe("a..b", func(*kith.Message) {}); !errors.Is(err, kith.ErrSubject) {
			t.Errorf("pattern: %v", err)
		}
		if err := n.Publish(t.Context(), "a", make([]byte, 1000)); err != nil {
			t.Errorf("the longest payload: %v", err)
		}
		l.end(stop, nodes...)
		if _, err := n.Subscribe("a", func(*kith.Message) {}); !errors.Is(err, kith.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// A node that was away for a while catches up; AsItComes does without the order.
func TestNewcomersBeginWhereTheyCameIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, nodes := together(t, 6)
		for i := range 100 {
			publish(t, nodes[i%3], "a", fmt.Sprint(i))
		}
		time.Sleep(10 * time.Second)
		late := l.start(t)
		ordered, loose := open(t, late, "a"), open(t, late, "a", kith.AsItComes())
		time.Sleep(5 * time.Second)
		for i := range 90 {
			publish(t, nodes[i%3], "a", "new")
		}
		time.Sleep(5 * time.Second)
		for name, b := range map[string]*mailbox{"ordered": ordered, "as it comes": loose} {
			if got := b.texts(); len(got) != 90 || slices.ContainsFunc(got, func(s string) bool { return s != "new" }) || len(b.gaps) > 0 {
				t.Errorf("%s: %d messages, %v", name, len(got), b.gaps)
			}
		}
		l.end(leave, l.live()...)
	})
}
