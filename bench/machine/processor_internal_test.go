// Reading /proc.

package machine

import (
	"testing"
	"time"
)

func TestBusyTime(t *testing.T) {
	for stat, want := range map[string]time.Duration{
		"cpu  1 2 3 1000 500 4 5 6 7 8\ncpu0 9 9 9 9 9 9 9 9 9 9\n": 210 * time.Millisecond,
		"cpu  1 2 3":                        0,
		"":                                  0,
		"cpu0 1 2 3 1000 500 4 5 6 7 8\n":   0,
		"cpu  1 2 x 1000 500 4 5 6 7 8\n":   0,
		"intr 1 2 3 1000 500 4 5 6 7 8 9\n": 0,
	} {
		got, ok := parseBusy(stat)
		if got != want || ok != (want != 0) {
			t.Errorf("%q is %v, %v, want %v", stat, got, ok, want)
		}
	}
}
