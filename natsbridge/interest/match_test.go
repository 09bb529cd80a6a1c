// The questions for each message: who wants it, and who of a queue group gets it.

package interest_test

import (
	"fmt"
	"testing"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func TestMatching(t *testing.T) {
	d := exporter(t, interest.Config{})
	for _, k := range []string{"a.b", "a.*", "*.c", "x.>", "a.b.c q", "long.>"} {
		d.local(k, 1)
	}
	d.delta("n", 1, "e.*.f", "e.>", "w.* q")
	for subject, want := range map[string]bool{
		"a.b": true, "a.z": true, "b.c": true, "b": false, "x": false, "x.y": true, "x.y.z": true, "a.b.c": true, "a": false, "a.b.c.d": false,
	} {
		if d.core.Wanted([]byte(subject)) != want {
			t.Errorf("%s is wanted: %v", subject, !want)
		}
	}
	if !d.core.WantedBy([]byte("a.b.c"), []byte("q")) || d.core.WantedBy([]byte("a.b.c"), []byte("r")) || d.core.WantedBy([]byte("a.b"), []byte("q")) {
		t.Error("the queue groups of the own server are others")
	}
	for subject, want := range map[string]bool{"e.x.f": true, "e.x": true, "e": false, "w.x": false} {
		if d.core.Elsewhere([]byte(subject)) != want {
			t.Errorf("%s is wanted elsewhere: %v", subject, !want)
		}
	}
	d.local("a.b", 0)
	d.local("a.*", 0)
	d.delta("n", 2, "-e.>", "-e.*.f", "-w.* q")
	if _, ok := d.core.Choose([]byte("w.x"), []byte("q")); ok || d.core.Wanted([]byte("a.b")) || d.core.Elsewhere([]byte("e.x.f")) {
		t.Error("what is gone is found")
	}
	for i := range 3 * interest.MaxCached {
		if !d.core.Wanted(fmt.Appendf(nil, "x.%d", i)) || d.core.Cached() > interest.MaxCached {
			t.Fatalf("%d subjects are cached", d.core.Cached())
		}
	}
}

// Nodes get messages by weight and distance, whatever pattern their members used.
func TestChoose(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local("w q", 5) // never this node
	d.delta("a/1/1", 1, "w q 2", "* q 2")
	d.delta("b/1/2", 1, "w q 4")
	d.delta("c/1/4", 1, "> q 8")
	d.delta("e/1/1", 1, "w r 100", "v q 100")
	got := map[string]int{}
	for range 8000 {
		node, ok := d.core.Choose([]byte("w"), []byte("q"))
		if !ok {
			t.Fatal("nobody is chosen")
		}
		got[node]++
	}
	if len(got) != 3 || got["a"] < 3800 || got["a"] > 4200 || got["b"] < 1800 || got["b"] > 2200 {
		t.Errorf("chosen: %v, want 4000, 2000, 2000", got)
	}
	d.alive("a/1/400", 1, 2) // it is far away now
	clear(got)
	for range 1000 {
		node, _ := d.core.Choose([]byte("w"), []byte("q"))
		got[node]++
	}
	if got["a"] > 20 {
		t.Errorf("chosen: %v", got)
	}
	if _, ok := d.core.Choose([]byte("w"), []byte("none")); ok {
		t.Error("somebody is chosen of a group that is nowhere")
	}
}
