// Tables that do not count, and those for which there is no room.

package interest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// asked returns a node that has asked n for version 5 of a, of which it has heard nothing.
func asked(tb testing.TB, cfg interest.Config) *tester {
	tb.Helper()
	d := exporter(tb, cfg)
	d.digest("a", 5, ttl)
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "n" {
		tb.Fatalf("asked %+v", all)
	}
	return d
}

func (d *tester) page(from string, version, index, last uint64, texts ...string) {
	d.tb.Helper()
	d.hear(from, &interest.Message{
		Kind: interest.Table, Node: "a", Incarnation: 1, Version: version, Left: ttl, Index: index, Last: last, Keys: changes(texts...),
	})
}

func TestPages(t *testing.T) {
	d := asked(t, interest.Config{})
	d.page("n", 5, 0, 2, "a")
	d.page("n", 6, 2, 2, "f") // another version: from the beginning
	d.page("n", 6, 0, 2, "b", "c")
	d.page("n", 6, 1, 2, "c") // no order
	d.wants("")
	d.page("n", 6, 1, 2, "d")
	d.wait(900 * time.Millisecond)
	d.page("n", 6, 0, 2, "c") // each gives it more time
	d.wait(900 * time.Millisecond)
	d.page("n", 6, 2, 2, "e")
	d.wants("c|d|e")
	if s := d.core.Stats(); s.Malformed != 1 || s.Unanswered != 0 || s.TablesHeard != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTablesThatDoNotCount(t *testing.T) {
	d := asked(t, interest.Config{})
	d.alive("a", 5, 1) // now it is heard itself
	d.hear("n", &interest.Message{Kind: interest.Table, Node: "a", Incarnation: 2, Version: 5, Left: ttl, Keys: changes("newer")})
	d.hear("n", &interest.Message{Kind: interest.Table, Node: "a", Version: 5, Left: ttl, Keys: changes("older")})
	d.wants("")
	d.wait(time.Second) // asks the node itself
	d.hear("a/2", &interest.Message{Kind: interest.Table, Node: "a", Incarnation: 1, Version: 5, Left: ttl, Keys: changes("forged")})
	d.wants("")
	d.page("a", 5, 0, 0, "x")
	d.wants("x")
	if s := d.core.Stats(); s.Stale != 2 || s.Forged != 1 {
		t.Errorf("%+v", s)
	}
	// Meanwhile left, and its farewell was heard.
	d.digest("b", 1, ttl)
	d.hear("b", &interest.Message{Kind: interest.Farewell})
	d.tell("b", 1, ttl, "late")
	d.wants("x")
}

// Hearsay of a newer life replaces hearsay of an older one.
func TestHearsayOfNewerLife(t *testing.T) {
	d := asked(t, interest.Config{})
	d.page("n", 5, 0, 0, "x")
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: []interest.Known{{Node: "a", Incarnation: 2, Version: 1, Left: time.Second}}})
	d.wants("")
	d.hear("n", &interest.Message{Kind: interest.Table, Node: "a", Incarnation: 3, Version: 1, Left: time.Second, Keys: changes("y")})
	d.wants("y")
	d.delta("a", 6, "-x") // any life that is heard replaces hearsay
	d.wants("")
	d.page("a", 6, 0, 0, "z")
	d.wants("z")
}

func TestTablesWithoutRoom(t *testing.T) {
	d := asked(t, interest.Config{MaxKeys: 2, Digest: time.Second})
	d.page("n", 5, 0, 0, "1", "2", "3")
	d.wants("")
	d.take()
	d.wait(900 * time.Millisecond)
	if all := d.only(interest.Ask); len(all) != 0 {
		t.Fatalf("asked at once: %+v", all)
	}
	d.wait(200 * time.Millisecond)
	if all := d.only(interest.Ask); len(all) != 1 {
		t.Fatalf("asked %+v", all)
	}
	if s := d.core.Stats(); s.RefusedTables != 1 {
		t.Errorf("%+v", s)
	}
	// What is incomplete is bounded as well.
	d = asked(t, interest.Config{MaxBytes: 64 << 10})
	long := make([]string, 60)
	for i := range long {
		long[i] = fmt.Sprintf("%0*d", interest.MaxSubject, i)
	}
	d.page("n", 5, 0, 9, long...)
	d.page("n", 5, 1, 9, long...)
	if s := d.core.Stats(); s.RefusedTables != 1 {
		t.Errorf("%+v", s)
	}
}

