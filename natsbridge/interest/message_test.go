// The bytes of messages, and what is no message.

package interest_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/natsbridge/interest"
	"github.com/kithmesh/kith/wire"
)

// messages are those of testdata/messages.txt.
func messages() map[string]interest.Message {
	return map[string]interest.Message{
		"delta": {
			Kind: interest.Delta, Epoch: 1700000000000, From: 3, Version: 4, Group: "C1",
			Keys: changes("-orders.*", "orders.eu.>", "work workers 300"),
		},
		"delta-group": {Kind: interest.Delta, Version: 1, Group: "C1"},
		"alive":       {Kind: interest.Alive, Epoch: 2, Version: 4, Count: 2, Beat: 300, Group: "C1"},
		"alive-none":  {Kind: interest.Alive},
		"doubt":       {Kind: interest.Doubt, Node: "n2", Incarnation: 1700000000000, Epoch: 2, Beat: 301},
		"farewell":    {Kind: interest.Farewell, Epoch: 2},
		"want":        {Kind: interest.Ask, Known: []interest.Known{{Node: "n1", Incarnation: 5, Epoch: 2, Version: 4}, {Node: "n2"}}},
		"table": {
			Kind: interest.Table, Node: "n2", Incarnation: 5, Epoch: 2, Version: 4, Group: "C1", Left: 25 * time.Second,
			Index: 1, Last: 2, Keys: changes("a", "a q 1048576"),
		},
		"digest": {
			Kind: interest.Digest, After: "m", More: true,
			Known: []interest.Known{{Node: "n1", Incarnation: 5, Epoch: 2, Version: 300, Left: 25 * time.Second}},
		},
		"digest-reply": {Kind: interest.Digest, Reply: true, Known: []interest.Known{{Node: "n1", Version: 1, Left: time.Microsecond}}},
		"digest-none":  {Kind: interest.Digest},
	}
}

func TestGoldenMessages(t *testing.T) {
	text, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		golden[name] = digits
	}
	all := messages()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		data := interest.AppendMessage(nil, &m)
		if got := hex.EncodeToString(data); got != golden[name] {
			t.Errorf("testdata/messages.txt should have\n%s %s", name, got)
		}
		got, err := interest.ParseMessage(data)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
		clear(data)
		if !reflect.DeepEqual(got, m) {
			t.Errorf("what is read of %s shares its memory", name)
		}
	}
	if len(golden) != len(all) {
		t.Errorf("%d messages in the file, want %d", len(golden), len(all))
	}
}

func TestMessagesSkipWhatTheyDoNotKnow(t *testing.T) {
	data := interest.AppendMessage(nil, &interest.Message{Kind: interest.Farewell, Epoch: 3})
	data = wire.AppendString(data, 99, "from a later version")
	data = wire.AppendUint(data, 1, 4) // a duplicate
	data = wire.AppendString(data, 14, "nothing that a farewell has")
	if m, err := interest.ParseMessage(data); err != nil || m.Epoch != 3 || m.Keys != nil {
		t.Errorf("read as %+v, %v", m, err)
	}
	if m, err := interest.ParseMessage([]byte{200, 1, 2, 3}); err != nil || m.Kind != 200 {
		t.Errorf("a later kind is read as %+v, %v", m, err)
	}
}

