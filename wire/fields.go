// Reading fields.

package wire

import (
	"encoding/binary"
	"strconv"
	"time"
)

// Fields reads the fields of a frame or of a nested value one after the other.
// It allocates nothing; a copy of it goes on reading where the original was.
//
//	fields := wire.Parse(body)
//	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
//		…
//	}
//	if err := fields.Err(); err != nil {
//		…
//	}
type Fields struct {
	rest []byte
	err  error
}

// Parse begins to read body, which the caller must not change meanwhile.
func Parse(body []byte) Fields { return Fields{rest: body} }

// Next returns the next field, and false at the end or at a fault, which [Fields.Err]
// then tells. The value is a part of the body, not a copy.
func (f *Fields) Next() (tag byte, value []byte, ok bool) {
	if f.err != nil || len(f.rest) == 0 {
		return 0, nil, false
	}
	tag = f.rest[0]
	if tag == 0 {
		return f.fail(&Error{What: "field tag", Got: "0", Want: "1 to 255"})
	}
	length, n := binary.Uvarint(f.rest[1:])
	if !minimal(f.rest[1:], n) {
		return f.fail(&Error{
			What: "length of field " + strconv.Itoa(int(tag)),
			Got:  describeUvarint(f.rest[1:], n),
			Want: "the shortest uvarint",
		})
	}
	rest := f.rest[1+n:]
	if length > uint64(len(rest)) {
		return f.fail(&Error{
			What: "length of field " + strconv.Itoa(int(tag)),
			Got:  strconv.FormatUint(length, 10),
			Want: "at most the " + strconv.Itoa(len(rest)) + " bytes that follow",
		})
	}
	f.rest = rest[length:]
	return tag, rest[:length:length], true
}

// Err returns the fault at which reading ended, nil when it came to the end.
func (f *Fields) Err() error { return f.err }

func (f *Fields) fail(err *Error) (byte, []byte, bool) {
	f.err = err
	return 0, nil, false
}

// Seen remembers which tags were read already. The zero value is ready to use.
type Seen [4]uint64

// First reports whether tag is seen for the first time. Of a tag that does not
// repeat the first one counts and the others are skipped, unread: a frame cannot
// make its reader do the same work twice.
func (s *Seen) First(tag byte) bool {
	word, bit := &s[tag/64], uint64(1)<<(tag%64)
	first := *word&bit == 0
	*word |= bit
	return first
}

// Has reports whether tag was seen.
func (s *Seen) Has(tag byte) bool { return s[tag/64]&(1<<(tag%64)) != 0 }

// Uint reads an integer. The value holds nothing else.
func Uint(value []byte) (uint64, error) {
	return readUint("integer", value)
}

// Bool reads a field that says true, which is the only thing that one can say.
func Bool(value []byte) (bool, error) {
	v, err := readUint("bool", value)
	if err != nil {
		return false, err
	}
	if v != 1 {
		return false, &Error{What: "bool", Got: strconv.FormatUint(v, 10), Want: "1, or no field"}
	}
	return true, nil
}

// Duration reads a duration, at most [MaxDuration].
func Duration(value []byte) (time.Duration, error) {
	return readDuration("duration", value, time.Microsecond)
}

// readUint reads an integer that an error calls what.
func readUint(what string, value []byte) (uint64, error) {
	v, n := binary.Uvarint(value)
	if !minimal(value, n) {
		return 0, &Error{What: what, Got: describeUvarint(value, n), Want: "the shortest uvarint"}
	}
	if n < len(value) {
		return 0, &Error{
			What: what,
			Got:  "followed by " + strconv.Itoa(len(value)-n) + " bytes",
			Want: "nothing after it",
		}
	}
	return v, nil
}

// readDuration reads a number of units that an error calls what.
func readDuration(what string, value []byte, unit time.Duration) (time.Duration, error) {
	v, err := readUint(what, value)
	if err != nil {
		return 0, err
	}
	if limit := uint64(MaxDuration / unit); v > limit {
		return 0, &Error{
			What: what,
			Got:  strconv.FormatUint(v, 10),
			Want: "at most " + strconv.FormatUint(limit, 10),
		}
	}
	return time.Duration(v) * unit, nil
}

// minimal reports whether binary.Uvarint, which returned n for b, found a whole
// number in its shortest form.
func minimal(b []byte, n int) bool { return n == 1 || n > 1 && b[n-1] != 0 }

// describeUvarint says why a uvarint was not minimal.
func describeUvarint(b []byte, n int) string {
	switch {
	case n > 0:
		return "overlong"
	case n < 0:
		return "above 64 bits"
	case len(b) == 0:
		return "missing"
	default:
		return "cut off"
	}
}
