// The binary form: what is written can be read, bounds, hostile input, allocations.

package membership_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// lastKind is the last of the messages.
const lastKind = membership.Heartbeat

// decodeFrame reads a whole frame, which must be one.
func decodeFrame(t testing.TB, frame []byte) membership.Message {
	t.Helper()
	h, err := wire.ParseHeader(frame, wire.MaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(frame) - wire.HeaderLen; got != h.Body() {
		t.Fatalf("the header says %d bytes of fields, there are %d", h.Body(), got)
	}
	m, err := membership.DecodeMessage(h.Type, frame[wire.HeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every message that may be sent is read back as it was, whatever its fields.
func TestMessageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		frame := membership.AppendMessage(nil, &m)
		back, err := membership.DecodeMessage(byte(m.Kind), frame[wire.HeaderLen:])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("read back as\n%swant\n%s", formatMessage(&back), formatMessage(&m))
		}
	})
}

// Fields that a kind does not use are not written.
func TestUnusedFieldsAreNotWritten(t *testing.T) {
	for k := membership.Join; k <= lastKind; k++ {
		full := fullMessage(k)
		back := decodeFrame(t, membership.AppendMessage(nil, &full))
		again := decodeFrame(t, membership.AppendMessage(nil, &back))
		if !reflect.DeepEqual(back, again) {
			t.Errorf("%v: read back as\n%swant\n%s", k, formatMessage(&again), formatMessage(&back))
		}
	}
	full := fullMessage(membership.Neighbor)
	back := decodeFrame(t, membership.AppendMessage(nil, &full))
	want := membership.Message{
		Kind: membership.Neighbor, Request: full.Request, Priority: full.Priority, Degree: full.Degree, Peer: full.Peer,
	}
	if !reflect.DeepEqual(back, want) {
		t.Errorf("a Neighbor is read back as\n%s", formatMessage(&back))
	}
}

func TestAppendMessageAppends(t *testing.T) {
	m := membership.Message{Kind: membership.Heartbeat, Degree: 3}
	alone := membership.AppendMessage(nil, &m)
	after := membership.AppendMessage([]byte("before"), &m)
	if string(after) != "before"+string(alone) {
		t.Errorf("after other bytes the frame is %x, want %x", after[len("before"):], alone)
	}
}

// The largest peers do not all fit one frame: as many as fit are written.
func TestLargestSampleFitsAFrame(t *testing.T) {
	with := 0
	for k := membership.Join; k <= lastKind; k++ {
		m := fullMessage(k)
		m.Peer = largePeer(0)
		m.Sample = largeSample(wire.MaxPeers)
		frame := membership.AppendMessage(nil, &m)
		back := decodeFrame(t, frame) // which includes that the length is legal
		if len(back.Sample) == 0 {
			continue // of a kind without a sample
		}
		with++
		if got, next := len(frame)-4, wire.SightingLen(m.Sample[0]); got+next <= wire.MaxFrame {
			t.Errorf("%v: a frame of %d bytes has room for another sighting of %d", k, got, next)
		}
		for i := range back.Sample {
			if *back.Sample[i].Peer != *m.Sample[i].Peer {
				t.Errorf("%v: sighting %d is not the one that was given", k, i)
			}
		}
	}
	if with != 6 {
		t.Errorf("%d kinds of message have a sample, want 6", with)
	}
}

func TestSampleIsBounded(t *testing.T) {
	m := fullMessage(membership.ShuffleReply)
	m.Sample = nil
	for i := range wire.MaxPeers + 1 {
		m.Sample = append(m.Sample, views.Sighting{Peer: peer(i)})
	}
	frame := membership.AppendMessage(nil, &m)
	if got := len(decodeFrame(t, frame).Sample); got != wire.MaxPeers {
		t.Errorf("%d sightings are written, want %d", got, wire.MaxPeers)
	}

	body := wire.AppendUint(nil, 7, 1)
	body = wire.AppendSightings(body, 10, m.Sample)
	_, err := membership.DecodeMessage(byte(m.Kind), body)
	if !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("error of %d sightings is %v, want ErrTooLarge", len(m.Sample), err)
	}
}