func TestFaultsOfMessages(t *testing.T) {
	delta := func(all ...interest.Change) []byte {
		return interest.AppendMessage(nil, &interest.Message{Kind: interest.Delta, Version: 1, Keys: all})
	}
	change := func(subject, queue string, weight uint32) interest.Change {
		return interest.Change{Key: interest.Key{Subject: subject, Queue: queue}, Weight: weight}
	}
	known := func(ids ...string) []byte {
		m := interest.Message{Kind: interest.Ask}
		for _, id := range ids {
			m.Known = append(m.Known, interest.Known{Node: id})
		}
		return interest.AppendMessage(nil, &m)
	}
	table := func(m interest.Message) []byte {
		m.Kind = interest.Table
		return interest.AppendMessage(nil, &m)
	}
	many := make([]string, interest.MaxKnown+1)
	for i := range many {
		many[i] = fmt.Sprintf("n%05d", i)
	}
	field := func(kind, tag byte, value ...byte) []byte { return wire.AppendBytes([]byte{kind}, tag, value) }
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"no kind":             {0},
		"too long":            make([]byte, interest.MaxMessage+1),
		"no version":          {1},
		"a version back":      wire.AppendUint(wire.AppendUint([]byte{1}, 2, 3), 3, 3),
		"an empty subject":    delta(change("", "", 1)),
		"an empty token":      delta(change("a..b", "", 1)),
		"a dot at the end":    delta(change("a.", "", 1)),
		"a tail in between":   delta(change("a.>.b", "", 1)),
		"a space":             delta(change("a b", "", 1)),
		"a control character": delta(change("a", "q\n", 1)),
		"a long subject":      delta(change(strings.Repeat("x", interest.MaxSubject+1), "", 1)),
		"a long queue group":  delta(change("a", strings.Repeat("x", interest.MaxQueue+1), 1)),
		"a plain weight":      delta(change("a", "", 2)),
		"a high weight":       delta(change("a", "q", interest.MaxWeight+1)),
		"no order":            delta(change("b", "", 1), change("a", "", 1)),
		"a key twice":         delta(change("a", "", 1), change("a", "", 1)),
		"no keys":             wire.AppendBytes(wire.AppendUint([]byte{1}, 2, 1), 14, nil),
		"half a key":          wire.AppendBytes(wire.AppendUint([]byte{1}, 2, 1), 14, []byte{1, 'a', 0}),
		"a long number":       wire.AppendBytes(wire.AppendUint([]byte{1}, 2, 1), 14, []byte{1, 'a', 0x80, 0, 1}),
		"a bad group":         wire.AppendString([]byte{2}, 5, "a b"),
		"a long group":        wire.AppendString([]byte{2}, 5, strings.Repeat("g", interest.MaxGroup+1)),
		"doubt of nobody":     {3},
		"a bad node":          wire.AppendString([]byte{3}, 6, "a.b"),
		"no wish":             {5},
		"a bad ID":            known("a.b"),
		"no order of IDs":     known("b", "a"),
		"too many":            known(many...),
		"half a list":         field(5, 15, 1, 'a', 1),
		"a long time":         field(5, 15, 1, 'a', 1, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
		"a table of nobody":   table(interest.Message{}),
		"a page too many":     table(interest.Message{Node: "a", Index: 2, Last: 1}),
		"too many pages":      table(interest.Message{Node: "a", Last: interest.MaxPages}),
		"a weight of 0":       table(interest.Message{Node: "a", Keys: changes("-a")}),
		"more of nothing":     wire.AppendBool([]byte{7}, 12),
		"before the cursor":   append(wire.AppendString([]byte{7}, 11, "b"), known("a")[1:]...),
		"a bad bool":          field(7, 12, 2),
	} {
		if m, err := interest.ParseMessage(data); !errors.Is(err, wire.ErrMalformed) || !reflect.DeepEqual(m, interest.Message{}) {
			t.Errorf("%s: %+v, %v, want an error that matches ErrMalformed", name, m, err)
		}
	}
	if _, err := interest.ParseMessage(known(many[1:]...)); err != nil {
		t.Errorf("as many as there may be: %v", err)
	}
}

// The longest names keep the limit of a message.
func TestLargestMessages(t *testing.T) {
	d := exporter(t, interest.Config{MaxMessage: interest.MinMessage, Epoch: 1<<64 - 1})
	id := func(i int) string { return fmt.Sprintf("%064d", i) }
	for i := range 200 {
		m := interest.Message{Kind: interest.Delta, Epoch: 1<<64 - 1, Version: 1<<63 + 1, From: 1 << 63, Group: strings.Repeat("g", interest.MaxGroup)}
		d.hear(id(i)+"/18446744073709551615", &m)
		m.Version, m.From = 1, 0
		d.hear(id(1000+i)+"/18446744073709551615", &m)
		d.local(fmt.Sprintf("%0*d %s", interest.MaxSubject, i, strings.Repeat("q", interest.MaxQueue)), interest.MaxWeight)
	}
	d.wait(time.Second)
	d.up("z") // step checks the sizes
	d.hear("z", &interest.Message{Kind: interest.Ask, Known: []interest.Known{{Node: "m"}}})
	if n := len(d.only(interest.Table)); n < 50 {
		t.Errorf("%d pages", n)
	}
}

// FuzzParseMessage checks that whatever can be read is within bounds, and is written and
// read back as the same.
func FuzzParseMessage(f *testing.F) {
	for _, m := range messages() {
		f.Add(interest.AppendMessage(nil, &m))
	}
	f.Fuzz(testkit.Around(func(t *testing.T, data []byte) {
		var m interest.Message
		var err error
		testkit.Greed(t, len(data), func() { m, err = interest.ParseMessage(data) })
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("error %v is of no known sort", err)
			}
			return
		}
		again := interest.AppendMessage(nil, &m)
		if len(again) > len(data)+3 || len(m.Known) > interest.MaxKnown { // a duration of 0 may be left out
			t.Fatalf("%d bytes are written back as %d", len(data), len(again))
		}
		back, err := interest.ParseMessage(again)
		if err != nil || !reflect.DeepEqual(back, m) || !bytes.Equal(interest.AppendMessage(nil, &back), again) {
			t.Fatalf("% x is read as %+v and read back as %+v, %v", data, m, back, err)
		}
	}))
}
