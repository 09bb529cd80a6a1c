// What reading hostile bytes allocates.

package testkit

import (
	"flag"
	"runtime/metrics"
	"sync/atomic"
	"testing"
)

// most is what reading may allocate: so many bytes for each that is read, and a constant for
// what the runtime hands out in spans and what others allocate meanwhile.
const (
	mostEach  = 256 // JSON takes the most
	mostExtra = 512 << 10
)

// seldom is how many readings a fuzzing process does for each that is measured, as measuring
// takes a hundred times as long as reading. An input that is kept is measured in every test.
const seldom = 64

var readings atomic.Uint64 //nolint:gochecknoglobals // of the whole process, which fuzzes one target

// Greed calls read, which reads size bytes, and fails the test if that allocates too much. It may
// call it several times: what other goroutines allocate meanwhile counts too.
func Greed(t *testing.T, size int, read func()) {
	t.Helper()
	if fuzzing() && readings.Add(1)%seldom != 0 {
		read()
		return
	}
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	allocated := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	const tries = 5
	least := ^uint64(0)
	for range tries {
		before := allocated()
		read()
		least = min(least, allocated()-before)
		if least <= uint64(mostEach*size+mostExtra) {
			return
		}
	}
	t.Fatalf("%d bytes are allocated to read %d", least, size)
}

// fuzzing reports whether this is a process that tries inputs which were made up.
func fuzzing() bool {
	worker := flag.Lookup("test.fuzzworker")
	return worker != nil && worker.Value.String() == "true"
}
