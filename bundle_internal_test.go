// Frames with several messages: what is put in comes out, and whatever comes is harmless.

package kith

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/wire"
)

// frameOf makes a frame of contents, or of anything else.
func frameOf(before uint64, contents ...[]byte) []byte {
	frame := binary.AppendUvarint(broadcast.BeginGossip(nil, broadcast.NewLife("n", 1), 7, 3), before)
	for _, c := range contents {
		frame = append(binary.AppendUvarint(frame, uint64(len(c))), c...)
	}
	return wire.FinishFrame(frame, 0)
}

func TestBundleKeepsMessages(t *testing.T) {
	var contents [][]byte
	for _, size := range []int{0, 1, 100, 125, 128, 300, 16_383, 16_384, 70_000} {
		contents = append(contents, appendContent(nil, kindMessage, "a.b", nil, make([]byte, size)))
	}
	all, err := openBundle(frameOf(41, contents...))
	if err != nil || all.before != 41 {
		t.Fatalf("%d before, %v", all.before, err)
	}
	for i, want := range contents {
		got, err := all.next()
		if err != nil || len(got) != len(want) || cap(got) != len(got) {
			t.Fatalf("message %d: %d bytes of %d, %v, want %d", i, len(got), cap(got), err, len(want))
		}
	}
	if all.more() {
		t.Error("there is more")
	}
}

// FuzzOpenBundle takes arbitrary bytes apart as the messages of a frame.
func FuzzOpenBundle(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add([]byte{3, 4, kindMessage, 1, 'a', 0})
	f.Add([]byte{3, 4, kindMessage, 1, 'a', 0, 5, kindMessage, 1, 'a', 0, 'x', 4, kindMessage, 1, 'b', 0})
	f.Add([]byte{3, 0x85, 0, kindMessage, 1, 'a', 0, 'x', 0xff, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0})
	f.Fuzz(testkit.Around(func(t *testing.T, content []byte) {
		frame := wire.FinishFrame(append(broadcast.BeginGossip(nil, broadcast.NewLife("n", 1), 7, 3), content...), 0)
		testkit.Greed(t, len(frame), func() {
			for all, err := openBundle(frame); err == nil && all.more(); {
				_, err = all.next()
			}
		})
		all, err := openBundle(frame)
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Fatalf("error %v does not match ErrMessage", err)
			}
			return
		}
		taken := 0
		for all.more() {
			got, err := all.next()
			if taken += len(got); taken > len(content) {
				t.Fatalf("%d bytes out of %d", taken, len(content))
			}
			if err != nil && all.more() {
				t.Fatalf("goes on after %v", err)
			}
			parsed, err := parseContent(got)
			if err != nil {
				continue
			}
			if end := parsed.skip + len(parsed.header) + len(parsed.data); end >= len(got) {
				t.Fatalf("%+v in %d bytes", parsed, len(got))
			}
		}
	}))
}
