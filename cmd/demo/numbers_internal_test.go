// Percentiles, spreads and times with known answers.

package main

import (
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	// The example of the usual definition: the 30th percentile of these is 20.
	five := []time.Duration{35, 20, 15, 50, 40}
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for _, c := range []struct {
		of   []time.Duration
		p    float64
		want time.Duration
	}{
		{nil, 50, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 50, 7},
		{[]time.Duration{7}, 99, 7},
		{five, 5, 15},
		{five, 30, 20},
		{five, 40, 20},
		{five, 50, 35},
		{five, 99, 50},
		{five, 100, 50},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 99.1, 100},
		{[]time.Duration{1, 2}, 50, 1},
		{[]time.Duration{1, 2}, 51, 2},
	} {
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile %v of %d durations is %d, want %d", c.p, len(c.of), got, c.want)
		}
	}
	if five[0] != 35 {
		t.Error("the durations were sorted in place")
	}
}

func TestTimesAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0.0 ms",
		1234 * time.Microsecond:               "1.2 ms",
		34567 * time.Microsecond:              "35 ms",
		1234 * time.Millisecond:               "1.2 s",
		90*time.Second + 400*time.Millisecond: "1m30s",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is shown as %q, want %q", d, got, want)
		}
	}
}
