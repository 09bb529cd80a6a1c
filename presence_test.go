// Directories of whole nodes, in virtual time.

package kith_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

const ttl = 30 * time.Second // the default

// crowd is nodes with a directory each.
type crowd struct {
	*lan
	t    *testing.T
	dirs map[*kith.Node]*kith.Presence
}

func newCrowd(t *testing.T, seed uint64, size int) *crowd {
	t.Helper()
	c := &crowd{lan: newLAN(seed), t: t, dirs: make(map[*kith.Node]*kith.Presence)}
	for range size {
		c.join()
	}
	return c
}

func (c *crowd) join(change ...func(*kith.Config)) *kith.Node {
	c.t.Helper()
	n := c.start(c.t, change...)
	dir, err := n.Presence(presence.Config{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.dirs[n] = dir
	return n
}

// agree fails unless all live nodes have each other in their directories, and nobody else.
func (c *crowd) agree() {
	c.t.Helper()
	var want []string
	for _, n := range c.live() {
		want = append(want, n.Self().ID)
	}
	slices.Sort(want)
	for _, n := range c.live() {
		if got := idsOf(c.dirs[n].Nodes()); !slices.Equal(got, want) {
			c.t.Errorf("%s knows %d %v, want %d %v", n.Self().ID, len(got), got, len(want), want)
		}
	}
}

func idsOf(entries []presence.Entry) []string {
	ids := make([]string, 0, len(entries))
	for i := range entries {
		ids = append(ids, entries[i].ID)
	}
	return ids
}

func TestEverybodyKnowsWhoComesAndLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 11, 16)
		time.Sleep(5 * time.Second)
		c.agree()

		time.Sleep(2 * time.Minute)
		c.agree()

		newcomer := c.join()
		dir := c.dirs[newcomer]
		time.Sleep(time.Second)
		c.agree()
		if s := dir.Stats(); s.Hearsay < 6 || s.Heard > 10 {
			t.Errorf("the newcomer has %d entries by hearsay and %d that it heard itself, a second after it came", s.Hearsay, s.Heard)
		}
		if s := newcomer.Stats().Broadcast; s.Published+s.Spread > 3 || s.Spread > 1 {
			t.Errorf("to come in took %d messages to everybody, %d of them for one node", s.Published+s.Spread, s.Spread)
		}

		c.end(leave, c.live()[:8]...)
		time.Sleep(time.Second)
		c.agree()
		c.end(leave, c.live()...)
	})
}

// A node that crashes goes from all directories, not before what it said last has run
// out, and not after.
func TestACrashedNodeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 12, 8)
		time.Sleep(time.Minute)
		victim, others := c.live()[0], c.live()[1:]
		gone := make(chan presence.Event)
		for _, n := range others {
			go func() {
				for e := range c.dirs[n].Events(t.Context()) {
					if e.Kind != presence.Snapshot {
						gone <- e
						return
					}
				}
			}()
		}
		synctest.Wait()
		c.end(stop, victim)
		crash := time.Now()
		if got := c.dirs[victim].Len(); got != 0 {
			t.Errorf("the directory of a node that has ended has %d entries", got)
		}
		for range others {
			// At most 5/4 of TTL/3 have passed since it announced itself.
			e := <-gone
			if after := e.At.Sub(crash); e.Entry.ID != victim.Self().ID || e.Kind != presence.Expired ||
				after < ttl-ttl*5/12 || after > ttl+100*time.Millisecond {
				t.Errorf("%s after %v", e, after)
			}
		}
		c.agree()
		c.end(leave, c.live()...)
	})
}

// Two clusters that never heard of each other become one, and so do their lists.
func TestTheListsOfHalvesMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		west, east := newCrowd(t, 13, 6), newCrowd(t, 14, 0)
		for i := range 6 {
			east.join(func(cfg *kith.Config) { cfg.ID, cfg.Advertise = fmt.Sprint("e", i), fmt.Sprintf("east-%d:7000", i) })
		}
		time.Sleep(time.Minute)
		west.agree()
		east.agree()

		maps.Copy(west.dirs, east.dirs)
		west.mu.Lock()
		east.mu.Lock()
		maps.Copy(west.listeners, east.listeners)
		maps.Copy(east.listeners, west.listeners)
		west.nodes, east.nodes = append(west.nodes, east.nodes...), append(east.nodes, west.nodes...)
		east.mu.Unlock()
		west.mu.Unlock()
		for waited := 0; west.dirs[west.live()[0]].Len() == 6; waited++ {
			if time.Sleep(time.Second); waited == 300 {
				t.Fatal("the halves have not met")
			}
		}
		time.Sleep(ttl / 2) // everybody has announced itself
		west.agree()
		west.end(leave, west.live()...)
	})
}

