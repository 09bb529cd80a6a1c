// What a directory believes, for how long, and what it says itself.

package presence_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

func TestAnnouncements(t *testing.T) {
	d := start(t, presence.Config{})
	d.until(10 * ttl)
	if s := d.core.Stats(); s.Announced != 0 {
		t.Fatalf("%d announcements that nobody could hear", s.Announced)
	}
	d.meet("n")
	if _, m := d.said(presence.Announce); m == nil || m.TTL != ttl || *m.Peer != *peer("self") {
		t.Fatalf("with the first neighbor it announces %+v", m)
	}
	for range 50 {
		last := d.now
		for before := d.core.Stats().Announced; d.core.Stats().Announced == before; {
			d.until(d.wake)
		}
		if pause := d.now - last; pause < ttl/4 || pause > ttl*5/12 {
			t.Errorf("%v between two announcements, want TTL/3 ±25%%", pause)
		}
	}
}

// What has to be said at once waits a thirtieth of the TTL after the last announcement.
func TestUpdatesAreToldAsOne(t *testing.T) {
	d := start(t, presence.Config{})
	d.meet("n")
	for i := range 10 {
		d.step(presence.Input{Kind: presence.Update, Meta: fmt.Sprint("meta ", i)})
	}
	d.step(presence.Input{Kind: presence.Update, Meta: strings.Repeat("x", views.MaxMeta+1)})
	if _, m := d.said(presence.Announce); m != nil {
		t.Fatal("it hurries")
	}
	d.until(time.Second)
	if _, m := d.said(presence.Announce); m == nil || m.Peer.Meta != "meta 9" {
		t.Fatalf("after a second it announces %+v", m)
	}
	if self, _ := d.core.Get("self"); self.Meta != "meta 9" || d.core.Stats().Announced != 2 {
		t.Errorf("its own entry is %+v, after %d announcements", self, d.core.Stats().Announced)
	}
}

func TestClose(t *testing.T) {
	d := start(t, presence.Config{})
	d.step(presence.Input{Kind: presence.Close})
	if _, m := d.said(presence.Leave); m == nil || m.TTL != ttl {
		t.Errorf("it takes leave with %+v", m)
	}
}

func TestExpiry(t *testing.T) {
	d := start(t, presence.Config{MaxTTL: time.Minute})
	d.announced("a")
	d.hear(peer("long"), false, &presence.Message{Kind: presence.Announce, TTL: time.Hour, Peer: peer("long")})
	d.until(ttl / 2)
	d.announced("a")
	d.until(ttl + ttl/2 - 1)
	d.want("a/1 long/1")
	d.until(ttl + ttl/2)
	d.want("long/1")
	d.until(time.Minute - 1)
	d.want("long/1")
	d.until(time.Minute) // no more is believed
	d.want("")
	if want := []string{"joined self", "joined a", "joined long", "expired a", "expired long"}; !slices.Equal(d.told, want) {
		t.Errorf("it told %v, want %v", d.told, want)
	}
}

// Of the lives of a node the newest counts that was heard.
func TestLives(t *testing.T) {
	d := start(t, presence.Config{})
	d.announced("a/5")
	d.until(time.Second)
	d.announced("a/7")
	d.want("a/7")
	if e, _ := d.core.Get("a"); !e.Since.Equal(epoch.Add(time.Second)) {
		t.Errorf("it is known since %v", e.Since)
	}
	d.announced("a/6")
	d.left("a/6")
	d.want("a/7")
	if s := d.core.Stats(); s.Stale != 2 {
		t.Errorf("%d stale messages, want 2", s.Stale)
	}
	d.left("a/7")
	d.want("")
	d.announced("a/6")
	d.left("a/5")
	d.want("")
	d.announced("a/7") // it was said after the farewell
	d.want("a/7")
	d.left("a/7")
	d.announced("a/8")
	d.want("a/8")
	if got := strings.Join(d.told[1:], ", "); got != "joined a, updated a, left a, joined a, left a, joined a" {
		t.Errorf("it told %s", got)
	}
}

