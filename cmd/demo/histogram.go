// Percentiles of more durations than one would keep.

package main

import (
	"math"
	"math/bits"
	"time"
)

// fineness is how many buckets there are from one power of two to the next: a
// percentile is at most a 32nd too large.
const fineness = 32

// histogram counts durations by their size. The zero value is empty.
type histogram struct {
	counts []uint64
	total  uint64
}

// bucketOf returns the bucket of a duration; below 0 counts as 0.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < fineness {
		return int(n)
	}
	shift := bits.Len64(n/fineness) - 1
	return shift*fineness + int(n>>shift)
}

// mostIn returns the longest duration in a bucket.
func mostIn(bucket int) time.Duration {
	if bucket < 2*fineness {
		return time.Duration(bucket)
	}
	shift := bucket/fineness - 1
	return time.Duration(uint64(bucket-shift*fineness+1)<<shift - 1)
}

func (h *histogram) add(d time.Duration) {
	b := bucketOf(d)
	if b >= len(h.counts) {
		h.counts = append(h.counts, make([]uint64, b+1-len(h.counts))...)
	}
	h.counts[b]++
	h.total++
}

// merge adds what another has counted.
func (h *histogram) merge(other *histogram) {
	if len(h.counts) < len(other.counts) {
		h.counts = append(h.counts, make([]uint64, len(other.counts)-len(h.counts))...)
	}
	for b, n := range other.counts {
		h.counts[b] += n
	}
	h.total += other.total
}

// percentile is by nearest rank, and 0 for none.
func (h *histogram) percentile(p float64) time.Duration {
	rank := max(uint64(math.Ceil(p/100*float64(h.total))), 1)
	var seen uint64
	for b, n := range h.counts {
		if seen += n; seen >= rank {
			return mostIn(b)
		}
	}
	return 0
}
