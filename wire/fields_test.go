// Fields and plain values, read and written.

package wire_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/wire"
)

// field returns the value of the only field in b.
func field(t *testing.T, b []byte) []byte {
	t.Helper()
	fields := wire.Parse(b)
	_, value, ok := fields.Next()
	if !ok {
		t.Fatalf("no field in %x: %v", b, fields.Err())
	}
	if _, _, more := fields.Next(); more || fields.Err() != nil {
		t.Fatalf("more than one field in %x", b)
	}
	return value
}

func TestFieldsRoundTrip(t *testing.T) {
	var b []byte
	b = wire.AppendUint(b, 1, 300)
	b = wire.AppendString(b, 2, strings.Repeat("x", 200))
	b = wire.AppendBytes(b, 255, nil)
	b = wire.AppendBool(b, 3)
	b = wire.AppendDuration(b, 4, 1500*time.Microsecond)
	b = wire.AppendBytes(b, 4, []byte{7})

	type field struct {
		tag   byte
		value string
	}
	want := []field{
		{1, "\xac\x02"},
		{2, strings.Repeat("x", 200)},
		{255, ""},
		{3, "\x01"},
		{4, "\xdc\x0b"},
		{4, "\x07"},
	}
	var got []field
	fields := wire.Parse(b)
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		got = append(got, field{tag, string(value)})
	}
	if err := fields.Err(); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d fields, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("field %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestFieldsFaults(t *testing.T) {
	tests := []struct {
		name, bytes, text string
		before            int // good fields before the fault
	}{
		{"tag zero", "\x00\x00", "field tag is 0", 0},
		{"no length", "\x05", "length of field 5 is missing", 0},
		{"length cut off", "\x05\x80", "length of field 5 is cut off", 0},
		{"length overlong", "\x05\x81\x00x", "length of field 5 is overlong", 0},
		{"length of zero overlong", "\x05\x80\x00", "length of field 5 is overlong", 0},
		{"length above 64 bits", "\x05" + strings.Repeat("\xff", 11), "length of field 5 is above 64 bits", 0},
		{"length above the rest", "\x05\x02x", "length of field 5 is 2, want at most the 1 bytes that follow", 0},
		{"length huge", "\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "length of field 5 is 18446744073709551615", 0},
		{"after good ones", "\x01\x00\x02\x00\x03", "length of field 3 is missing", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fields := wire.Parse([]byte(test.bytes))
			n := 0
			for _, _, ok := fields.Next(); ok; _, _, ok = fields.Next() {
				n++
			}
			err := fields.Err()
			if !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error is %v, want %q", err, test.text)
			}
			if n != test.before {
				t.Errorf("%d fields before the fault, want %d", n, test.before)
			}
			if _, _, ok := fields.Next(); ok {
				t.Error("reading goes on after a fault")
			}
		})
	}
}

// A value that is appended to must not reach into the field that follows.
func TestValueHasNoRoom(t *testing.T) {
	b := wire.AppendUint(wire.AppendUint(nil, 1, 1), 2, 2)
	fields := wire.Parse(b)
	_, value, _ := fields.Next()
	if len(value) != cap(value) {
		t.Errorf("a value of %d bytes has room for %d", len(value), cap(value))
	}
}

func TestUint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, math.MaxUint32, math.MaxInt64, math.MaxUint64} {
		got, err := wire.Uint(field(t, wire.AppendUint(nil, 1, v)))
		if err != nil || got != v {
			t.Errorf("%d is read as %d, %v", v, got, err)
		}
	}
	for bytes, text := range map[string]string{
		"":                              "integer is missing",
		"\x80":                          "integer is cut off",
		"\x80\x00":                      "integer is overlong",
		"\xff\x80\x00":                  "integer is overlong",
		"\x01\x01":                      "integer is followed by 1 bytes",
		strings.Repeat("\xff", 9) + "2": "integer is above 64 bits",
		strings.Repeat("\x80", 20):      "integer is above 64 bits",
	} {
		_, err := wire.Uint([]byte(bytes))
		if !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), text) {
			t.Errorf("%x: error is %v, want %q", bytes, err, text)
		}
	}
}

func TestBool(t *testing.T) {
	if got, err := wire.Bool(field(t, wire.AppendBool(nil, 1))); !got || err != nil {
		t.Errorf("true is read as %v, %v", got, err)
	}
	for bytes, text := range map[string]string{
		"":     "bool is missing",
		"\x00": "bool is 0, want 1",
		"\x02": "bool is 2, want 1",
	} {
		_, err := wire.Bool([]byte(bytes))
		if !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), text) {
			t.Errorf("%x: error is %v, want %q", bytes, err, text)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct{ in, want time.Duration }{
		{0, 0},
		{time.Microsecond, time.Microsecond},
		{2*time.Microsecond - 1, time.Microsecond},
		{time.Hour, time.Hour},
		{wire.MaxDuration, wire.MaxDuration},
		{wire.MaxDuration + 1, wire.MaxDuration},
		{math.MaxInt64, wire.MaxDuration},
		{-1, 0},
		{math.MinInt64, 0},
	} {
		got, err := wire.Duration(field(t, wire.AppendDuration(nil, 1, test.in)))
		if err != nil || got != test.want {
			t.Errorf("%v is read as %v, %v, want %v", test.in, got, err, test.want)
		}
	}
	above := field(t, wire.AppendUint(nil, 1, uint64(wire.MaxDuration/time.Microsecond)+1))
	if _, err := wire.Duration(above); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("error of a longer duration than the longest is %v", err)
	}
}

func TestSeen(t *testing.T) {
	var seen wire.Seen
	for tag := range 256 {
		if seen.Has(byte(tag)) {
			t.Fatalf("tag %d was seen before it came", tag)
		}
		if !seen.First(byte(tag)) {
			t.Fatalf("tag %d is not seen for the first time", tag)
		}
		if seen.First(byte(tag)) || !seen.Has(byte(tag)) {
			t.Fatalf("tag %d is not remembered", tag)
		}
	}
}
