package interest_test

import (
	"testing"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func TestWanting(t *testing.T) {
	d := exporter(t, interest.Config{})
	d.local("a", 1) // never this node
	d.delta("b", 1, "a", "a.* q", "b")
	d.delta("n", 1, "*")
	for subject, want := range map[string]int{"a": 2, "a.b": 1, "b": 2, "c": 1, "c.d": 0, "$JS.x": 0} {
		if got := d.core.Wanting([]byte(subject)); got != want {
			t.Errorf("%d nodes want %s, want %d", got, subject, want)
		}
	}
	d.delta("b", 2, "-a.* q")
	if got := d.core.Wanting([]byte("a.b")); got != 0 {
		t.Errorf("%d nodes want what nobody wants any more", got)
	}
}
