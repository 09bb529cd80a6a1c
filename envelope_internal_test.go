// Contents of messages: what is written comes back, and whatever comes is harmless.

package kith

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/internal/testkit"
)

func TestContentComesBackAsWritten(t *testing.T) {
	for _, header := range []nats.Header{
		nil,
		{"a": {"1"}},
		{"B": {"x", "", "x"}, "b": {"\x00\xff", "grüße"}, "": {""}},
	} {
		b := appendContent(nil, kindMessage, "orders.new", header, []byte("data"))
		e, err := parseContent(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseHeader(e.header)
		if err != nil || e.kind != kindMessage || string(e.subject) != "orders.new" || string(e.data) != "data" {
			t.Errorf("%+v, %v", e, err)
		}
		if !reflect.DeepEqual(got, header) {
			t.Errorf("header %q, want %q", got, header)
		}
	}
}

// FuzzParseContent reads arbitrary bytes. What can be read can be written to the same
// meaning.
func FuzzParseContent(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{kindMessage, 1, 'a', 0})
	f.Add([]byte{kindMessage, 1, 'a', 4, 1, 'k', 1, 'v', 'd'})
	f.Add([]byte{kindWrapped, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add(appendContent(nil, kindInternal, "presence", nats.Header{"a": {"1", "2"}}, []byte("data")))
	f.Fuzz(testkit.Around(func(t *testing.T, b []byte) {
		var e envelope
		var err error
		testkit.Greed(t, len(b), func() {
			if e, err = parseContent(b); err == nil {
				_, _ = parseHeader(e.header)
			}
		})
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Fatalf("error %v does not match ErrMessage", err)
			}
			return
		}
		header, err := parseHeader(e.header)
		if err != nil {
			return
		}
		again, err := parseContent(appendContent(nil, e.kind, string(e.subject), header, e.data))
		if err != nil || again.kind != e.kind || !bytes.Equal(again.subject, e.subject) || !bytes.Equal(again.data, e.data) {
			t.Fatalf("%+v, %v, want %+v", again, err, e)
		}
		if got, err := parseHeader(again.header); err != nil || !reflect.DeepEqual(got, header) {
			t.Fatalf("header %q, %v, want %q", got, err, header)
		}
	}))
}
