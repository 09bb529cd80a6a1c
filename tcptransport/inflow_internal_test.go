// How much memory a connection's read buffer takes.

package tcptransport

import (
	"bytes"
	"io"
	"testing"

	"github.com/kithmesh/kith/wire"
)

// trickle brings one frame of that many bytes a read, for ever.
type trickle struct{ frame, rest []byte }

func newTrickle(size int) *trickle {
	return &trickle{frame: wire.FinishFrame(append(wire.AppendHeader(nil, 1), make([]byte, size-wire.HeaderLen)...), 0)}
}

func (t *trickle) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		t.rest = t.frame
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// take reads frames, and keeps them if they are lent.
func take(tb testing.TB, f *inflow, frames int, lend bool) {
	tb.Helper()
	for range frames {
		if _, _, err := f.next(wire.MaxFrame); err != nil {
			tb.Fatal(err)
		}
		if lend {
			f.lend()
		}
	}
}

// A buffer grows with what the channel brings, and is given up when only heartbeats come.
func TestBufferFollowsTheTraffic(t *testing.T) {
	const size = 1024
	from := newTrickle(size)
	f := newInflow(from)
	if len(f.buf) != readBuffer {
		t.Fatalf("%d bytes at first", len(f.buf))
	}
	take(t, f, 2, true)
	if len(f.buf) != readBuffer {
		t.Errorf("%d bytes after 2 KiB", len(f.buf))
	}
	take(t, f, 10, true)
	if len(f.buf) > 4*readBuffer {
		t.Errorf("%d bytes after 12 KiB", len(f.buf))
	}
	take(t, f, 200, true)
	if len(f.buf) != slab {
		t.Errorf("%d bytes after 212 KiB, want %d", len(f.buf), slab)
	}
	take(t, f, calmReads-1, false)
	if len(f.buf) != slab {
		t.Errorf("%d bytes after a short pause", len(f.buf))
	}
	take(t, f, 2, false)
	if len(f.buf) != readBuffer {
		t.Errorf("%d bytes at rest, want %d", len(f.buf), readBuffer)
	}
	take(t, f, 1000, false)
	if len(f.buf) != readBuffer {
		t.Errorf("%d bytes after a thousand heartbeats", len(f.buf))
	}
}

// What has been lent stays what it was, whatever comes of the buffer.
func TestLentFramesStay(t *testing.T) {
	var stream []byte
	for i := range 300 {
		body := bytes.Repeat([]byte{byte(i)}, 10+i*7%1500)
		stream = append(stream, wire.FinishFrame(append(wire.AppendHeader(nil, 1), body...), 0)...)
	}
	f := newInflow(&chunks{bytes.NewReader(stream), 0})
	var lent [][]byte
	for i := 0; ; i++ {
		_, frame, err := f.next(wire.MaxFrame)
		if err != nil {
			break
		}
		if i%9 < 3 { // and then some that nobody keeps
			f.lend()
			lent = append(lent, frame)
		}
	}
	if len(lent) != 102 {
		t.Fatalf("%d frames", len(lent))
	}
	for i, frame := range lent {
		number := i/3*9 + i%3
		body := frame[wire.HeaderLen:]
		if len(body) != 10+number*7%1500 || !bytes.Equal(body, bytes.Repeat([]byte{byte(number)}, len(body))) {
			t.Fatalf("frame %d has changed: %d bytes, %x", number, len(body), body[:4])
		}
	}
}

// chunks reads pieces of very different sizes.
type chunks struct {
	from io.Reader
	n    int
}

func (c *chunks) Read(p []byte) (int, error) {
	c.n++
	return c.from.Read(p[:min(len(p), 1+c.n*c.n%900)])
}

// BenchmarkInflow reads frames of the channel as they come at full speed.
func BenchmarkInflow(b *testing.B) {
	frame := newTrickle(1024).frame
	f := newInflow(&endless{frames: bytes.Repeat(frame, 64)})
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		take(b, f, 1, true)
	}
}

// endless repeats a number of frames.
type endless struct {
	frames []byte
	at     int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.frames[e.at:])
	e.at = (e.at + n) % len(e.frames)
	return n, nil
}
