package natsbridge

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
)

func TestMessageRoundTrip(t *testing.T) {
	for _, m := range []message{
		{subject: []byte("a")},
		{subject: []byte("a.b"), reply: []byte("_INBOX.x"), data: []byte("payload")},
		{subject: []byte("a"), header: 12, data: []byte("NATS/1.0\r\n\r\npayload")},
		{subject: []byte("a"), queues: []served{{[]byte("workers"), []byte("n1")}, {[]byte("audit"), []byte("n2")}}, data: []byte("x")},
	} {
		var got message
		if err := got.parse(appendMessage(nil, &m)); err != nil {
			t.Errorf("%s: %v", m.subject, err)
			continue
		}
		if again := appendMessage(nil, &got); !bytes.Equal(again, appendMessage(nil, &m)) || !bytes.Equal(got.data, m.data) {
			t.Errorf("%s became %q", m.subject, again)
		}
	}
}

// What could smuggle a line of the protocol into a server is refused.
func TestMessageRefuses(t *testing.T) {
	valid := message{subject: []byte("a"), reply: []byte("b"), queues: []served{{[]byte("q"), []byte("n")}}, data: []byte("x")}
	for name, change := range map[string]func(*message){
		"a subject with a line break": func(m *message) { m.subject = []byte("a 1\r\nLS+ >") },
		"an empty subject":            func(m *message) { m.subject = nil },
		"a wildcard":                  func(m *message) { m.subject = []byte("a.*") },
		"a reply with a space":        func(m *message) { m.reply = []byte("a b") },
		"a queue with a space":        func(m *message) { m.queues[0].queue = []byte("a b") },
		"a node with a dot":           func(m *message) { m.queues[0].node = []byte("a.b") },
		"a header beyond the end":     func(m *message) { m.header = 2 },
	} {
		m := valid
		m.queues = []served{valid.queues[0]}
		change(&m)
		var got message
		if err := got.parse(appendMessage(nil, &m)); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range [][]byte{nil, {0}, {0x88, 1, 'a', 0}, {withQueues, 1, 'a', 0, 0}, {withQueues, 1, 'a', 65}, {0, 200, 1}} {
		if err := new(message).parse(b); !errors.Is(err, ErrMessage) {
			t.Errorf("%q: %v", b, err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(appendMessage(nil, &message{subject: []byte("a.b"), reply: []byte("r"), header: 3, data: []byte("headdata")}))
	f.Add(appendMessage(nil, &message{subject: []byte("a"), queues: []served{{[]byte("q"), []byte("n1")}}}))
	f.Fuzz(testkit.Around(func(t *testing.T, b []byte) {
		var m message
		var err error
		testkit.Greed(t, len(b), func() { err = m.parse(b) })
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Fatal(err)
			}
			return
		}
		var again message
		if err := again.parse(appendMessage(nil, &m)); err != nil || !bytes.Equal(again.subject, m.subject) || again.header != m.header {
			t.Fatalf("%q became %q: %v", b, appendMessage(nil, &m), err)
		}
	}))
}

func TestReplies(t *testing.T) {
	subject := appendReply(nil, "n1", []byte("_INBOX.a.b"))
	if string(subject) != "_KITH_.n1._INBOX.a.b" {
		t.Errorf("it is %s", subject)
	}
	if node, reply, ok := cutReply(subject); !ok || node != "n1" || string(reply) != "_INBOX.a.b" {
		t.Errorf("it was %s at %s, %v", reply, node, ok)
	}
	if again := appendReply(nil, "n2", subject); !bytes.Equal(again, subject) {
		t.Errorf("passed on it is %s", again)
	}
	for s, want := range map[string]bool{
		"_INBOX.a": true, "any.thing": true, "_R_.x": true, "$JS.ACK.s.c.1": true, "kithless": true,
		"$JS.API.STREAM.DELETE.S": false, "$SYS.REQ.x": false, "_KITH_.n.x": false, "kith.demo.join": false,
	} {
		if answerable([]byte(s)) != want {
			t.Errorf("a reply on %s is allowed: %v", s, !want)
		}
	}
	for _, s := range []string{"_INBOX.a", "_KITH_.n1", "_KITH_..a", "_KITH_.n1.", "_KITH_"} {
		if _, _, ok := cutReply([]byte(s)); ok {
			t.Errorf("%s is a reply", s)
		}
	}
}
