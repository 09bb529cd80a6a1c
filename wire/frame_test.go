// Headers: limits, versions, what cannot be one.

package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithmesh/kith/wire"
)

func TestFrameRoundTrip(t *testing.T) {
	dst := wire.AppendUint([]byte("before"), 9, 9)
	start := len(dst)
	dst = wire.AppendHeader(dst, 200)
	dst = wire.AppendString(dst, 1, "hello")
	dst = wire.FinishFrame(dst, start)

	frame := dst[start:]
	h, err := wire.ParseHeader(frame, wire.MaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	if want := (wire.Header{Length: 9, Version: wire.Version, Type: 200}); h != want {
		t.Errorf("header is %+v, want %+v", h, want)
	}
	if got := len(frame) - wire.HeaderLen; h.Body() != got {
		t.Errorf("body is %d bytes, want %d", h.Body(), got)
	}
}

func TestParseHeader(t *testing.T) {
	tests := []struct {
		name  string
		bytes string
		limit int
		want  error  // nil: no error
		text  string // of the error
	}{
		{"no fields", "\x00\x00\x00\x02\x01\x09", wire.MaxFrame, nil, ""},
		{"largest", "\x00\x01\x00\x00\x01\x09", wire.MaxFrame, nil, ""},
		{"too large", "\x00\x01\x00\x01\x01\x09", wire.MaxFrame, wire.ErrTooLarge, "frame length is 65537, want at most 65536"},
		{"all ones", "\xff\xff\xff\xff\x01\x09", wire.MaxFrame, wire.ErrTooLarge, "frame length is 4294967295, want at most 65536"},
		{"negative limit", "\x00\x00\x00\x02\x01\x09", -1, wire.ErrTooLarge, "want at most -1"},
		{"too large comes before version", "\x00\x01\x00\x01\x07\x09", wire.MaxFrame, wire.ErrTooLarge, "frame length"},
		{"too small", "\x00\x00\x00\x01\x01\x09", wire.MaxFrame, wire.ErrMalformed, "frame length is 1, want at least 2"},
		{"cut off", "\x00\x00\x00\x02\x01", wire.MaxFrame, wire.ErrMalformed, "frame header is 5 bytes, want 6"},
		{"empty", "", wire.MaxFrame, wire.ErrMalformed, "frame header is 0 bytes, want 6"},
		{"version", "\x00\x00\x00\x02\x02\x09", wire.MaxFrame, wire.ErrVersion, "frame version is 2, want 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := wire.ParseHeader([]byte(test.bytes), test.limit)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, test.want) || !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("error is %v, want one that matches %v and ErrMalformed", err, test.want)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("error reads %q, want %q in it", err, test.text)
			}
		})
	}
}

// A frame of another version can be skipped: the header comes with the error.
func TestParseHeaderOfAnotherVersion(t *testing.T) {
	h, err := wire.ParseHeader([]byte("\x00\x00\x01\x00\x07\x09"), wire.MaxFrame)
	if !errors.Is(err, wire.ErrVersion) {
		t.Fatalf("error is %v, want ErrVersion", err)
	}
	if want := (wire.Header{Length: 256, Version: 7, Type: 9}); h != want {
		t.Errorf("header is %+v, want %+v", h, want)
	}
}

func TestErrorNamesData(t *testing.T) {
	_, err := wire.ParseHeader([]byte("\x00\x01\x00\x01\x01\x09"), wire.MaxFrame)
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		t.Fatalf("error is a %T, want *wire.Error", err)
	}
	if e.What != "frame length" || e.Got != "65537" || e.Want != "at most 65536" {
		t.Errorf("error is %+v", e)
	}
	if errors.Is(err, wire.ErrVersion) {
		t.Error("a frame that is too large matches ErrVersion")
	}
}
