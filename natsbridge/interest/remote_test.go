// What is believed of others, and for how long.

package interest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// table returns the table of a node, and ? if it does not count.
func (d *tester) table(id string) string {
	keys, counts, version := d.core.TableOf(id)
	text := fmt.Sprintf("%d: %s", version, show(keys))
	if !counts {
		text += "?"
	}
	return text
}

func (d *tester) has(id, want string) {
	d.tb.Helper()
	if got := d.table(id); got != want {
		d.tb.Fatalf("at %v the table of %s is %q, want %q", d.now, id, got, want)
	}
}

// The union: plain interest has no weight, those of queue groups are summed, and only
// changes are told.
func TestUnion(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.delta("a", 1, "x", "w q 2", "$JS.x")
	d.wants("w q 2|x")
	d.delta("b", 1, "x", "w q 3", "w r 1")
	d.wants("w q 5|w r 1|x")
	d.delta("b", 2, "-x", "w q 7")
	if len(d.effects) != 2 {
		t.Errorf("%d effects, want one key and the next time", len(d.effects))
	}
	d.wants("w q 9|w r 1|x")
	d.delta("c", 1, "w q 1048576")
	d.wants("w q 1048576|w r 1|x")
	d.delta("a", 2, "-x", "-w q")
	d.delta("c", 2, "-w q")
	d.wants("w q 7|w r 1")
	d.delta("b", 3, "-w q", "-w r")
	d.wants("")
}

func TestExpiry(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.delta("a", 1, "x")
	d.until(20 * time.Second)
	d.alive("a", 1, 1)
	d.until(49 * time.Second)
	d.wants("x")
	d.until(50 * time.Second)
	d.wants("")
}

func TestLives(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.delta("a/2", 1, "x")
	d.delta("a/1", 1, "old")
	d.wants("x")
	d.delta("a/3", 1, "y")
	d.wants("y")
	d.hear("a/3", &interest.Message{Kind: interest.Delta, Epoch: 1, Version: 1, Keys: changes("z")})
	d.wants("z")
	d.hear("a/3", &interest.Message{Kind: interest.Farewell})
	d.wants("z")
	if s := d.core.Stats(); s.Stale != 2 {
		t.Errorf("%d stale messages, want 2", s.Stale)
	}
	d.hear("a/3", &interest.Message{Kind: interest.Farewell, Epoch: 1})
	d.wants("")
	d.delta("a/3", 2, "late")
	d.hear("a/3", &interest.Message{Kind: interest.Delta, Epoch: 1, Version: 1, Keys: changes("late")})
	d.wants("")
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: []interest.Known{{Node: "a", Incarnation: 3, Epoch: 1, Version: 2, Left: ttl}}})
	d.wait(time.Minute)
	d.has("a", "0: ?")
	d.delta("a/3", 1, "anew") // the tombstone is gone
	d.wants("anew")
}

// A gap is asked for at the node itself, in vain again later, and then at whoever has the table.
func TestGap(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.up("n")
	d.delta("a", 1, "x")
	d.take()
	d.delta("a", 3, "z")
	all := d.only(interest.Ask)
	if len(all) != 1 || all[0].To != "a" || all[0].Known[0].Node != "a" || all[0].Known[0].Version != 2 {
		t.Fatalf("asked %+v", all)
	}
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: []interest.Known{{Node: "a", Incarnation: 1, Version: 3, Left: time.Second}}})
	d.delta("a", 4, "-x", "w")
	if all := d.only(interest.Ask); len(all) != 0 {
		t.Fatalf("asked twice: %+v", all)
	}
	d.wait(time.Second)
	if all = d.only(interest.Ask); len(all) != 1 || all[0].To != "n" {
		t.Fatalf("asked %+v, want the neighbor", all)
	}
	d.wait(1999 * time.Millisecond)
	if all := d.only(interest.Ask); len(all) != 0 {
		t.Fatalf("asked too soon: %+v", all)
	}
	page := func(index uint64, texts ...string) *interest.Message {
		return &interest.Message{
			Kind: interest.Table, Node: "a", Incarnation: 1, Version: 3, Left: time.Second, Index: index, Last: 1, Keys: changes(texts...),
		}
	}
	d.hear("n", page(1, "z"))
	d.hear("n", page(1, "z"))
	d.hear("other", page(0, "forged"))
	d.has("a", "1: x")
	d.hear("n", page(0, "x", "y"))
	d.has("a", "4: w|y|z") // with the delta that has waited
	d.wants("w|y|z")
	d.wait(ttl - 4*time.Second)
	d.wants("w|y|z") // it was heard itself: what the neighbor says of its time means nothing
}

func TestAliveWithNewerVersion(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.alive("a", 0, 0)
	d.alive("b", 5, 1)
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "b" {
		t.Fatalf("asked %+v", all)
	}
	d.hear("b", &interest.Message{Kind: interest.Table, Node: "b", Incarnation: 1, Version: 5, Left: ttl, Keys: changes("x")})
	d.wants("x")
	d.alive("b", 5, 2) // its count shows that something else is wrong
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "b" || all[0].Known[0].Version != 0 {
		t.Fatalf("asked %+v", all)
	}
	d.hear("b", &interest.Message{Kind: interest.Table, Node: "b", Incarnation: 1, Version: 5, Left: ttl, Keys: changes("x", "y")})
	d.wants("x|y")
}

