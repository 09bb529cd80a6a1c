// Arbitrary bytes as messages.

package membership_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// FuzzDecodeMessage checks of whatever can be read that it is bounded by what was
// given, and that it is written and read back as the same message, by the same
// bytes or fewer.
func FuzzDecodeMessage(f *testing.F) {
	for k := membership.Join; k <= lastKind; k++ {
		m := fullMessage(k)
		f.Add(byte(k), membership.AppendMessage(nil, &m)[wire.HeaderLen:])
		f.Add(byte(k), []byte{})
	}
	f.Add(byte(200), []byte{1, 1, 1})

	f.Fuzz(testkit.AroundFrame(func(t *testing.T, typ byte, body []byte) {
		var m membership.Message
		var err error
		testkit.Greed(t, len(body), func() { m, err = membership.DecodeMessage(typ, body) })
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, membership.ErrUnknownType) {
				t.Fatalf("error %v is of no known sort", err)
			}
			if !reflect.DeepEqual(m, membership.Message{}) {
				t.Fatalf("with the error %v comes the message %+v", err, m)
			}
			return
		}
		checkBounds(t, &m, len(body))
		frame := membership.AppendMessage(nil, &m)
		if got := len(frame) - wire.HeaderLen; got > len(body) {
			t.Fatalf("%d bytes are written back as %d", len(body), got)
		}
		if back := decodeFrame(t, frame); !reflect.DeepEqual(back, m) {
			t.Fatalf("%x is read as\n%sand read back as\n%s", body, formatMessage(&m), formatMessage(&back))
		}
	}))
}

// checkBounds checks that a message holds no more than what it was read from.
func checkBounds(t *testing.T, m *membership.Message, size int) {
	t.Helper()
	held := 0
	hold := func(p *views.Peer) {
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		held += len(p.ID) + len(p.Addr) + len(p.NATS) + len(p.Zone) + len(p.Meta)
	}
	if m.Peer != nil {
		hold(m.Peer)
	}
	for _, s := range m.Sample {
		hold(s.Peer)
		if s.Age < 0 || s.Age > wire.MaxDuration {
			t.Fatalf("age %v is out of bounds", s.Age)
		}
	}
	if held > size {
		t.Fatalf("peers of %d bytes were read from %d", held, size)
	}
	if n := cap(m.Sample); n > wire.MaxPeers || 2*n > size {
		t.Fatalf("room for %d sightings was made for %d bytes", n, size)
	}
}
