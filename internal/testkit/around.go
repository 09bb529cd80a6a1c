// What is near to an input.

package testkit

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
)

// Near is how many inputs are tried around each.
const Near = 31

// Around makes a fuzz target try, besides each input, Near others that differ from it in a few
// places: the engine looks for new ways through the code, which takes most of the time, and this
// looks around on each of them. The same input always has the same neighborhood.
func Around(try func(*testing.T, []byte)) func(*testing.T, []byte) {
	return func(t *testing.T, data []byte) {
		rng := seededBy(data)
		try(t, data)
		for range Near {
			try(t, changed(data, rng))
		}
	}
}

// AroundFrame is Around for a decoder that is also told the type of the frame.
func AroundFrame(try func(*testing.T, byte, []byte)) func(*testing.T, byte, []byte) {
	return func(t *testing.T, typ byte, body []byte) {
		Around(func(t *testing.T, body []byte) { try(t, typ, body) })(t, body)
	}
}

func seededBy(data []byte) *rand.Rand {
	sum := fnv.New64a()
	_, _ = sum.Write(data)
	return rand.New(rand.NewPCG(sum.Sum64(), 0))
}

// changed returns a copy of data with one to four changes.
func changed(data []byte, rng *rand.Rand) []byte {
	data = slices.Clone(data)
	for range 1 + rng.IntN(4) {
		data = change(data, rng)
	}
	return data
}

// change changes a bit, a byte or a length.
func change(data []byte, rng *rand.Rand) []byte {
	if len(data) == 0 {
		return []byte{byte(rng.Uint32())}
	}
	at := rng.IntN(len(data))
	switch rng.IntN(6) {
	case 0:
		data[at] ^= 1 << rng.IntN(8)
	case 1:
		data[at] = [...]byte{0, 1, 0x7f, 0x80, 0xff}[rng.IntN(5)]
	case 2:
		data[at] = byte(rng.Uint32())
	case 3:
		data = data[:at]
	case 4:
		data = slices.Delete(data, at, at+1)
	default:
		data = slices.Insert(data, at, data[at:min(len(data), at+1+rng.IntN(16))]...)
	}
	return data
}
