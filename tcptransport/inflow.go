// The bytes that arrive on a connection, cut into frames.

package tcptransport

import (
	"errors"
	"fmt"
	"io"

	"github.com/kithmesh/kith/wire"
)

const (
	// readBuffer is the size of a connection's read buffer while no frames of the
	// channel come: a sample of thirty ordinary peers fits.
	readBuffer = 4 << 10
	// slab is the largest of the buffers that frames of the channel are read into, and
	// stay in. Each is twice as large as the one before, so that a link that carried
	// little does not hold much.
	slab = 64 << 10
	// calmReads is after how many reads without a frame of the channel a large buffer is
	// given up: seconds, when there is nothing but heartbeats.
	calmReads = 4
	// leastRead is the least room that is read into.
	leastRead = 1 << 10
)

// inflow reads a connection into a buffer and finds the frames in it. What has been
// lent is never written again: the next bytes go behind it, or into a new buffer.
type inflow struct {
	from io.Reader
	buf  []byte
	r, w int  // what has been read and not been taken is buf[r:w]
	lent bool // somebody keeps a part of buf[:r]
	busy bool // frames of a channel were read since the last look: a larger buffer is better
	calm int  // reads since the last frame of a channel
}

func newInflow(from io.Reader) *inflow {
	return &inflow{from: from, buf: make([]byte, readBuffer)}
}

// next returns the next frame, whose length is at most limit, header included. It
// is valid until the next call, unless it is lent. An error that matches
// wire.ErrVersion has skipped the frame, after all others nothing more can be read.
func (f *inflow) next(limit int) (typ byte, frame []byte, err error) {
	if err := f.need(wire.HeaderLen); err != nil {
		if f.w > f.r && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	h, fault := wire.ParseHeader(f.buf[f.r:f.w], limit)
	if fault != nil && !errors.Is(fault, wire.ErrVersion) {
		return 0, nil, fault
	}
	whole := wire.HeaderLen + h.Body()
	if err := f.need(whole); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	frame = f.buf[f.r : f.r+whole : f.r+whole]
	f.r += whole
	return h.Type, frame, fault
}

// whole reports whether the next frame is there already, and its type. What is
// wrong with one is found by next.
func (f *inflow) whole(limit int) (typ byte, ok bool) {
	if f.w-f.r < wire.HeaderLen {
		return 0, false
	}
	h, err := wire.ParseHeader(f.buf[f.r:f.w], limit)
	return h.Type, err == nil && f.w-f.r >= wire.HeaderLen+h.Body()
}

// lend says that somebody keeps what next has returned.
func (f *inflow) lend() { f.lent, f.busy, f.calm = true, true, 0 }

// enlarge says that more long frames may come.
func (f *inflow) enlarge() { f.busy, f.calm = true, 0 }

// need reads until n bytes are there.
func (f *inflow) need(n int) error {
	for f.w-f.r < n {
		f.shrink()
		f.room(n - (f.w - f.r))
		f.calm++
		got, err := f.from.Read(f.buf[f.w:])
		f.w += got
		if err != nil && f.w-f.r < n {
			return err
		}
	}
	return nil
}

// shrink gives up a large buffer that is empty, when no frames of a channel come any more.
func (f *inflow) shrink() {
	if f.calm >= calmReads && f.r == f.w && len(f.buf) > readBuffer {
		f.buf, f.lent, f.busy = make([]byte, readBuffer), false, false
		f.r, f.w = 0, 0
	}
}

// room makes place for at least more bytes behind what is there.
func (f *inflow) room(more int) {
	left := f.buf[f.r:f.w]
	if f.lent && len(f.buf)-f.w >= max(more, leastRead) {
		return
	}
	size := readBuffer
	if f.busy {
		size, f.busy = min(2*len(f.buf), slab), false
	}
	size = max(size, len(left)+more)
	if f.lent || len(f.buf) < size || (len(f.buf) > size && len(left) == 0) {
		buf := make([]byte, size)
		copy(buf, left)
		f.buf, f.lent = buf, false
	} else {
		copy(f.buf, left)
	}
	f.r, f.w = 0, len(left)
}

// expect reads a frame of the hello, which must have the given type.
func (s *stream) expect(typ byte) ([]byte, error) {
	got, frame, err := s.in.next(maxHello)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrHello, err)
	case got != typ:
		return nil, fmt.Errorf("%w: frame of type %d, want %d", ErrHello, got, typ)
	default:
		return frame[wire.HeaderLen:], nil
	}
}
