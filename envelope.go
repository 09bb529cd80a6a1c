// What a message of the application looks like inside a frame of the broadcast.

package kith

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/nats-io/nats.go"
)

// The first byte of a content says what it is.
const (
	kindMessage  byte = 1 + iota // of the application
	kindWrapped                  // a frame for one node, to which no way was known
	kindInternal                 // of Kith itself
	kindPlane                    // of a [Plane]
)

// ErrPayload is matched by the error for a message that is longer than
// [Config.MaxPayload].
var ErrPayload = errors.New("kith: payload too long")

// errContent is matched by the errors for contents that are not well formed.
var errContent = fmt.Errorf("%w: content of a broadcast", ErrMessage)

// envelope is a content that has been taken apart. Its slices belong to the frame.
type envelope struct {
	kind    byte
	skip    int    // the length of what comes before the header
	subject []byte // of a wrapped frame: the ID of the node that it is for
	header  []byte
	data    []byte // of a wrapped frame: the frame
}

// appendContent appends a content.
func appendContent(dst []byte, kind byte, subject string, header nats.Header, data []byte) []byte {
	dst = append(dst, kind)
	dst = binary.AppendUvarint(dst, uint64(len(subject)))
	dst = append(dst, subject...)
	dst = binary.AppendUvarint(dst, uint64(headerSize(header)))
	for _, key := range sortedKeys(header) {
		for _, value := range header[key] {
			dst = appendText(appendText(dst, key), value)
		}
	}
	return append(dst, data...)
}

// contentSize is the length of what appendContent appends.
func contentSize(subject string, header nats.Header, data []byte) int {
	size := headerSize(header)
	return 1 + uvarintSize(len(subject)) + len(subject) + uvarintSize(size) + size + len(data)
}

func sortedKeys(header nats.Header) []string {
	if len(header) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(header))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func headerSize(header nats.Header) int {
	size := 0
	for key, values := range header {
		for _, value := range values {
			size += textSize(key) + textSize(value)
		}
	}
	return size
}

func textSize(s string) int { return uvarintSize(len(s)) + len(s) }

// uvarintSize is how many bytes a number takes.
func uvarintSize(n int) int { return (max(bits.Len(uint(n)), 1) + 6) / 7 }

// parseContent takes a content apart. The header is looked into only when somebody
// wants the message.
func parseContent(content []byte) (e envelope, err error) {
	if len(content) == 0 || content[0] < kindMessage || content[0] > kindPlane {
		return envelope{}, fmt.Errorf("%w: unknown kind", errContent)
	}
	e.kind = content[0]
	rest := content[1:]
	if e.subject, rest, err = cutText(rest, MaxSubject); err != nil {
		return envelope{}, fmt.Errorf("%w: subject: %w", errContent, err)
	}
	e.skip = len(content) - len(rest)
	if e.header, e.data, err = cutText(rest, len(rest)); err != nil {
		return envelope{}, fmt.Errorf("%w: header: %w", errContent, err)
	}
	return e, nil
}

// cutText returns a piece that follows its length.
func cutText(b []byte, most int) (piece, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(most) || size > uint64(len(b)-n) {
		return nil, nil, fmt.Errorf("length %d in %d bytes, want at most %d", size, len(b), most)
	}
	end := n + int(size)
	return b[n:end:end], b[end:], nil
}

// parseHeader reads the header of a message, nil when there is none.
func parseHeader(b []byte) (nats.Header, error) {
	if len(b) == 0 {
		return nil, nil
	}
	header := make(nats.Header)
	for len(b) > 0 {
		key, rest, err := cutText(b, len(b))
		if err != nil {
			return nil, fmt.Errorf("%w: header: %w", errContent, err)
		}
		value, rest, err := cutText(rest, len(rest))
		if err != nil {
			return nil, fmt.Errorf("%w: header: %w", errContent, err)
		}
		header[string(key)] = append(header[string(key)], string(value))
		b = rest
	}
	return header, nil
}
