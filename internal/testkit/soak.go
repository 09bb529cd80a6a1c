// Soaks: long lives, after which nothing may be left.

package testkit

import (
	"os"
	"runtime"
)

// Soak returns how large a soak is to be: full if the environment variable KITH_SOAK is set, as
// `make soak` does, and otherwise what fits a test among others.
func Soak(usual, full int) int {
	if os.Getenv("KITH_SOAK") != "" {
		return full
	}
	return usual
}

// HeapInUse is what is reachable now, in bytes.
func HeapInUse() int64 {
	runtime.GC()
	runtime.GC() // what had a finalizer goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // less than there is memory
}
