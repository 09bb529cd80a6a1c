// Writing fields.

package wire

import (
	"encoding/binary"
	"time"
)

// MaxDuration is the longest duration that is written or read, and the largest
// age: a hundred years. The sum of two never overflows a time.Duration.
const MaxDuration = 100 * 365 * 24 * time.Hour

// AppendUint appends a field with an integer.
func AppendUint(dst []byte, tag byte, v uint64) []byte {
	dst = append(dst, tag, byte(uvarintLen(v)))
	return binary.AppendUvarint(dst, v)
}

// AppendBool appends a field that says true. False is said by leaving the field
// out.
func AppendBool(dst []byte, tag byte) []byte {
	return append(dst, tag, 1, 1)
}

// AppendDuration appends a field with a duration in whole microseconds, what is
// left over being cut off. Below zero counts as zero, above [MaxDuration] as that.
func AppendDuration(dst []byte, tag byte, d time.Duration) []byte {
	return AppendUint(dst, tag, uint64(clamp(d)/time.Microsecond))
}

// AppendString appends a field with the bytes of s.
func AppendString(dst []byte, tag byte, s string) []byte {
	return append(appendFieldHead(dst, tag, len(s)), s...)
}

// AppendBytes appends a field with the bytes of b.
func AppendBytes(dst []byte, tag byte, b []byte) []byte {
	return append(appendFieldHead(dst, tag, len(b)), b...)
}

// appendFieldHead appends what comes before a value of size bytes.
func appendFieldHead(dst []byte, tag byte, size int) []byte {
	return binary.AppendUvarint(append(dst, tag), uint64(size))
}

// fieldLen returns the size of a whole field that has a value of size bytes.
func fieldLen(size int) int { return 1 + uvarintLen(uint64(size)) + size }

// uintFieldLen returns the size of a whole field that has the integer v.
func uintFieldLen(v uint64) int { return fieldLen(uvarintLen(v)) }

// uvarintLen returns the size of v as a uvarint: seven bits a byte.
func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// clamp brings d into the bounds of what is written.
func clamp(d time.Duration) time.Duration { return min(max(d, 0), MaxDuration) }
