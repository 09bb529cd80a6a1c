// Messages to and from nodes in this process.

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kithmesh/kith"
)

// say runs one of the commands that join for a moment, and returns what it printed.
func say(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if status := run(t.Context(), args, stdio{out: &out, err: &err, env: vars(nil)}); status != exitFine {
		t.Errorf("%q: status %d: %s", args, status, err.String())
	}
	return out.String()
}

func TestMessagesReachNodes(t *testing.T) {
	a := startNode(t, "--id", "a", "--contact", "127.0.0.1:1")
	contact := a.await(t, "ready").Addr
	b := startNode(t, "--id", "b", "--contact", contact, "--subscribe", "orders.>")
	b.await(t, "neighbor_up")

	say(t, "pub", "orders.new", "seven", "--contact", contact, "--id", "visitor")
	for _, n := range []*runningNode{a, b} {
		if m := n.await(t, "message"); m.Subject != "orders.new" || m.From != "visitor" || m.Data != "seven" || m.Direct {
			t.Errorf("message %+v", m)
		}
	}
	say(t, "pub", "greetings", "hello", "--contact", contact)
	say(t, "send", "b", "orders.new", "eight", "--contact", contact, "--id", "visitor")
	if m := b.await(t, "message"); m.Data != "eight" || !m.Direct || m.From != "visitor" {
		t.Errorf("message %+v", m)
	}
	if m := a.await(t, "message"); m.Data != "hello" {
		t.Errorf("message %+v", m)
	}
}

func TestSubPrints(t *testing.T) {
	contact := startNode(t, "--id", "a", "--contact", "127.0.0.1:1").await(t, "ready").Addr
	out := make(chan string, 1)
	ready := startCommand(t, func(status int, text string) {
		if status != exitFine {
			t.Errorf("status %d", status)
		}
		out <- text
	}, "sub", "orders.*", "--count", "2", "--json", "--contact", contact, "--id", "me", "--log-format", "json")
	if got := ready.await(t, "ready"); got.ID != "me" {
		t.Errorf("ready: %+v", got)
	}
	say(t, "pub", "orders.new", "se\tven", "--contact", contact, "--id", "visitor")
	say(t, "pub", "greetings", "hello", "--contact", contact)
	say(t, "send", "me", "orders.old", "eight", "--contact", contact)
	var all []printed
	for d := json.NewDecoder(strings.NewReader(<-out)); d.More(); {
		var m printed
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if len(all) != 2 || all[0].Data != "se\tven" || all[0].From != "visitor" || all[0].Sequence != 1 || all[0].Direct ||
		all[1].Subject != "orders.old" || !all[1].Direct {
		t.Errorf("printed %+v", all)
	}
}

func TestNobodyToTalkTo(t *testing.T) {
	ns := startServer(t)
	for want, args := range map[string][]string{
		"nobody of cluster none found after 50 ms": {"-s", ns.URL(), "--cluster", "none", "--timeout", "50ms"},
		"is the server running":                    {"-s", "nats://127.0.0.1:1"},
	} {
		var err bytes.Buffer
		args = append([]string{"pub", "a", "b"}, args...)
		status := run(t.Context(), args, stdio{out: &err, err: &err, env: vars(nil)})
		if status != exitFault || !strings.Contains(err.String(), want) {
			t.Errorf("status %d, %q lacks %q", status, err.String(), want)
		}
	}
}

func TestMessagesArePrintedSafely(t *testing.T) {
	for _, c := range []struct {
		message kith.Message
		want    string
	}{
		{kith.Message{Subject: "a.b", Origin: "n", Data: []byte("grüße")}, "a.b from n: grüße\n"},
		{kith.Message{Subject: "a", Origin: "n", Direct: true}, "a from n to this node: \n"},
		{kith.Message{Subject: "a", Origin: "n", Data: []byte("\x1b[2J")}, `a from n: "\x1b[2J"` + "\n"},
		{kith.Message{Subject: "a", Origin: "n", Data: []byte("two\nlines")}, `a from n: "two\nlines"` + "\n"},
		{kith.Message{Subject: "a", Origin: "n", Data: []byte{0xff}}, `a from n: "\xff"` + "\n"},
	} {
		var out bytes.Buffer
		p := printer{out: &out}
		if err := p.line(&c.message); err != nil || out.String() != c.want {
			t.Errorf("%q, %v, want %q", out.String(), err, c.want)
		}
	}
}