// Sightings that are not well formed count too: they cost the reader as much.
func TestBadSightingsCount(t *testing.T) {
	body := wire.AppendUint(nil, 7, 1)
	for range wire.MaxPeers + 1 {
		body = wire.AppendBytes(body, 10, nil)
	}
	_, err := membership.DecodeMessage(byte(membership.ShuffleReply), body)
	if !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("error is %v, want ErrTooLarge", err)
	}
}

func TestBodyIsBounded(t *testing.T) {
	body := wire.AppendUint(nil, 6, 3)
	body = wire.AppendBytes(body, 200, make([]byte, wire.MaxBody-len(body)-4))
	if len(body) != wire.MaxBody {
		t.Fatalf("the body has %d bytes, want %d", len(body), wire.MaxBody)
	}
	m, err := membership.DecodeMessage(byte(membership.Heartbeat), body)
	if err != nil || m.Degree != 3 {
		t.Errorf("the largest body is read as %v, %v", m, err)
	}
	_, err = membership.DecodeMessage(byte(membership.Heartbeat), append(body, 0))
	if !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("error of a larger body is %v, want ErrTooLarge", err)
	}
}

func TestUnknownType(t *testing.T) {
	for typ := range 256 {
		_, err := membership.DecodeMessage(byte(typ), nil)
		known := typ >= int(membership.Join) && typ <= int(lastKind)
		if errors.Is(err, membership.ErrUnknownType) == known {
			t.Errorf("error of type %d is %v", typ, err)
		}
	}
}

// A message outlives the buffer that it was read from.
func TestMessageSharesNoMemory(t *testing.T) {
	m := fullMessage(membership.Shuffle)
	frame := membership.AppendMessage(nil, &m)
	back := decodeFrame(t, frame)
	want := formatMessage(&back)
	clear(frame)
	if got := formatMessage(&back); got != want {
		t.Errorf("after the buffer was cleared the message is\n%swant\n%s", got, want)
	}
}

func TestErrorsMatch(t *testing.T) {
	_, err := membership.DecodeMessage(byte(membership.Disconnect), wire.AppendUint(nil, 4, uint64(membership.Closed)))
	e, ok := errors.AsType[*wire.Error](err)
	if !ok || !errors.Is(err, wire.ErrMalformed) {
		t.Fatalf("error is %v, want a *wire.Error that matches ErrMalformed", err)
	}
	if e.Got != "6" || e.Want != "1 to 5" {
		t.Errorf("error is %+v", e)
	}
	_, err = membership.DecodeMessage(byte(membership.Shuffle), wire.AppendString(nil, 9, ""))
	if !errors.Is(err, views.ErrPeer) {
		t.Errorf("error is %v, want one that matches views.ErrPeer", err)
	}
}

func TestAllocationsOfCodec(t *testing.T) {
	buffer := make([]byte, 0, 4+wire.MaxFrame)
	for k := membership.Join; k <= lastKind; k++ {
		for _, sample := range [][]views.Sighting{nil, fullMessage(k).Sample, largeSample(wire.MaxPeers)} {
			m := fullMessage(k)
			m.Sample = sample
			if got := testing.AllocsPerRun(20, func() { membership.AppendMessage(buffer, &m) }); got != 0 {
				t.Errorf("writing %v with %d sightings: %v allocations, want none", k, len(sample), got)
			}
		}
	}
	bare := []membership.Message{
		{Kind: membership.Neighbor, Request: 1, Priority: membership.High, Degree: 1},
		{Kind: membership.NeighborReply, Request: 1, Verdict: membership.Refused},
		{Kind: membership.Disconnect, Reason: membership.Leaving},
		{Kind: membership.ShuffleReply, Request: 1},
		fullMessage(membership.Heartbeat),
	}
	for _, m := range bare {
		body := membership.AppendMessage(nil, &m)[wire.HeaderLen:]
		if got := allocationsOfDecode(t, m.Kind, body, nil); got != 0 {
			t.Errorf("reading %v: %v allocations, want none", m.Kind, got)
		}
	}
}

