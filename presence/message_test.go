// The bytes of messages, and what is no message.

package presence_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// messages are one of each kind, and the bytes of docs/wire.md.
func messages() map[string]presence.Message {
	n1 := &views.Peer{ID: "n1", Incarnation: 1700000000000, Addr: "10.0.0.1:7946"}
	const n1Bytes = "01026e31" + "020680d095ffbc31" + "030d31302e302e302e313a37393436"
	return map[string]presence.Message{
		"01" + "0104" + "8087a70e" + "021b" + n1Bytes: {Kind: presence.Announce, TTL: 30 * time.Second, Peer: n1},
		"02" + "0104" + "8087a70e":                    {Kind: presence.Leave, TTL: 30 * time.Second},
		"03":                                          {Kind: presence.Ask},
		"03" + "03026d39":                             {Kind: presence.Ask, After: "m9"},
		"04" + "03026d39" + "040101" + "050101" + "0623" + "011b" + n1Bytes + "0204c096b102": {
			Kind: presence.Page, After: "m9", More: true, Partial: true, Told: []presence.Told{{Peer: n1, Left: 5 * time.Second}},
		},
		"04": {Kind: presence.Page},
	}
}

func TestGoldenMessages(t *testing.T) {
	for want, m := range messages() {
		if got := hex.EncodeToString(presence.AppendMessage(nil, &m)); got != want {
			t.Errorf("kind %d is written as\n%s, want\n%s", m.Kind, got, want)
		}
		data, err := hex.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := presence.ParseMessage(data)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s is read as %+v, %v", want, got, err)
		}
		clear(data)
		if !reflect.DeepEqual(got, m) {
			t.Errorf("what is read of %s shares its memory", want)
		}
	}
}

// The example in docs/wire.md is one of them.
func TestDocumentedMessage(t *testing.T) {
	page, err := os.ReadFile("../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(page), "; presence Announce\n")
	if !found {
		t.Fatal("docs/wire.md shows no message of presence")
	}
	example, _, _ = strings.Cut(example, "```")
	text := "01"
	for line := range strings.Lines(example) {
		digits, _, _ := strings.Cut(line, ";")
		text += strings.ReplaceAll(strings.TrimSpace(digits), " ", "")
	}
	if _, found := messages()[text]; !found {
		t.Errorf("the example is %s, which is none of the messages", text)
	}
}

func TestMessagesSkipWhatTheyDoNotKnow(t *testing.T) {
	data := presence.AppendMessage(nil, &presence.Message{Kind: presence.Ask, After: "a"})
	data = wire.AppendString(data, 99, "from a later version")
	data = wire.AppendString(data, 3, "no ID, and a duplicate")
	data = wire.AppendString(data, 6, "nothing that an Ask has")
	if m, err := presence.ParseMessage(data); err != nil || m.After != "a" || m.Told != nil {
		t.Errorf("read as %+v, %v", m, err)
	}
}

func TestFaultsOfMessages(t *testing.T) {
	told := func(left time.Duration, ids ...string) []byte {
		m := presence.Message{Kind: presence.Page}
		for _, id := range ids {
			m.Told = append(m.Told, presence.Told{Peer: peer(id), Left: left})
		}
		return presence.AppendMessage(nil, &m)
	}
	many := make([]string, presence.MaxTold+1)
	for i := range many {
		many[i] = fmt.Sprintf("n%04d", i)
	}
	for name, data := range map[string][]byte{
		"nothing":            nil,
		"no kind":            {0},
		"another kind":       {5},
		"too long":           append([]byte{3}, wire.AppendBytes(nil, 99, make([]byte, presence.MaxMessage))...),
		"no TTL":             {2},
		"a short TTL":        wire.AppendDuration([]byte{2}, 1, time.Second-time.Microsecond),
		"no peer":            wire.AppendDuration([]byte{1}, 1, time.Second),
		"a bad peer":         wire.AppendString([]byte{1}, 2, "\x01\x01."),
		"a bad cursor":       wire.AppendString([]byte{3}, 3, "a.b"),
		"an empty cursor":    wire.AppendString([]byte{3}, 3, ""),
		"a long cursor":      wire.AppendString([]byte{3}, 3, strings.Repeat("x", 65)),
		"a bad bool":         wire.AppendUint([]byte{4}, 4, 2),
		"no time left":       told(0, "a"),
		"an entry of nobody": wire.AppendBytes([]byte{4}, 6, wire.AppendDuration(nil, 2, time.Second)),
		"a bad entry":        wire.AppendBytes([]byte{4}, 6, []byte{1}),
		"no order":           told(time.Second, "b", "a"),
		"twice":              told(time.Second, "a", "a"),
		"before the cursor":  append(wire.AppendString([]byte{4}, 3, "b"), told(time.Second, "a")[1:]...),
		"too many":           told(time.Second, many...),
		"cut off":            told(time.Second, "a")[:10],
	} {
		if m, err := presence.ParseMessage(data); !errors.Is(err, wire.ErrMalformed) || !reflect.DeepEqual(m, presence.Message{}) {
			t.Errorf("%s: %+v, %v, want an error that matches ErrMalformed", name, m, err)
		}
	}
	if _, err := presence.ParseMessage(told(time.Second, many[1:]...)); err != nil {
		t.Errorf("as many as there may be: %v", err)
	}
}

// A page of the largest nodes keeps the limit.
func TestLargestPage(t *testing.T) {
	d := start(t, presence.Config{})
	for i := range 40 {
		p := &views.Peer{
			ID: fmt.Sprintf("%064d", i), Incarnation: 1<<64 - 1, Addr: strings.Repeat("a", 249) + ":65535",
			NATS: strings.Repeat("n", views.MaxNATS), Zone: strings.Repeat("z", views.MaxZone), Meta: strings.Repeat("m", views.MaxMeta),
		}
		d.hear(p, false, &presence.Message{Kind: presence.Announce, TTL: 10 * time.Minute, Peer: p})
	}
	d.hear(peer("a"), true, &presence.Message{Kind: presence.Ask, After: strings.Repeat("0", 64)})
	_, m := d.said(presence.Page) // step checks its size
	if m == nil || !m.More || len(m.Told) < 25 {
		t.Errorf("the page has %d entries", len(m.Told))
	}
}

// FuzzParseMessage checks that whatever can be read is within bounds, and is written and
// read back as the same, and that a directory survives it.
func FuzzParseMessage(f *testing.F) {
	for text := range messages() {
		data, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(testkit.Around(func(t *testing.T, data []byte) {
		d := start(t, presence.Config{MaxNodes: 3})
		d.meet("n1")
		for _, from := range []string{"n1", "n2"} {
			for _, direct := range []bool{false, true} {
				d.step(presence.Input{Kind: presence.Heard, From: from, Incarnation: 1700000000000, Direct: direct, Data: data})
			}
		}
		d.until(time.Minute)

		var m presence.Message
		var err error
		testkit.Greed(t, len(data), func() { m, err = presence.ParseMessage(data) })
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("error %v is of no known sort", err)
			}
			return
		}
		again := presence.AppendMessage(nil, &m)
		if len(again) > len(data) || len(m.Told) > presence.MaxTold {
			t.Fatalf("%d bytes are written back as %d", len(data), len(again))
		}
		back, err := presence.ParseMessage(again)
		if err != nil || !reflect.DeepEqual(back, m) || !bytes.Equal(presence.AppendMessage(nil, &back), again) {
			t.Fatalf("% x is read as %+v and read back as %+v, %v", data, m, back, err)
		}
	}))
}
