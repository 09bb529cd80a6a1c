// The header of a frame, and the limits of what follows it.

package wire

import (
	"encoding/binary"
	"strconv"
)

const (
	// Version is the version of the frames that this code writes and reads.
	Version = 1
	// HeaderLen is the size of a header in bytes.
	HeaderLen = 6
	// MaxFrame is the largest length in the header of a frame of the membership
	// protocol, so that such a frame takes at most 4+MaxFrame bytes.
	MaxFrame = 64 << 10
	// MaxBody is the largest size of the fields of such a frame.
	MaxBody = MaxFrame - minLength
	// MaxPeers is the largest number of peers in one sample: twice what a
	// default passive view holds.
	MaxPeers = 64
)

const (
	lengthLen = 4                     // of the length itself, which it does not count
	minLength = HeaderLen - lengthLen // version and type
)

// Header is the beginning of a frame.
type Header struct {
	// Length is what the frame says of itself: the bytes that follow the length,
	// version and type among them.
	Length int
	// Version is the version of the frame and Type says what its fields mean.
	Version, Type byte
}

// Body returns the size of the fields, the bytes that follow the header.
func (h Header) Body() int { return h.Length - minLength }

// AppendHeader begins a frame of the given type. Its fields are appended next,
// and then [FinishFrame] fills in the length.
func AppendHeader(dst []byte, typ byte) []byte {
	return append(dst, 0, 0, 0, 0, Version, typ)
}

// FinishFrame fills in the length of the frame that begins at dst[start:] and
// ends with dst, and returns dst.
func FinishFrame(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-lengthLen))
	return dst
}

// ParseHeader reads the header at the beginning of b, which must hold at least
// [HeaderLen] bytes. A length above limit is an error that matches
// [ErrTooLarge]; the stream cannot be read any further then. Another version
// than [Version] is an error that matches [ErrVersion] and comes with the header,
// so that the caller can skip the frame.
func ParseHeader(b []byte, limit int) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, &Error{
			What: "frame header",
			Got:  strconv.Itoa(len(b)) + " bytes",
			Want: strconv.Itoa(HeaderLen),
		}
	}
	length := uint64(binary.BigEndian.Uint32(b))
	if length < minLength {
		return Header{}, &Error{
			What: "frame length",
			Got:  strconv.FormatUint(length, 10),
			Want: "at least " + strconv.Itoa(minLength),
		}
	}
	if limit < 0 || length > uint64(limit) {
		return Header{}, TooLarge("frame length", strconv.FormatUint(length, 10), "at most "+strconv.Itoa(limit))
	}
	h := Header{Length: int(length), Version: b[4], Type: b[5]}
	if h.Version != Version {
		return h, &Error{
			What:  "frame version",
			Got:   strconv.Itoa(int(h.Version)),
			Want:  strconv.Itoa(Version),
			cause: ErrVersion,
		}
	}
	return h, nil
}