// digest takes in a digest of n that tells of life 1 of a node.
func (d *tester) digest(id string, version uint64, left time.Duration) {
	d.tb.Helper()
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: []interest.Known{{Node: id, Incarnation: 1, Version: version, Left: left}}})
}

// tell takes in a table of life 1 of a node from n.
func (d *tester) tell(id string, version uint64, left time.Duration, texts ...string) {
	d.tb.Helper()
	d.hear("n", &interest.Message{Kind: interest.Table, Node: id, Incarnation: 1, Version: version, Left: left, Keys: changes(texts...)})
}

func TestHearsay(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.digest("a", 3, 10*time.Second)
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "n" {
		t.Fatalf("asked %+v", all)
	}
	d.wait(500 * time.Millisecond)
	d.tell("a", 3, 9*time.Second, "x")
	d.wants("x")
	d.wait(8999 * time.Millisecond)
	d.wants("x")
	d.wait(time.Millisecond)
	d.wants("")
	// Against what the node says itself it does not count.
	d.delta("b", 1, "y")
	d.take()
	d.digest("b", 9, ttl)
	d.tell("b", 9, ttl, "forged")
	d.wants("forged") // that much cannot be known
	d.take()
	d.alive("b", 1, 1)
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "b" {
		t.Fatalf("asked %+v", all)
	}
	d.tell("b", 10, ttl, "forged", "again")
	d.hear("b", &interest.Message{Kind: interest.Table, Node: "b", Incarnation: 1, Version: 1, Left: ttl, Keys: changes("y")})
	d.wants("y")
	d.has("b", "1: y")
	// A newer life is not believed but by its word.
	d.take()
	d.hear("n", &interest.Message{Kind: interest.Digest, Known: []interest.Known{{Node: "b", Incarnation: 8, Version: 1, Left: ttl}}})
	if all := d.only(interest.Ask); len(all) != 1 || all[0].To != "b" {
		t.Fatalf("asked %+v", all)
	}
	d.hear("b/8", &interest.Message{Kind: interest.Table, Node: "b", Incarnation: 8, Version: 1, Left: ttl, Keys: changes("z")})
	d.wants("z")
	d.digest("m", 99, ttl) // of this node others know nothing
	if s := d.core.Stats(); s.Nodes != 1 {
		t.Errorf("%d nodes", s.Nodes)
	}
}

// A newcomer is told all by a neighbor, and asks nobody else.
func TestDigests(t *testing.T) {
	old := exporter(t, interest.Config{MaxMessage: interest.MinMessage, RollUp: 1000})
	for i := range 100 {
		old.local(fmt.Sprintf("own.%032d", i), 1)
		old.delta(fmt.Sprintf("node%02d", i), 1, fmt.Sprintf("key%d", i))
	}
	old.wait(time.Second)
	fresh, err := interest.New(interest.Config{}, "z", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &tester{tb: t, core: fresh, wanted: map[interest.Key]int{}, most: 64 << 10}
	d.step(interest.Input{Kind: interest.Start})
	old.take()
	old.up("z")
	for range 20 {
		for _, m := range old.take() {
			if m.To == "z" {
				d.hear("m", &m.Message)
			}
		}
		for _, m := range d.take() {
			if m.To != "m" {
				t.Fatalf("%q is told %+v", m.To, m.Message)
			}
			old.hear("z", &m.Message)
		}
	}
	if s := d.core.Stats(); s.Nodes != 101 || s.Keys != 200 || s.TablesHeard != 101 || s.Hearsay != 100 {
		t.Errorf("%+v", s)
	}
	// Who has newer tells it, when it is told.
	old.take()
	old.hear("z", &interest.Message{Kind: interest.Digest, After: "node01", More: true, Known: []interest.Known{
		{Node: "node02", Incarnation: 1, Version: 1, Left: ttl}, {Node: "node04", Incarnation: 1, Left: ttl},
	}})
	all := old.only(interest.Digest)
	if len(all) != 1 || !all[0].Reply || len(all[0].Known) != 2 || all[0].Known[0].Node != "node03" {
		t.Errorf("it tells %+v", all)
	}
	old.wait(25 * time.Second)
	if n := len(old.only(interest.Digest)); n < 2 {
		t.Errorf("%d digests in 25 s", n)
	}
}

func TestDoubt(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.up("a")
	d.delta("a", 1, "x")
	d.up("b")
	d.delta("b", 1, "w q 1")
	d.delta("c", 1, "w q 1")
	d.wait(time.Second)
	d.take()
	d.down("b", false)
	d.down("a", true)
	all := d.only(interest.Doubt)
	if len(all) != 1 || all[0].Node != "a" || all[0].Incarnation != 1 {
		t.Fatalf("doubts %+v", all)
	}
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "b", Incarnation: 1})
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "c", Incarnation: 9})
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "nobody", Incarnation: 1})
	for range 100 {
		if node, _ := d.core.Choose([]byte("w"), []byte("q")); node != "c" {
			t.Fatalf("%q is chosen", node)
		}
	}
	d.up("b/1")
	d.down("b", true) // others have said so
	if all := d.only(interest.Doubt); len(all) != 0 {
		t.Fatalf("doubts %+v", all)
	}
	d.wait(1999 * time.Millisecond)
	d.wants("w q 2|x")
	d.wait(time.Millisecond)
	d.wants("w q 1")
	d.has("a", "1: x?")
	d.alive("a", 1, 1)
	d.wants("w q 1|x")
	d.hear("c", &interest.Message{Kind: interest.Doubt, Node: "a", Incarnation: 1})
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "c", Incarnation: 1})
	if node, _ := d.core.Choose([]byte("w"), []byte("q")); node != "c" {
		t.Fatalf("%q is chosen, want the only one, in doubt or not", node)
	}
	d.wait(time.Second)
	d.delta("a", 2, "y") // changes count as well
	d.wait(2 * time.Second)
	d.wants("x|y")
	d.wait(ttl)
	d.wants("")
	if s := d.core.Stats(); s.Nodes != 0 || s.DoubtsSent != 1 || s.Returned != 1 {
		t.Errorf("%+v", s)
	}
}

