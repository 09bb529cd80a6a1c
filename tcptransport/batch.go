// What a link writes in one go.

package tcptransport

import "net"

// batch is what is to be written next: frames, or else carried. When there is
// neither there is no writer any more; it half-closes the connection if last says so.
type batch struct {
	frames  []byte
	carried net.Buffers
	last    bool
	drained bool // the channel has just fallen to its low-water mark
}

// empty reports whether nothing is to be written.
func (b *batch) empty() bool { return len(b.frames) == 0 && len(b.carried) == 0 }

// size returns how many bytes are to be written.
func (b *batch) size() int {
	size := len(b.frames)
	for _, piece := range b.carried {
		size += len(piece)
	}
	return size
}

// one returns what is to be written if it is one piece.
func (b *batch) one() []byte {
	if len(b.carried) > 0 {
		return b.carried[0]
	}
	return b.frames
}

// gather returns what is to be written in one piece, for which there is room.
func (b *batch) gather(room []byte) []byte {
	for _, piece := range b.carried {
		room = append(room, piece...)
	}
	return room
}

// after returns what is left when n bytes have been written.
func (b *batch) after(n int) batch {
	if len(b.frames) > 0 {
		return batch{frames: b.frames[n:]}
	}
	left := b.carried
	for n >= len(left[0]) {
		n -= len(left[0])
		left = left[1:]
	}
	left[0] = left[0][n:]
	return batch{carried: left}
}
