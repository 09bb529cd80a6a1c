// The hello's bytes, and bytes that are none.

package tcptransport

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

func someHello() hello {
	return hello{
		cluster: "c", purpose: purposeLink, min: 1, max: 1, expected: "b",
		peer: &views.Peer{ID: "a", Incarnation: 300, Addr: "h:1"},
	}
}

func someReply() reply {
	return reply{
		verdict: VerdictStale, incarnation: 7, detail: "d",
		peer: &views.Peer{ID: "b", Incarnation: 1, Addr: "h:2"},
	}
}

func TestGoldenHello(t *testing.T) {
	h, r := someHello(), someReply()
	for _, test := range []struct {
		frame []byte
		want  string
	}{
		{
			encodeHello(&h),
			"0000002501f0" + "01046b697468" + "020163" + "030101" + "040101" + "050101" +
				"060c" + "010161" + "0202ac02" + "0303683a31" + "070162",
		},
		{
			encodeReply(&r),
			"0000001801f1" + "010106" + "020b" + "010162" + "020101" + "0303683a32" + "030107" + "040164",
		},
		{appendReady(nil), "0000000201f2"},
	} {
		if got := hex.EncodeToString(test.frame); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func FuzzDecodeHello(f *testing.F) {
	h := someHello()
	f.Add(encodeHello(&h)[wire.HeaderLen:])
	h.purpose, h.expected = purposeJoin, ""
	f.Add(encodeHello(&h)[wire.HeaderLen:])
	f.Fuzz(testkit.Around(func(t *testing.T, body []byte) {
		var h hello
		var err error
		testkit.Greed(t, len(body), func() { h, err = decodeHello(body) })
		if err != nil {
			if !errors.Is(err, ErrHello) {
				t.Fatalf("%v is no ErrHello", err)
			}
			return
		}
		again, err := decodeHello(encodeHello(&h)[wire.HeaderLen:])
		if err != nil || !reflect.DeepEqual(h, again) {
			t.Fatalf("%+v became %+v, %v", h, again, err)
		}
	}))
}

func FuzzDecodeReply(f *testing.F) {
	r := someReply()
	f.Add(encodeReply(&r)[wire.HeaderLen:])
	f.Add(encodeReply(&reply{verdict: VerdictOK, peer: r.peer})[wire.HeaderLen:])
	f.Fuzz(testkit.Around(func(t *testing.T, body []byte) {
		var r reply
		var err error
		testkit.Greed(t, len(body), func() { r, err = decodeReply(body) })
		if err != nil {
			if !errors.Is(err, ErrHello) {
				t.Fatalf("%v is no ErrHello", err)
			}
			return
		}
		again, err := decodeReply(encodeReply(&r)[wire.HeaderLen:])
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	}))
}

// A hello with the largest peers fits what is read of it.
func TestLargestHelloFits(t *testing.T) {
	fill := func(n int) string { return string(bytes.Repeat([]byte("x"), n)) }
	largest := &views.Peer{
		ID: fill(views.MaxID), Incarnation: 1<<64 - 1, Addr: fill(views.MaxAddr-6) + ":65535",
		NATS: fill(views.MaxNATS), Zone: fill(views.MaxZone), Meta: fill(views.MaxMeta),
	}
	if err := largest.Validate(); err != nil {
		t.Fatal(err)
	}
	h := hello{
		cluster: fill(views.MaxID), purpose: purposeLink, min: 1, max: 255,
		peer: largest, expected: fill(views.MaxID),
	}
	r := reply{verdict: VerdictRefused, peer: largest, incarnation: 1<<64 - 1, detail: fill(1000)}
	for _, frame := range [][]byte{encodeHello(&h), encodeReply(&r)} {
		if _, err := wire.ParseHeader(frame, maxHello); err != nil {
			t.Error(err)
		}
	}
}
