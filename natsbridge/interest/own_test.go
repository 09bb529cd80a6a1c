// What is told of the own server, and when.

package interest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func (d *tester) deltas(want ...string) {
	d.tb.Helper()
	all := d.only(interest.Delta)
	if len(all) != len(want) {
		d.tb.Fatalf("at %v %d deltas, want %q", d.now, len(all), want)
	}
	for i, m := range all {
		if got := showChanges(m.Keys); got != want[i] || m.From != m.Version-1 {
			d.tb.Fatalf("at %v the delta %q from %d to %d, want %q", d.now, got, m.From, m.Version, want[i])
		}
	}
}

// Changes wait for each other, 50 ms from the first, and what is undone meanwhile is not told.
func TestChangesAreTold(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local("b q", 2)
	d.wait(30 * time.Millisecond)
	d.local("a.*", 1)
	d.local("gone", 1)
	d.local("gone", 0)
	d.wait(19 * time.Millisecond)
	d.deltas()
	d.wait(time.Millisecond)
	d.deltas("a.*|b q 2")
	d.local("b q", 2)
	d.local("a.*", 5) // plain interest has no weight
	d.wait(time.Second)
	d.deltas()
	d.local("b q", 7)
	d.local("a.*", 0)
	d.wait(time.Second)
	d.deltas("-a.*|b q 7")
}

func TestOnlyWhatMayCrossIsTold(t *testing.T) {
	all := []string{
		"$SYS.x", "$JS.API.>", "$KV.a", "$O.a", "$MQTT.a", "$LDS.x", "$NRG.x", "_INBOX.x", "_R_.x", "_GR_.x", "$GR.x", "_KITH_.x",
		"kith.a.join", "kith", "$SRV.PING", "$SRV", "*.x", ">", "kithless.a", "$OTHER", "$SRVX.a", "bad..x", "",
	}
	for _, test := range []struct {
		cfg  interest.Config
		want string
	}{
		{interest.Config{}, "$OTHER|$SRVX.a|*.x|>|kithless.a"},
		{interest.Config{Services: true}, "$OTHER|$SRV|$SRV.PING|$SRVX.a|*.x|>|kithless.a"},
		{interest.Config{Subjects: []string{"kithless.*", "a.x"}}, "*.x|>|kithless.a"},
	} {
		d := exporter(t, test.cfg)
		for _, k := range all {
			d.step(interest.Input{Kind: interest.Local, Key: interest.Key{Subject: k}, Weight: 1})
		}
		d.wait(time.Second)
		d.deltas(test.want)
	}
}

