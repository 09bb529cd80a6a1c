// Arbitrary bytes as fields and headers.

package wire_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// FuzzParse reads arbitrary bytes as fields. Whatever can be read is written
// back to the same bytes: there is one encoding of everything.
func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0})
	f.Add([]byte{1, 0x80, 0})
	f.Add(bytes.Repeat([]byte{0xff}, 12))
	f.Add(wire.AppendDuration(wire.AppendBool(wire.AppendUint(nil, 1, 300), 2), 3, time.Hour))
	f.Add(wire.AppendPeer(nil, 4, small()))
	f.Add(wire.AppendSightings(nil, 5, []views.Sighting{{Peer: large(), Age: time.Minute}}))

	f.Fuzz(testkit.Around(func(t *testing.T, body []byte) {
		testkit.Greed(t, len(body), func() {
			fields := wire.Parse(body)
			for _, value, ok := fields.Next(); ok; _, value, ok = fields.Next() {
				_, _ = wire.Peer(value)
				_, _ = wire.Sighting(value)
			}
		})
		fields, read := wire.Parse(body), []byte(nil)
		for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
			read = wire.AppendBytes(read, tag, value)
			checkValues(t, value)
		}
		if !bytes.HasPrefix(body, read) {
			t.Fatalf("%x is written back as %x", body, read)
		}
		switch err := fields.Err(); {
		case err == nil && len(read) != len(body):
			t.Fatalf("only %d of %d bytes were read, and no error", len(read), len(body))
		case err != nil && !errors.Is(err, wire.ErrMalformed):
			t.Fatalf("error %v does not match ErrMalformed", err)
		}
	}))
}

// checkValues reads one value as each thing that it might be.
func checkValues(t *testing.T, value []byte) {
	t.Helper()
	same := func(b []byte) {
		t.Helper()
		fields := wire.Parse(b)
		if _, got, _ := fields.Next(); !bytes.Equal(got, value) {
			t.Fatalf("%x is written back as %x", value, got)
		}
	}
	if v, err := wire.Uint(value); err == nil {
		same(wire.AppendUint(nil, 1, v))
	}
	if d, err := wire.Duration(value); err == nil {
		if d < 0 || d > wire.MaxDuration {
			t.Fatalf("duration %v is out of bounds", d)
		}
		same(wire.AppendDuration(nil, 1, d))
	}
	p, err := wire.Peer(value)
	switch {
	case err == nil:
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		again := wire.Parse(wire.AppendPeer(nil, 1, p))
		_, encoded, _ := again.Next()
		if q, err := wire.Peer(encoded); err != nil || *q != *p {
			t.Fatalf("peer %+v is read back as %+v, %v", p, q, err)
		}
		if len(encoded) > len(value) {
			t.Fatalf("a peer of %d bytes is written back with %d", len(value), len(encoded))
		}
	case !errors.Is(err, wire.ErrMalformed):
		t.Fatalf("error %v does not match ErrMalformed", err)
	}
	if s, err := wire.Sighting(value); err == nil && (s.Peer == nil || s.Age < 0 || s.Age > wire.MaxDuration) {
		t.Fatalf("sighting %+v is out of bounds", s)
	}
}

// FuzzParseHeader reads arbitrary bytes as a header.
func FuzzParseHeader(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02\x01\x09"), wire.MaxFrame)
	f.Add([]byte("\xff\xff\xff\xff\x01\x09"), wire.MaxFrame)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		h, err := wire.ParseHeader(b, limit)
		if err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Fatalf("error %v does not match ErrMalformed", err)
		}
		if (err == nil || errors.Is(err, wire.ErrVersion)) && (h.Length > limit || h.Body() < 0) {
			t.Fatalf("header %+v is out of bounds", h)
		}
	})
}
