// How a newcomer learns the list.

package presence_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/presence"
)

func TestANewcomerAsksPageByPage(t *testing.T) {
	d := start(t, presence.Config{})
	d.meet("n1", "n2", "n3")
	first, ask := d.said(presence.Ask)
	if ask == nil || ask.After != "" {
		t.Fatalf("it asks %+v", ask)
	}
	d.page(true, false, ttl, "a", "b")
	second, ask := d.said(presence.Ask)
	if ask == nil || ask.After != "b" || second != first {
		t.Fatalf("it goes on with %+v to %s, after %s", ask, second, first)
	}
	d.hear(peer(first), true, pageOf("", false, false, ttl, "z"))  // that was before
	d.hear(peer("n9"), true, pageOf("b", false, false, ttl, "z"))  // nobody asked this one
	d.hear(peer(first), true, pageOf("b", false, false, ttl, "c")) // the last one
	d.want("a/1 b/1 c/1")
	if s := d.core.Stats(); s.Unasked != 2 || s.Asked != 2 {
		t.Errorf("counts are %+v", s)
	}
	d.until(10 * ttl)
	if s := d.core.Stats(); s.Asked != 2 {
		t.Errorf("it goes on asking: %d times", s.Asked)
	}
}

// Whoever does not answer, is gone, or does not know everybody itself is not the last to be
// asked; after half a TTL nobody is.
func TestANewcomerAsksOthers(t *testing.T) {
	d := start(t, presence.Config{})
	d.meet("n1", "n2", "n3")
	asked := []string{}
	note := func() {
		t.Helper()
		to, m := d.said(presence.Ask)
		if m == nil {
			t.Fatal("nobody was asked")
		}
		asked = append(asked, to)
	}
	note()
	d.until(2 * time.Second)
	note() // the first has not answered
	d.meet(slices.DeleteFunc([]string{"n1", "n2", "n3"}, func(id string) bool { return id == asked[1] })...)
	note() // the second is no neighbor any more
	d.page(false, true, ttl, "a")
	d.until(4 * time.Second)
	note() // the third did not know everybody, and there are no others
	if three := slices.Sorted(slices.Values(asked[:3])); !slices.Equal(three, []string{"n1", "n2", "n3"}) || asked[3] == asked[1] {
		t.Errorf("it asked %v", asked)
	}
	d.until(ttl)
	before := d.core.Stats().Asked
	d.until(10 * ttl)
	if got := d.core.Stats().Asked; got != before || before != 9 {
		t.Errorf("it has asked %d times after a TTL, and %d in the end", before, got)
	}
}

// Whoever was alone begins anew: it announces itself, and asks.
func TestAfterIsolation(t *testing.T) {
	d := start(t, presence.Config{})
	d.meet("n")
	d.page(false, false, ttl)
	d.until(5 * time.Second)
	d.meet()
	d.meet("m")
	if to, ask := d.said(presence.Ask); ask == nil || to != "m" {
		t.Errorf("it asks %s", to)
	}
	if _, m := d.said(presence.Announce); m == nil {
		t.Error("it does not announce itself")
	}
}

// A large list goes through pages that are small enough, to somebody who gets all of it.
func TestPagesOfALargeList(t *testing.T) {
	const size = 1200
	old, young := start(t, presence.Config{}), start(t, presence.Config{})
	old.until(ttl) // it does not learn any more
	for i := range size {
		old.announced(fmt.Sprintf("node-%04d", i))
	}
	old.until(ttl + 10*time.Second)
	young.meet("old")
	pages := 0
	for {
		_, ask := young.said(presence.Ask)
		if ask == nil {
			break
		}
		old.hear(peer("young"), true, ask)
		to, page := old.said(presence.Page)
		if to != "young" {
			t.Fatalf("the answer is for %s", to)
		}
		young.hear(peer("old"), true, page)
		pages++
	}
	if got := young.core.Len(); got != size+1 || pages < size/presence.MaxTold {
		t.Errorf("%d nodes in %d pages, want %d", got, pages, size+1)
	}
	young.until(20*time.Second - time.Millisecond) // of the 30 s 10 were over
	if got := young.core.Len(); got != size+1 {
		t.Errorf("%d nodes are left before their time is over", got)
	}
	young.until(20 * time.Second)
	if got := young.core.Len(); got != 1 {
		t.Errorf("%d nodes live longer than was told", got-1)
	}
}

// Pages are large: only so many are sent.
func TestPagesAreRationed(t *testing.T) {
	d := start(t, presence.Config{})
	ask := func(n int) (answered uint64) {
		before := d.core.Stats().Answered
		for range n {
			d.hear(peer("a"), true, &presence.Message{Kind: presence.Ask})
		}
		return d.core.Stats().Answered - before
	}
	if got := ask(1000); got != 64 {
		t.Errorf("%d pages at once, want 64", got)
	}
	d.until(time.Second / 2)
	if got := ask(1000); got != 32 {
		t.Errorf("%d pages after half a second, want 32", got)
	}
	d.until(time.Hour)
	if got := ask(1000); got != 64 {
		t.Errorf("%d pages after an hour, want 64", got)
	}
}