// Whoever hears that it is doubted says that it lives, at once and not too often.
func TestDoubted(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.up("n")
	d.wait(time.Second)
	d.take()
	for range 10 {
		d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "m", Incarnation: 1})
	}
	if n := len(d.only(interest.Alive)); n != 1 {
		t.Errorf("%d announcements", n)
	}
	d.wait(199 * time.Millisecond)
	if n := len(d.only(interest.Alive)); n != 0 {
		t.Errorf("%d announcements too many", n)
	}
	d.wait(time.Millisecond)
	if n := len(d.only(interest.Alive)); n != 1 {
		t.Errorf("%d announcements", n)
	}
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "m", Incarnation: 7})
	d.wait(time.Second)
	if n := len(d.only(interest.Alive)); n != 0 {
		t.Errorf("%d announcements of another life", n)
	}
}

// A doubt may overtake what the doubter had heard before, and that does not end it. Whoever is doubted
// goes on from there, even if the doubt was forged.
func TestDoubtOvertakes(t *testing.T) {
	d := exporter(t, interest.Config{})
	alive := func(beat uint64) {
		d.hear("a", &interest.Message{Kind: interest.Alive, Version: 1, Count: 1, Beat: beat})
	}
	d.delta("a", 1, "x")
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "a", Incarnation: 1, Beat: 4})
	alive(2)
	d.wait(time.Second)
	alive(3)
	d.wait(time.Second)
	d.wants("")
	alive(4)
	d.wants("x")
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "a", Incarnation: 1, Epoch: 1, Beat: 9}) // another bridge
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "a", Incarnation: 1, Beat: 1 << 60})
	alive(4 + 64)
	d.wait(5 * time.Second)
	d.wants("x")
	d.up("a")
	d.wait(time.Second)
	d.down("a", true)
	all := d.only(interest.Doubt)
	if len(all) != 1 || all[0].Beat != 4+64+1 {
		t.Fatalf("doubts %+v", all)
	}
	d.up("n")
	for last, beat := uint64(0), uint64(5); beat > 0; beat *= 1 << 13 {
		d.wait(time.Second)
		d.take()
		d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "m", Incarnation: 1, Beat: beat})
		if all := d.only(interest.Alive); len(all) != 1 || all[0].Beat < min(beat, last+64) {
			t.Fatalf("after %d it says %+v", beat, all)
		} else {
			last = all[0].Beat
		}
	}
}

func TestBounds(t *testing.T) {
	d := exporter(t, interest.Config{MaxNodes: 3, MaxKeys: 4, MaxBytes: 64 << 10})
	d.delta("a", 1, "1", "2", "3", "4", "5")
	d.has("a", "0: ")
	d.delta("b", 1, "1", "2", "3", "4")
	d.delta("b", 2, "-1", "5")
	d.has("b", "2: 2|3|4|5")
	d.digest("h", 1, ttl)
	d.digest("i", 1, ttl) // no room
	d.delta("c", 1, "1")  // hearsay makes it
	d.delta("e", 1, "1")
	s := d.core.Stats()
	if s.Nodes != 3 || s.RefusedNodes != 2 || s.Displaced != 1 || s.RefusedTables != 1 {
		t.Errorf("%+v", s)
	}
	d.hear("n", &interest.Message{Kind: 99})
	d.step(interest.Input{Kind: interest.Heard, From: "n", Data: []byte{1}})
	d.step(interest.Input{Kind: interest.Heard, From: "n", Data: []byte{2}, Direct: true})
	d.tell("b", 7, ttl, "x")
	if s := d.core.Stats(); s.Unknown != 1 || s.Malformed != 1 || s.Forged != 1 || s.Unasked != 1 {
		t.Errorf("%+v", s)
	}
}
