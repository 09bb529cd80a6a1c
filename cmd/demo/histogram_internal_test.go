// Percentiles of a histogram, next to those of all values.

package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestBucketsAreCloseAndInOrder(t *testing.T) {
	last := -1
	for d := time.Duration(0); d < time.Minute; d += max(1, d/100) {
		b := bucketOf(d)
		if b < last || b > last+1 {
			t.Fatalf("%d is in bucket %d, what was before in %d", d, b, last)
		}
		last = b
		if top := mostIn(b); top < d || top-d > d/fineness || bucketOf(top) != b || bucketOf(top+1) != b+1 {
			t.Fatalf("%d is in bucket %d, up to %d", d, b, top)
		}
	}
	if bucketOf(-1) != 0 {
		t.Error("below 0 is not 0")
	}
}

func TestHistogramPercentiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	var halves [2]histogram
	for i := range 10_000 {
		d := time.Duration(rng.ExpFloat64() * float64(3*time.Millisecond))
		all = append(all, d)
		halves[i%2].add(d)
	}
	var h histogram
	h.merge(&halves[0])
	h.merge(&halves[1])
	for _, p := range []float64{0, 1, 50, 90, 99, 100} {
		want, got := percentile(all, p), h.percentile(p)
		if got < want || got-want > want/fineness {
			t.Errorf("percentile %v is %v, want %v or a little more", p, got, want)
		}
	}
	if got := new(histogram).percentile(50); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
