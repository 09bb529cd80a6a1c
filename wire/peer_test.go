// Peers and sightings, read and written; allocations.

package wire_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// small is a peer with the mandatory fields only, large the largest valid one.
func small() *views.Peer {
	return &views.Peer{ID: "a", Incarnation: 1, Addr: "h:1"}
}

func large() *views.Peer {
	return &views.Peer{
		ID:          strings.Repeat("i", views.MaxID),
		Incarnation: math.MaxUint64,
		Addr:        strings.Repeat("a", views.MaxAddr-6) + ":65535",
		NATS:        strings.Repeat("n", views.MaxNATS),
		Zone:        strings.Repeat("z", views.MaxZone),
		Meta:        strings.Repeat("m", views.MaxMeta),
	}
}

func TestPeerRoundTrip(t *testing.T) {
	full := &views.Peer{
		ID: "node-1", Incarnation: 1700000000000, Addr: "10.0.0.1:7946",
		NATS: "nats://10.0.0.1:4222", Zone: "eu", Meta: "\x00\xff",
	}
	for name, want := range map[string]*views.Peer{"small": small(), "full": full, "large": large()} {
		t.Run(name, func(t *testing.T) {
			value := field(t, wire.AppendPeer(nil, 1, want))
			got, err := wire.Peer(value)
			if err != nil {
				t.Fatal(err)
			}
			if *got != *want {
				t.Errorf("peer is %+v, want %+v", *got, *want)
			}
			clear(value)
			if *got != *want {
				t.Error("the peer shares memory with what it was read from")
			}
		})
	}
}

func TestLargestPeer(t *testing.T) {
	if got := len(field(t, wire.AppendPeer(nil, 1, large()))); got != wire.MaxPeer {
		t.Errorf("the largest peer takes %d bytes, want MaxPeer, %d", got, wire.MaxPeer)
	}
	over := large()
	over.Meta += "m"
	for name, p := range map[string]*views.Peer{"nil": nil, "too large": over} {
		if got := wire.AppendPeer(nil, 1, p); got != nil {
			t.Errorf("%s: %d bytes are written for no peer", name, len(got))
		}
		if got := wire.AppendSightings(nil, 1, []views.Sighting{{Peer: p}}); got != nil {
			t.Errorf("%s: %d bytes are written for no sighting", name, len(got))
		}
	}
}

func TestPeerFaults(t *testing.T) {
	valid := field(t, wire.AppendPeer(nil, 1, small()))
	tests := []struct {
		name  string
		value []byte
		text  string
		match error // besides ErrMalformed
	}{
		{"empty", nil, `peer ID is "", want 1 to 64`, views.ErrPeer},
		{"no incarnation", wire.AppendString(wire.AppendString(nil, 1, "a"), 3, "h:1"), "peer Incarnation", views.ErrPeer},
		{"bad ID", wire.AppendString(nil, 1, "a.b"), `peer ID is "a.b"`, views.ErrPeer},
		{"bad address", wire.AppendString(wire.AppendUint(wire.AppendString(nil, 1, "a"), 2, 1), 3, "0.0.0.0:1"), "peer Addr", views.ErrPeer},
		{"long ID", wire.AppendString(nil, 1, strings.Repeat("x", 65)), "peer ID is 65 bytes, want at most 64", wire.ErrTooLarge},
		{"long Addr", wire.AppendString(nil, 3, strings.Repeat("x", 256)), "peer Addr is 256 bytes", wire.ErrTooLarge},
		{"long NATS", wire.AppendString(nil, 4, strings.Repeat("x", 256)), "peer NATS is 256 bytes", wire.ErrTooLarge},
		{"long Zone", wire.AppendString(nil, 5, strings.Repeat("x", 65)), "peer Zone is 65 bytes", wire.ErrTooLarge},
		{"long Meta", wire.AppendString(nil, 6, strings.Repeat("x", 513)), "peer Meta is 513 bytes", wire.ErrTooLarge},
		{"bad incarnation", wire.AppendBytes(nil, 2, []byte{0x80, 0}), "peer incarnation is overlong", nil},
		{"cut off", valid[:len(valid)-1], "length of field 3", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := wire.Peer(test.value)
			if p != nil || !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("result is %v, %v, want an error that matches ErrMalformed", p, err)
			}
			if test.match != nil && !errors.Is(err, test.match) {
				t.Errorf("error %v does not match %v", err, test.match)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("error reads %q, want %q in it", err, test.text)
			}
		})
	}
}