// history writes down what a directory tells, until the context ends.
func history(ctx context.Context, dir *kith.Presence) func() string {
	var lines []string
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(done)
		for e := range dir.Events(ctx) {
			line := e.String()
			if e.Kind != presence.Snapshot {
				line += " " + e.Entry.Meta
			}
			lines = append(lines, strings.TrimSpace(line))
		}
	}()
	return func() string {
		cancel()
		<-done
		return strings.Join(lines, ", ")
	}
}

func TestWhatADirectoryTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 14, 3)
		time.Sleep(time.Minute)
		told := history(t.Context(), c.dirs[c.live()[0]])
		synctest.Wait()

		named := func(cfg *kith.Config) { cfg.ID = "x" }
		x := c.join(named)
		time.Sleep(2 * time.Second)
		if err := c.dirs[x].Update("busy"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		c.end(stop, x)
		time.Sleep(time.Second)
		x = c.join(named) // before anybody has missed it
		time.Sleep(2 * time.Second)
		if e, found := c.dirs[c.live()[0]].Get("x"); !found || e.Incarnation != x.Self().Incarnation || time.Since(e.Since) > 3*time.Second {
			t.Errorf("x is known as %+v, want life %d", e, x.Self().Incarnation)
		}
		c.end(leave, x)
		time.Sleep(time.Second)
		x = c.join(named)
		time.Sleep(2 * time.Second)
		c.end(stop, x)
		time.Sleep(ttl)

		const want = "snapshot 3 nodes, joined x, updated x busy, updated x, left x, joined x, expired x"
		if got := told(); got != want {
			t.Errorf("it told\n%s, want\n%s", got, want)
		}
		c.end(leave, c.live()...)
	})
}

// Watchers get the newest list, and at the end an empty one.
func TestWatchingADirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 15, 1)
		alone := c.live()[0]
		sizes := make(chan int)
		go func() {
			defer close(sizes)
			for nodes := range c.dirs[alone].Watch(t.Context()) {
				sizes <- len(nodes)
			}
		}()
		if got := <-sizes; got != 1 {
			t.Errorf("the first list has %d nodes, want the one itself", got)
		}
		c.join()
		if got := <-sizes; got != 2 {
			t.Errorf("the second list has %d nodes, want 2", got)
		}
		c.end(leave, alone)
		if got := <-sizes; got != 0 {
			t.Errorf("the last list has %d nodes, want none", got)
		}
		if _, more := <-sizes; more {
			t.Error("it goes on after the end")
		}
		c.end(leave, c.live()...)
	})
}

func TestAllAgreeOnOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 16, 6)
		time.Sleep(5 * time.Second)
		ids := idsOf(c.dirs[c.live()[0]].Nodes())
		for k := range 50 {
			key := fmt.Sprint("key-", k)
			for _, n := range c.live() {
				dir, want := c.dirs[n], presence.Rank(key, ids, 3)
				if got := idsOf(dir.Owners(key, 3)); !slices.Equal(got, want) {
					t.Errorf("%s: owners of %s are %v, want %v", n.Self().ID, key, got, want)
				}
				if owner, found := dir.Owner(key); !found || owner.ID != want[0] {
					t.Errorf("%s: owner of %s is %s", n.Self().ID, key, owner.ID)
				}
			}
		}
		c.end(leave, c.live()...)
	})
}

