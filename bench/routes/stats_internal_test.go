// The arithmetic, with known answers.

package main

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
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("percentile %v of %d durations is %d, want %d", c.p, len(c.of), got, c.want)
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		rounds []float64
		want   figure
	}{
		{nil, figure{}},
		{[]float64{7}, figure{7, 7, 7}},
		{[]float64{9, 1}, figure{5, 1, 9}},
		{[]float64{9, 1, 2}, figure{2, 1, 9}},
		{[]float64{4, 9, 1, 2}, figure{3, 1, 9}},
	} {
		if got := newFigure(c.rounds); got != c.want {
			t.Errorf("%v came to %v, want %v", c.rounds, got, c.want)
		}
	}
}

// A ratio is that of one round: the median of the ratios, not the ratio of the
// medians.
func TestRatiosAreOfTheSameRound(t *testing.T) {
	for _, c := range []struct {
		of, to []float64
		want   figure
	}{
		{nil, nil, figure{}},
		{[]float64{10, 40, 90}, []float64{10, 10, 30}, figure{3, 1, 4}},
		{[]float64{10, 40}, []float64{0, 10}, figure{4, 4, 4}},
		{[]float64{10, 40}, []float64{5}, figure{2, 2, 2}},
	} {
		if got := ratios(c.of, c.to); got != c.want {
			t.Errorf("%v by %v is %v, want %v", c.of, c.to, got, c.want)
		}
	}
}

func TestSpeedBetweenTwoMoments(t *testing.T) {
	before := mark{at: time.Second, cpu: 3 * time.Second, busy: 10 * time.Second, received: 100}
	after := mark{at: 3 * time.Second, cpu: 5 * time.Second, busy: 13 * time.Second, received: 1100}
	want := speed{Rate: 500, CPU: 400, Others: 0.5}
	if got := after.since(before, 5); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	after.received = before.received
	want = speed{Others: 0.5}
	if got := after.since(before, 5); got != want {
		t.Errorf("got %+v of nothing, want %+v", got, want)
	}
}

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