// What is not accepted costs next to nothing, however much of it there is.
func TestAllocationsOfHostileInput(t *testing.T) {
	repeat := func(field []byte) []byte {
		return []byte(strings.Repeat(string(field), wire.MaxBody/len(field)))
	}
	p := peer(1)
	tests := []struct {
		name string
		kind membership.Kind
		body []byte
		most float64
		want error
	}{
		{"unknown fields", membership.Heartbeat, repeat([]byte{99, 0}), 0, nil},
		{"duplicates", membership.Heartbeat, repeat([]byte{6, 1, 1}), 0, nil},
		{"duplicate peers", membership.Disconnect, append([]byte{4, 1, 1}, wire.AppendPeer(wire.AppendPeer(nil, 9, p), 9, p)...), 2, nil},
		{"empty sightings", membership.ShuffleReply, repeat([]byte{10, 0}), 32, wire.ErrTooLarge},
		{"sightings", membership.ShuffleReply, repeat(wire.AppendSightings(nil, 10, []views.Sighting{{Peer: p}})), 32, wire.ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := allocationsOfDecode(t, test.kind, test.body, test.want); got > test.most {
				t.Errorf("%v allocations, want at most %v", got, test.most)
			}
		})
	}
}

// allocationsOfDecode counts the allocations of reading body, which ends with the
// error want.
func allocationsOfDecode(t *testing.T, k membership.Kind, body []byte, want error) float64 {
	t.Helper()
	return testing.AllocsPerRun(20, func() {
		if _, err := membership.DecodeMessage(byte(k), body); !errors.Is(err, want) {
			t.Errorf("error is %v, want %v", err, want)
		}
	})
}

func BenchmarkAppendMessage(b *testing.B) {
	for _, m := range benchmarkMessages() {
		b.Run(m.Kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			buffer := make([]byte, 0, 4+wire.MaxFrame)
			b.SetBytes(int64(len(membership.AppendMessage(buffer, &m))))
			for b.Loop() {
				membership.AppendMessage(buffer, &m)
			}
		})
	}
}