// An error about a hostile peer does not repeat all that was sent.
func TestPeerErrorIsBounded(t *testing.T) {
	value := wire.AppendString(nil, 3, strings.Repeat("\xff", views.MaxAddr))
	value = wire.AppendUint(wire.AppendString(value, 1, "a"), 2, 1)
	_, err := wire.Peer(value)
	if err == nil || len(err.Error()) > 512 {
		t.Errorf("error is %v, want a short one", err)
	}
}

func TestPeerSkipsWhatItDoesNotKnow(t *testing.T) {
	value := wire.AppendString(nil, 99, "from a later version")
	value = append(value, field(t, wire.AppendPeer(nil, 1, small()))...)
	value = wire.AppendUint(value, 2, 7)                  // of a duplicate, the first counts
	value = wire.AppendString(value, 3, "not an address") // and this one is not even looked at
	got, err := wire.Peer(value)
	if err != nil {
		t.Fatal(err)
	}
	if want := small(); *got != *want {
		t.Errorf("peer is %+v, want %+v", *got, *want)
	}
}

func TestSightings(t *testing.T) {
	for _, test := range []struct{ in, want time.Duration }{
		{0, 0},
		{-time.Second, 0},
		{1, time.Second}, // rounded up: never younger by being passed on
		{time.Second, time.Second},
		{time.Hour + 1, time.Hour + time.Second},
		{wire.MaxDuration, wire.MaxDuration},
		{math.MaxInt64, wire.MaxDuration},
	} {
		in := views.Sighting{Peer: large(), Age: test.in}
		b := wire.AppendSightings(nil, 3, []views.Sighting{in})
		if got := wire.SightingLen(in); got != len(b) {
			t.Errorf("age %v: SightingLen is %d, want %d", test.in, got, len(b))
		}
		got, err := wire.Sighting(field(t, b))
		if err != nil {
			t.Fatal(err)
		}
		if *got.Peer != *in.Peer || got.Age != test.want {
			t.Errorf("age %v is read as %v, want %v", test.in, got.Age, test.want)
		}
	}
}

func TestSightingsRepeatTheirTag(t *testing.T) {
	b := wire.AppendSightings(nil, 3, []views.Sighting{{Peer: small()}, {}, {Peer: small(), Age: time.Second}})
	fields, n := wire.Parse(b), 0
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if _, err := wire.Sighting(value); tag != 3 || err != nil {
			t.Errorf("tag %d, %v", tag, err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d sightings, want 2: the one without a peer is left out", n)
	}
}

func TestSightingFaults(t *testing.T) {
	peer := wire.AppendPeer(nil, 1, small())
	above := uint64(wire.MaxDuration/time.Second) + 1
	for name, value := range map[string][]byte{
		"empty":        nil,
		"age only":     wire.AppendUint(nil, 2, 5),
		"bad peer":     wire.AppendString(nil, 1, "\x01\x01."),
		"age too long": wire.AppendUint(peer, 2, above),
		"cut off":      peer[:len(peer)-1],
	} {
		s, err := wire.Sighting(value)
		if !errors.Is(err, wire.ErrMalformed) || s != (views.Sighting{}) {
			t.Errorf("%s: %v, %v, want an error that matches ErrMalformed", name, s, err)
		}
	}
}

func TestAllocations(t *testing.T) {
	p := large()
	sample := []views.Sighting{{Peer: p, Age: time.Minute}, {Peer: small()}}
	buffer := make([]byte, 0, wire.MaxFrame)
	peer := field(t, wire.AppendPeer(nil, 1, p))
	tests := map[string]struct {
		want float64
		run  func()
	}{
		"append": {0, func() {
			b := wire.AppendHeader(buffer, 1)
			b = wire.AppendUint(b, 1, 1<<40)
			b = wire.AppendDuration(b, 2, time.Hour)
			b = wire.AppendBool(b, 3)
			b = wire.AppendPeer(b, 4, p)
			b = wire.AppendSightings(b, 5, sample)
			wire.FinishFrame(b, 0)
		}},
		"parse": {0, func() {
			fields := wire.Parse(peer)
			for _, _, ok := fields.Next(); ok; _, _, ok = fields.Next() {
			}
		}},
		"peer": {2, func() {
			if _, err := wire.Peer(peer); err != nil {
				t.Error(err)
			}
		}},
	}
	for name, test := range tests {
		if got := testing.AllocsPerRun(100, test.run); got > test.want {
			t.Errorf("%s: %v allocations, want %v", name, got, test.want)
		}
	}
}
