package natsbridge_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// A subscriber at every node gets what clients of several nodes publish: once, in order, and
// what its pattern stands for only.
func TestPublishToAll(t *testing.T) {
	const nodes, messages = 16, 50
	b := run(t, nodes)
	patterns := []string{"orders.*.new", "orders.>", "orders.eu.new"}
	subs := make([]*nats.Subscription, nodes)
	for i := range nodes {
		subs[i] = inbox(t, b.client(i), patterns[i%len(patterns)])
	}
	publishers := []int{0, 7}
	for _, p := range publishers {
		b.wanted(p, "orders.eu.new", nodes-1)
	}
	for _, p := range publishers {
		nc := b.client(p)
		for i := range messages {
			publish(t, nc, "orders.eu.new", fmt.Sprintf("%d %d", p, i))
			publish(t, nc, "orders.eu.old.x", "too deep for one pattern")
		}
	}
	for i, sub := range subs {
		seen := make(map[int]int)
		want := messages * len(publishers)
		if sub.Subject == "orders.>" {
			want *= 2
		}
		for range want {
			m := next(t, sub)
			var p, number int
			if m.Subject != "orders.eu.new" {
				continue
			}
			if _, err := fmt.Sscan(string(m.Data), &p, &number); err != nil || number != seen[p] {
				t.Fatalf("node %d: %q of %d after %d", i, m.Data, p, seen[p])
			}
			seen[p]++
		}
	}
	b.nothing(0, 5, subs[5])
	b.nothing(7, 0, subs[0])
}

// A message of the largest size comes through, with and without a header.
func TestLargeMessages(t *testing.T) {
	b := run(t, 3)
	sub := inbox(t, b.client(2), "large")
	b.wanted(0, "large", 1)
	nc := b.client(0)
	payload := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := nc.Publish("large", payload); err != nil {
		t.Fatal(err)
	}
	if m := next(t, sub); !bytes.Equal(m.Data, payload) {
		t.Errorf("%d bytes came", len(m.Data))
	}
	header := nats.Header{"Kind": {"large"}}
	if err := nc.PublishMsg(&nats.Msg{Subject: "large", Header: header, Data: payload[:1<<20-100]}); err != nil {
		t.Fatal(err)
	}
	if m := next(t, sub); m.Header.Get("Kind") != "large" || len(m.Data) != 1<<20-100 {
		t.Errorf("%d bytes came with %v", len(m.Data), m.Header)
	}
}

// raw is a client that does not interpret headers.
func raw(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil { // INFO
		t.Fatal(err)
	}
	say(t, conn, r, "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n")
	return conn, r
}

// say writes lines, and waits until the server has taken them.
func say(t *testing.T, conn net.Conn, r *bufio.Reader, lines string) {
	t.Helper()
	if _, err := io.WriteString(conn, lines+"PING\r\n"); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "PONG\r\n" {
			return
		}
	}
}

// Headers come as they were sent, byte for byte: case, order, repetition, white space.
func TestHeadersAreExact(t *testing.T) {
	b := run(t, 3)
	to, reader := raw(t, b.Node(2).Server().URL())
	say(t, to, reader, "SUB exact 1\r\n")
	b.wanted(0, "exact", 1)
	header := "NATS/1.0\r\nb:  two spaces\r\nA: 1\r\na: 2\r\nA: 3\r\nTraceparent:00-x-01\r\nempty:\r\n\r\n"
	from, answers := raw(t, b.Node(0).Server().URL())
	say(t, from, answers, fmt.Sprintf("HPUB exact %d %d\r\n%spayload\r\n", len(header), len(header)+7, header))
	line, err := reader.ReadString('\n')
	if want := fmt.Sprintf("HMSG exact 1 %d %d\r\n", len(header), len(header)+7); err != nil || line != want {
		t.Fatalf("the line is %q, want %q: %v", line, want, err)
	}
	got := make([]byte, len(header)+9)
	if _, err := io.ReadFull(reader, got); err != nil || string(got) != header+"payload\r\n" {
		t.Errorf("it came as %q: %v", got, err)
	}
}

// Once nobody elsewhere wants a subject, its messages stay at their server.
func TestUnsubscribe(t *testing.T) {
	b := run(t, 3)
	far := b.client(1)
	sub := inbox(t, far, "news")
	b.wanted(0, "news", 1)
	nc := b.client(0)
	publish(t, nc, "news", "one")
	next(t, sub)
	if err := errors.Join(sub.Unsubscribe(), far.Flush()); err != nil {
		t.Fatal(err)
	}
	refused(t, nc, "news")
	before := b.Node(0).Bridge().Stats().Exported
	publish(t, nc, "news", "two", "three")
	if after := b.Node(0).Bridge().Stats().Exported; after != before {
		t.Errorf("%d messages went out that nobody wants", after-before)
	}
}

// Reserved subjects stay where they are, whatever somebody subscribes to.
func TestReservedSubjectsStay(t *testing.T) {
	b := run(t, 3)
	all := inbox(t, b.client(1), ">")
	b.wanted(0, "anything", 1)
	nc := b.client(0)
	for _, subject := range []string{"$JS.API.INFO", "$KV.a", "_INBOX.a.b", "$SRV.PING", "kith.demo.join", "_R_.x", "$O.x"} {
		publish(t, nc, subject, "stays")
	}
	publish(t, nc, "anything", "goes")
	if m := next(t, all); m.Subject != "anything" {
		t.Errorf("%s came", m.Subject)
	}
	if strings.HasPrefix(all.Subject, "_") {
		t.Error("unreachable")
	}
}