// Presence can be given up, and begun again, in one life of a node.
func TestPresenceEndsAndBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 17, 3)
		time.Sleep(5 * time.Second)
		n := c.live()[0]
		first := c.dirs[n]
		if _, err := n.Presence(presence.Config{}); !errors.Is(err, kith.ErrPresence) {
			t.Errorf("a second presence: error is %v, want ErrPresence", err)
		}
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if got := c.dirs[c.live()[1]].Len(); got != 2 {
			t.Errorf("another knows %d nodes, want 2 without the one that left", got)
		}
		if err := first.Update("late"); !errors.Is(err, kith.ErrClosed) {
			t.Errorf("Update after the end: error is %v, want ErrClosed", err)
		}
		if _, found := first.Owner("key"); found || first.Nodes() != nil {
			t.Error("a presence that has ended has a list")
		}
		var err error
		if c.dirs[n], err = n.Presence(presence.Config{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.agree()
		c.end(leave, n)
		if _, err := n.Presence(presence.Config{}); !errors.Is(err, kith.ErrClosed) {
			t.Errorf("presence of a node that has ended: error is %v, want ErrClosed", err)
		}
		c.end(leave, c.live()...)
	})
}

func TestACloseThatMayNotWaitTellsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 18, 2)
		time.Sleep(5 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.dirs[c.live()[0]].Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, want that of the context", err)
		}
		c.end(leave, c.live()...)
	})
}

func TestPresenceSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLAN(19)
		n := l.start(t, func(cfg *kith.Config) { cfg.MaxPayload = 1000 })
		if _, err := n.Presence(presence.Config{}); !errors.Is(err, kith.ErrConfig) {
			t.Errorf("error is %v, want ErrConfig", err)
		}
		n = l.start(t)
		if _, err := n.Presence(presence.Config{TTL: time.Millisecond}); !errors.Is(err, presence.ErrConfig) {
			t.Errorf("error is %v, want ErrConfig of presence", err)
		}
		dir, err := n.Presence(presence.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Update(strings.Repeat("x", 513)); !errors.Is(err, views.ErrPeer) {
			t.Errorf("error is %v, want ErrPeer", err)
		}
		l.end(leave, l.live()...)
	})
}

// What directories say to each other is nobody else's business.
func TestSubscriptionsDoNotSeePresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 20, 2)
		_, err := c.live()[0].Subscribe(">", func(m *kith.Message) { t.Errorf("message on %s", m.Subject) })
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if heard := c.dirs[c.live()[0]].Stats().Heard; heard == 0 {
			t.Error("nothing was said")
		}
		c.end(leave, c.live()...)
	})
}

// The figures of docs/design.md: what an announcement costs every node.
func TestWhatPresenceCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, period = 16, 2 * time.Minute
		l := newLAN(21)
		for range size {
			l.start(t, func(cfg *kith.Config) {
				cfg.NATS, cfg.Zone, cfg.Meta = "nats://"+cfg.Advertise, "eu-west-1", "orders v1.2.3"
			})
		}
		var dirs []*kith.Presence
		count := func() (heard, payloads, payloadBytes, bytes float64) {
			for _, dir := range dirs {
				heard += float64(dir.Stats().Heard)
			}
			for _, n := range l.live() {
				s := n.Stats()
				payloads += float64(s.Broadcast.Payloads)
				payloadBytes += float64(s.Broadcast.PayloadBytes)
				bytes += float64(s.Transport.BytesIn)
			}
			return heard, payloads, payloadBytes, bytes
		}
		time.Sleep(period)
		_, _, _, b0 := count()
		time.Sleep(period)
		_, _, _, b1 := count()
		for _, n := range l.live() {
			dir, err := n.Presence(presence.Config{})
			if err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, dir)
		}
		time.Sleep(period)
		h2, p2, pb2, b2 := count()
		time.Sleep(period)
		h3, p3, pb3, b3 := count()

		heard := h3 - h2
		rate := heard / period.Seconds() / size
		payloads := (p3 - p2) / heard
		each := (pb3 - pb2) / (p3 - p2)
		all := (b3 - b2 - (b1 - b0)) / heard
		t.Logf("each node hears %.2f announcements a second, of %.0f bytes, %.2f times, and reads %.0f bytes for each", rate, each, payloads, all)
		if want := float64(size-1) / (ttl.Seconds() / 3); rate < 0.9*want || rate > 1.1*want {
			t.Errorf("%.2f announcements a second, want about %.2f", rate, want)
		}
		if payloads > 1.2 || each > 150 || all > 700 {
			t.Error("that is more than it should be")
		}
		l.end(leave, l.live()...)
	})
}