func TestPatternsDoNotStandForReservedSubjects(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local(">", 1)
	d.delta("a", 1, ">", "> q 1", "_INBOX.x", "$SYS.x q 1")
	d.wants(">|> q 1")
	for subject, want := range map[string]bool{"x": true, "_INBOX.x": false, "$SYS.x": false, "kith.x": false, "$SRV.PING": false, "": false} {
		_, chosen := d.core.Choose([]byte(subject), []byte("q"))
		if s := []byte(subject); d.core.Wanted(s) != want || d.core.Elsewhere(s) != want || chosen != want || d.core.Crosses(s) != want {
			t.Errorf("%q crosses: %v %v %v", subject, d.core.Wanted(s), d.core.Elsewhere(s), chosen)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a", "a.b", false},
		{"a", "a.>", false},
		{"a.b.c", "a.>", true},
		{"*.b", "a.*", true},
		{"*.b", "a.c", false},
		{">", "x.y", true},
		{"*", "x.y", false},
		{"a.*.c", "a.b.>", true},
	} {
		if interest.Overlap(test.a, test.b) != test.want || interest.Overlap(test.b, test.a) != test.want {
			t.Errorf("%q and %q overlap: %v", test.a, test.b, !test.want)
		}
	}
}

// A snapshot replaces what was told before it.
func TestSnapshot(t *testing.T) {
	d := exporter(t, interest.Config{})
	for _, k := range []string{"a", "b", "c"} {
		d.local(k, 1)
	}
	d.wait(time.Second)
	d.take()
	d.delta("n", 1, "x")
	d.attach("")
	if n := len(d.effects); n != 2 || d.effects[0].Kind != interest.Want {
		t.Errorf("%d effects, want all keys once more", n)
	}
	d.local("b", 1)
	d.local("d", 1)
	d.step(interest.Input{Kind: interest.Synced})
	d.wait(time.Second)
	d.deltas("-a|-c|d")
}

func TestDetached(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local("a", 1)
	d.delta("n", 1, "x")
	d.wait(time.Second)
	d.take()
	d.step(interest.Input{Kind: interest.Detached})
	d.wants("")
	d.deltas("-a")
	if d.core.Wanted([]byte("a")) || d.core.Exporter() {
		t.Error("a server that is gone wants something")
	}
	d.attach("")
	d.wants("x")
}

// What is too large for one message goes in several, each from a version to the next.
func TestLargeChange(t *testing.T) {
	d := exporter(t, interest.Config{MaxMessage: interest.MinMessage, MaxKeys: 900})
	for i := range 1000 {
		d.local(fmt.Sprintf("subject%04d", i), 1)
	}
	d.wait(time.Second)
	told := 0
	for i, m := range d.only(interest.Delta) {
		if m.From != uint64(i) || m.Version != m.From+1 {
			t.Fatalf("delta %d is from %d to %d", i, m.From, m.Version)
		}
		told += len(m.Keys)
	}
	if told != 900 {
		t.Fatalf("%d keys are told, want as many as there may be", told)
	}
	d.local("subject0000", 0)
	d.wait(time.Second)
	if all := d.only(interest.Delta); len(all) != 1 || len(all[0].Keys) != 2 {
		t.Fatalf("what waited for room is not told: %d deltas", len(all))
	}
}

func TestRollUp(t *testing.T) {
	d := exporter(t, interest.Config{RollUp: 8})
	d.local("a", 1)
	for i := range 8 {
		d.local(fmt.Sprintf("a.b.%d.x", i), 1)
	}
	d.local("a.b.0.x q", 3)
	d.wait(time.Second)
	d.deltas("a|a.b.0.x|a.b.0.x q 3|a.b.1.x|a.b.2.x|a.b.3.x|a.b.4.x|a.b.5.x|a.b.6.x|a.b.7.x")
	d.local("a.b.8.y", 1)
	d.wait(time.Second)
	d.deltas("-a.b.0.x|-a.b.1.x|-a.b.2.x|-a.b.3.x|-a.b.4.x|-a.b.5.x|-a.b.6.x|-a.b.7.x|a.b.>")
	if s := d.core.Stats(); s.RolledUp != 1 || s.Told != 3 {
		t.Errorf("%+v", s)
	}
	for i := range 5 { // below it nothing is told
		d.local(fmt.Sprintf("a.b.%d.x", i), 0)
		d.wait(time.Second)
		d.deltas()
	}
	if d.core.Wanted([]byte("a.b.0.z")) || !d.core.Wanted([]byte("a.b.7.x")) {
		t.Error("what the own server wants is not exact")
	}
	d.local("a.b.5.x", 0)
	d.wait(time.Second)
	d.deltas("a.b.6.x|a.b.7.x|a.b.8.y|-a.b.>")
}

// Of prefixes with the same keys the deepest is rolled up, and counts as one key above it.
func TestRollUpDeepest(t *testing.T) {
	d := exporter(t, interest.Config{RollUp: 6})
	for i := range 7 {
		d.local(fmt.Sprintf("a.b.%d", i), 1)
		d.local(fmt.Sprintf("a.c.%d", i), 1)
	}
	d.wait(time.Second)
	d.deltas("a.b.>|a.c.>")
	for i := range 5 {
		d.local(fmt.Sprintf("a.d%d", i), 1)
	}
	d.wait(time.Second)
	d.deltas("a.>|-a.b.>|-a.c.>")
	for i := range 4 {
		d.local(fmt.Sprintf("x%d", i), 1)
		d.local(fmt.Sprintf("y%d", i), 1)
	}
	d.wait(time.Second)
	d.deltas("x0|x1|x2|x3|y0|y1|y2|y3") // never >
	d.local("a.>", 1)                   // told already
	d.wait(time.Second)
	d.deltas()
}

func TestAliveAndFarewell(t *testing.T) {
	d := exporter(t, interest.Config{Epoch: 7})
	d.local("a", 1)
	d.wait(time.Second)
	d.up("n")
	d.wait(time.Second)
	d.take()
	first := d.now
	d.wait(10 * ttl)
	all := d.only(interest.Alive)
	if n := len(all); n < 24 || n > 40 {
		t.Errorf("%d announcements in %v", n, d.now-first)
	}
	for _, m := range all {
		if m.Epoch != 7 || m.Version != 2 && m.Version != 1 || m.Count != 1 {
			t.Errorf("%+v", m)
		}
	}
	d.step(interest.Input{Kind: interest.Leave})
	if d.take()[0].Kind != interest.Farewell || d.won {
		t.Error("it leaves without a word")
	}
}

// Which prefixes are rolled up depends on the order of changes, so what a snapshot takes out has
// one.
func TestSnapshotHasAnOrder(t *testing.T) {
	for range 20 {
		d := exporter(t, interest.Config{RollUp: 20})
		for i := range 21 {
			d.local(fmt.Sprintf("a.b.%02d", i), 1)
		}
		for i := range 19 {
			d.local(fmt.Sprintf("a.%02d", i), 1)
		}
		for i := range 11 { // 10 are left, which is not less than half
			d.local(fmt.Sprintf("a.b.%02d", 10+i), 0)
		}
		d.attach("")
		for i := range 9 {
			d.local(fmt.Sprintf("a.b.%02d", i), 1)
		}
		for i := range 3 {
			d.local(fmt.Sprintf("a.%02d", i), 1)
		}
		d.step(interest.Input{Kind: interest.Synced})
		d.wait(time.Second)
		d.deltas("a.00|a.01|a.02|a.b.00|a.b.01|a.b.02|a.b.03|a.b.04|a.b.05|a.b.06|a.b.07|a.b.08")
	}
}