func BenchmarkDecodeMessage(b *testing.B) {
	for _, m := range benchmarkMessages() {
		b.Run(m.Kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			frame := membership.AppendMessage(nil, &m)
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if _, err := membership.DecodeMessage(byte(m.Kind), frame[wire.HeaderLen:]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// benchmarkMessages returns what travels most: a shuffle with the default ka + kp
// and the sender itself.
func benchmarkMessages() []membership.Message {
	shuffle := fullMessage(membership.Shuffle)
	shuffle.Sample = nil
	for i := range 8 {
		shuffle.Sample = append(shuffle.Sample, views.Sighting{Peer: peer(i), Age: time.Duration(i) * time.Minute})
	}
	return []membership.Message{
		fullMessage(membership.Heartbeat),
		fullMessage(membership.ForwardJoin),
		shuffle,
	}
}

// peer returns a peer of ordinary size.
func peer(i int) *views.Peer {
	return &views.Peer{
		ID:          "node-" + strconv.Itoa(i),
		Incarnation: 1700000000000 + uint64(i),
		Addr:        fmt.Sprintf("10.0.%d.%d:7946", i/256, i%256),
		NATS:        fmt.Sprintf("nats://10.0.%d.%d:4222", i/256, i%256),
		Zone:        "eu-1",
	}
}

// largePeer returns one of the largest valid peers.
func largePeer(i int) *views.Peer {
	return &views.Peer{
		ID:          fmt.Sprintf("%0*d", views.MaxID, i),
		Incarnation: math.MaxUint64,
		Addr:        strings.Repeat("a", views.MaxAddr-6) + ":65535",
		NATS:        strings.Repeat("n", views.MaxNATS),
		Zone:        strings.Repeat("z", views.MaxZone),
		Meta:        strings.Repeat("m", views.MaxMeta),
	}
}

func largeSample(n int) []views.Sighting {
	sample := make([]views.Sighting, n)
	for i := range sample {
		sample[i] = views.Sighting{Peer: largePeer(i), Age: wire.MaxDuration}
	}
	return sample
}

// fullMessage returns a message of which every field is set, used or not.
func fullMessage(k membership.Kind) membership.Message {
	return membership.Message{
		Kind: k, TTL: 6, Priority: membership.High, Verdict: membership.Accepted, Reason: membership.Evicted,
		Active: true, Degree: 5, Request: math.MaxUint32, Incarnation: 1700000000000, Peer: peer(0),
		Sample: []views.Sighting{{Peer: peer(1), Age: time.Hour}, {Peer: peer(2)}},
		Sent:   90 * time.Second, Echo: 88 * time.Second, Held: 700 * time.Millisecond,
	}
}

// drawMessage draws a message that may be sent.
func drawMessage(t *rapid.T) membership.Message {
	k := rapid.Map(rapid.Uint8Range(uint8(membership.Join), uint8(lastKind)), func(v uint8) membership.Kind {
		return membership.Kind(v)
	}).Draw(t, "kind")
	m := membership.Message{Kind: k}
	switch k {
	case membership.Join:
		m.Priority = drawEnum(t, "priority", membership.High)
		m.Degree = rapid.Uint8().Draw(t, "degree")
		m.Peer, m.Sample = drawPeer(t), drawSample(t)
	case membership.JoinReply:
		m.Verdict = drawEnum(t, "verdict", membership.Undialable)
		m.Incarnation = rapid.Uint64Min(1).Draw(t, "incarnation")
		m.Peer, m.Sample = drawPeer(t), drawSample(t)
	case membership.ForwardJoin:
		m.TTL = membership.TTL(rapid.Uint8().Draw(t, "ttl"))
		m.Priority = drawEnum(t, "priority", membership.High)
		m.Peer = drawPeer(t)
	case membership.Neighbor:
		m.Priority = drawEnum(t, "priority", membership.Swap)
		m.Request = rapid.Uint32Min(1).Draw(t, "request")
		m.Degree = rapid.Uint8().Draw(t, "degree")
	case membership.NeighborReply:
		m.Verdict = drawEnum(t, "verdict", membership.Refused)
		m.Request = rapid.Uint32Min(1).Draw(t, "request")
		m.Degree = rapid.Uint8().Draw(t, "degree")
		m.Peer, m.Sample = drawPeer(t), drawSample(t)
	case membership.Disconnect:
		m.Reason = drawEnum(t, "reason", membership.Superseded)
		m.Sample = drawSample(t)
		if rapid.Bool().Draw(t, "peer") {
			m.Peer = drawPeer(t)
		}
	case membership.Shuffle:
		m.Request = rapid.Uint32Min(1).Draw(t, "request")
		m.TTL = membership.TTL(rapid.Uint8().Draw(t, "ttl"))
		m.Peer, m.Sample = drawPeer(t), drawSample(t)
	case membership.ShuffleReply:
		m.Request = rapid.Uint32Min(1).Draw(t, "request")
		m.Sample = drawSample(t)
	case membership.Heartbeat:
		m.Active = rapid.Bool().Draw(t, "active")
		m.Degree = rapid.Uint8().Draw(t, "degree")
		m.Sent = drawDuration(t, time.Microsecond)
		m.Echo = drawDuration(t, time.Microsecond)
		m.Held = drawDuration(t, time.Microsecond)
	}
	return m
}

func drawEnum[E ~uint8](t *rapid.T, label string, last E) E {
	return E(rapid.Uint8Range(1, uint8(last)).Draw(t, label))
}

func drawDuration(t *rapid.T, unit time.Duration) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(wire.MaxDuration/unit)).Draw(t, "duration")) * unit
}

func drawPeer(t *rapid.T) *views.Peer {
	return &views.Peer{
		ID:          rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(t, "ID"),
		Incarnation: rapid.Uint64Min(1).Draw(t, "incarnation"),
		Addr:        rapid.StringMatching(`[a-z][a-z0-9.]{0,40}:[1-9][0-9]{0,3}`).Draw(t, "addr"),
		NATS:        rapid.StringMatching(`(nats://[a-z]{1,200})?`).Draw(t, "NATS"),
		Zone:        rapid.StringMatching(`[a-z]{0,64}`).Draw(t, "zone"),
		Meta:        string(rapid.SliceOfN(rapid.Byte(), 0, views.MaxMeta).Draw(t, "meta")),
	}
}

// drawSample draws a sample that fits a frame, nil when it is empty.
func drawSample(t *rapid.T) []views.Sighting {
	n := rapid.IntRange(0, 4).Draw(t, "sample")
	if n == 0 {
		return nil
	}
	sample := make([]views.Sighting, n)
	for i := range sample {
		sample[i] = views.Sighting{Peer: drawPeer(t), Age: drawDuration(t, time.Second)}
	}
	return sample
}