// Deltas that come while a table is asked for wait for it, and those that are in it are dropped.
func TestDeltasWait(t *testing.T) {
	d := asked(t, interest.Config{})
	d.delta("a", 6, "6")
	d.delta("a", 7, "7", "-6")
	d.delta("a", 9, "9")
	d.page("n", 6, 0, 0, "5", "6")
	d.wants("5|7")
	d.has("a", "7: 5|7")
	d.take()
	d.wait(time.Second)
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "a" || all[0].Known[0].Version != 8 {
		t.Fatalf("asked %+v", all)
	}
	d.page("a", 8, 0, 0, "8")
	d.wants("8|9")
	for v := range uint64(100) {
		d.delta("a", 20+v, "more")
	}
	if d.core.Stats().Bytes > 100 {
		t.Error("what waits counts as a table")
	}
}

// Only so many tables are asked for at once, and all have their turn, those that were heard first.
func TestManyMissing(t *testing.T) {
	d := exporter(t, interest.Config{})
	count := func() (ids map[string]int) {
		ids = map[string]int{}
		for _, m := range d.only(interest.Ask) {
			for _, k := range m.Known {
				ids[k.Node]++
			}
		}
		return ids
	}
	var known []interest.Known
	for i := range 100 {
		known = append(known, interest.Known{Node: fmt.Sprintf("h%02d", i), Incarnation: 1, Version: 1, Left: ttl})
	}
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: known})
	if ids := count(); len(ids) != interest.MaxOutstanding {
		t.Fatalf("%d asked at once", len(ids))
	}
	d.alive("z", 3, 1)
	d.wait(time.Second)
	if ids := count(); ids["z"] != 1 || len(ids) != interest.MaxOutstanding {
		t.Fatalf("asked are %v", ids)
	}
	d.wait(10 * time.Second)
	for id, n := range count() {
		if n > 4 {
			t.Errorf("%s is asked for %d times", id, n)
		}
	}
	d.hear("n", &interest.Message{Kind: interest.Table, Node: "z", Incarnation: 1, Version: 3, Left: ttl})
}

// Answers are bounded, whoever asks, and only what is as new as asked is told.
func TestAnswers(t *testing.T) {
	d := exporter(t, interest.Config{RollUp: 10_000})
	for i := range 4000 {
		k := interest.Key{Subject: fmt.Sprintf("%s.%d", strings.Repeat("x", 200), i)}
		d.core.Step(interest.Input{Kind: interest.Local, Key: k, Weight: 1})
	}
	d.step(interest.Input{Kind: interest.Tick})
	d.wait(time.Second)
	d.delta("a", 1, "x")
	d.take()
	want := &interest.Message{Kind: interest.Ask, Known: []interest.Known{{Node: "a", Incarnation: 1, Version: 2}, {Node: "nobody"}}}
	d.hear("n", want)
	if all := d.take(); len(all) != 0 {
		t.Fatalf("answered %+v", all)
	}
	want = &interest.Message{Kind: interest.Ask, Known: []interest.Known{{Node: "m"}}}
	for range 40 {
		d.hear("n", want)
	}
	s := d.core.Stats()
	if s.TablesSent < 18 || s.TablesSent > 22 || s.Declined == 0 {
		t.Errorf("%d tables sent, %d declined", s.TablesSent, s.Declined)
	}
	d.hear("n", &interest.Message{Kind: interest.Digest})
	d.wait(time.Second)
	d.hear("n", want)
	if d.core.Stats().TablesSent != s.TablesSent+1 {
		t.Error("a second later there is no answer")
	}
}

// What is rolled up stays so while another node is the exporter.
func TestRollUpAndElection(t *testing.T) {
	d := start(t, interest.Config{RollUp: 4, MaxLocal: 6})
	d.attach("g")
	for i := range 7 {
		d.local(fmt.Sprintf("a.b.%d", i), 1)
	}
	d.local("w q", 1)
	if s := d.core.Stats(); s.RefusedKeys != 2 || s.Local != 6 {
		t.Errorf("%+v", s)
	}
	d.wait(time.Second)
	d.deltas("", "a.b.>")
	d.group("a", "g", 1)
	d.deltas("-a.b.>")
	d.group("a", "h", 2)
	d.deltas("a.b.>")
	d.attach("bad group")
	if !d.won {
		t.Error("not elected, and it is alone")
	}
	if long := strings.Repeat("a.", 600) + "b"; d.core.Wanted([]byte(long)) || d.core.Cached() != 0 {
		t.Error("a subject longer than any is cached")
	}
}