func TestHearsay(t *testing.T) {
	tests := []struct {
		name    string
		before  func(d *tester)
		told    string
		want    string
		hearsay int
	}{
		{"of the unknown", func(*tester) {}, "a/5", "a/5", 1},
		{"of itself", func(*tester) {}, "self/9", "", 0},
		{"of a life that was heard", func(d *tester) { d.announced("a/5") }, "a/5", "a/5", 0},
		{"of a newer life than was heard", func(d *tester) { d.announced("a/5") }, "a/9", "a/5", 0},
		{"of a life that left", func(d *tester) { d.left("a/5") }, "a/5", "", 0},
		{"of one that left", func(d *tester) { d.left("a/5") }, "a/4", "", 0},
		{"of a life after that", func(d *tester) { d.left("a/5") }, "a/6", "a/6", 1},
		{"when the tombstone is gone", func(d *tester) { d.left("a/5"); d.until(ttl); d.meet(); d.meet("n") }, "a/5", "a/5", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := start(t, presence.Config{})
			test.before(d)
			d.meet()
			d.meet("n")
			d.page(false, false, 10*time.Second, test.told)
			d.want(test.want)
			if got := d.core.Stats().Hearsay; got != test.hearsay {
				t.Errorf("%d entries are hearsay, want %d", got, test.hearsay)
			}
		})
	}
}

// Hearsay counts for the time that was told, and not against what a node says itself.
func TestHearsayYields(t *testing.T) {
	d := start(t, presence.Config{})
	d.meet("n")
	d.page(true, false, 4*time.Second, "a/9", "b/9", "c/9")
	to, ask := d.said(presence.Ask)
	d.announced("a/5") // 9 was a lie
	d.left("b/5")
	d.want("a/5 c/9")
	d.hear(peer(to), true, pageOf(ask.After, false, false, time.Hour, "d/9"))
	d.until(4*time.Second - 1)
	d.want("a/5 c/9 d/9")
	d.until(4 * time.Second)
	d.want("a/5 d/9")
	d.announced("a/5")
	d.until(10 * time.Minute)
	d.want("")
}

func TestWhatDoesNotCount(t *testing.T) {
	d := start(t, presence.Config{})
	a := peer("a")
	announce := presence.Message{Kind: presence.Announce, TTL: ttl, Peer: a}
	d.hear(a, true, &announce)                                                                  // not to everybody
	d.hear(peer("b"), false, &announce)                                                         // of somebody else
	d.hear(peer("a/2"), false, &announce)                                                       // of another life
	d.hear(a, false, &presence.Message{Kind: presence.Ask})                                     // to everybody
	d.hear(a, true, pageOf("", false, false, ttl, "c"))                                         // not asked for
	d.hear(peer("self/9"), false, &presence.Message{Kind: presence.Leave, TTL: ttl})            // itself
	d.hear(a, false, &presence.Message{Kind: presence.Announce, TTL: time.Second - 1, Peer: a}) // too short
	d.hear(a, false, &presence.Message{Kind: 9})
	d.step(presence.Input{Kind: presence.Heard, From: "a", Incarnation: 1, Data: nil})
	d.want("")
	s := d.core.Stats()
	if s.Forged != 4 || s.Unasked != 1 || s.Malformed != 3 || s.Heard != 0 {
		t.Errorf("counts are %+v", s)
	}
}

func TestBounds(t *testing.T) {
	d := start(t, presence.Config{MaxNodes: 4})
	d.meet("n")
	d.page(false, false, ttl, "x1", "x2", "x3", "x4")
	d.want("x1/1 x2/1 x3/1")
	d.announced("a")
	d.announced("x3")
	d.announced("b") // those who were heard come first
	d.want("a/1 b/1 x3/1")
	d.announced("c")
	d.want("a/1 b/1 x3/1")
	for i := range 10 {
		d.left(fmt.Sprint("y", i))
	}
	s := d.core.Stats()
	if s.Nodes != 4 || s.Hearsay != 0 || s.Tombstones != 4 || s.Displaced != 2 || s.Refused != 1+1+6 {
		t.Errorf("counts are %+v", s)
	}
	d.until(ttl)
	if got := d.core.Stats().Tombstones; got != 0 {
		t.Errorf("%d tombstones after a TTL", got)
	}
}

func TestConfig(t *testing.T) {
	cfg := presence.DefaultConfig()
	if err := errors.Join(cfg.Validate(), presence.Config{}.Validate(), presence.Config{TTL: time.Hour}.Validate()); err != nil {
		t.Error(err)
	}
	bad := presence.Config{TTL: time.Millisecond, MaxTTL: 1, MaxNodes: -1, AskTimeout: -1}
	err := bad.Validate()
	for _, field := range []string{"TTL", "MaxTTL", "MaxNodes", "AskTimeout"} {
		if err == nil || !strings.Contains(err.Error(), "presence: "+field+" is") {
			t.Errorf("error is %v, want one about %s", err, field)
		}
	}
	if _, err := presence.New(bad, peer("self"), epoch, nil); !errors.Is(err, presence.ErrConfig) {
		t.Errorf("error is %v, want ErrConfig", err)
	}
	if _, err := presence.New(cfg, &views.Peer{}, epoch, nil); !errors.Is(err, views.ErrPeer) {
		t.Errorf("error is %v, want ErrPeer", err)
	}
}
