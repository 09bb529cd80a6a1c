package load_test

import (
	"testing"

	"github.com/kithmesh/kith/bench/load"
)

func TestWindow(t *testing.T) {
	for _, c := range []struct{ given, size, want int }{
		{0, 24, 1024}, {0, 512, 1024}, {0, 4096, 128}, {0, 1 << 19, 1}, {7, 4096, 7},
	} {
		if got := load.Window(c.given, c.size); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}
