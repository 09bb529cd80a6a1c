// The arithmetic, with known answers.

package load

import (
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	five := []time.Duration{15, 20, 35, 40, 50}
	for _, c := range []struct {
		of   []time.Duration
		p    float64
		want time.Duration
	}{
		{nil, 99, 0},
		{five[:1], 0, 15},
		{five[:1], 99, 15},
		{five, 30, 20},
		{five, 40, 20},
		{five, 50, 35},
		{five, 100, 50},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 99.1, 100},
	} {
		if got := Percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile %v of %d durations is %d, want %d", c.p, len(c.of), got, c.want)
		}
	}
}

func TestSpeedBetweenTwoMoments(t *testing.T) {
	before := mark{at: time.Second, cpu: 3 * time.Second, busy: 10 * time.Second, received: 100}
	after := mark{at: 3 * time.Second, cpu: 5 * time.Second, busy: 13 * time.Second, received: 1100}
	want := Speed{Rate: 500, CPU: 400, Others: 0.5}
	if got := after.since(before, 5); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	after.received = before.received
	want = Speed{Others: 0.5}
	if got := after.since(before, 5); got != want {
		t.Errorf("got %+v of nothing, want %+v", got, want)
	}
}

func TestWarmUpAtARate(t *testing.T) {
	for _, c := range []struct {
		rate float64
		want uint64
	}{{1000, 2000}, {60, 120}, {40, 100}, {5, 30}, {0.1, 0}} {
		if got := skippedAt(c.rate, 2*time.Second); got != c.want {
			t.Errorf("%g messages a second: %d, want %d", c.rate, got, c.want)
		}
	}
}
