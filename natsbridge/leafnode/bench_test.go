// What parsing, publishing and reading cost.

package leafnode_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

func BenchmarkParse(b *testing.B) {
	data := strings.Repeat("x", 128) + "\r\n"
	for name, line := range map[string]string{
		"plain":  "LMSG orders.eu.1234 128\r\n" + data,
		"reply":  "LMSG orders.eu.1234 _INBOX.abcdefghijkl.1 128\r\n" + data,
		"queues": "LMSG orders.eu.1234 + _INBOX.abcdefghijkl.1 workers audit 128\r\n" + data,
		"header": "HMSG orders.eu.1234 12 128\r\n" + data,
	} {
		b.Run(name, func(b *testing.B) {
			p := leafnode.Parser{MaxPayload: 1024}
			var op leafnode.Op
			input := []byte(line)
			b.ReportAllocs()
			b.SetBytes(int64(len(input)))
			for b.Loop() {
				if n, err := p.Next(input, &op); n != len(input) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// mill is a connection that says its part again and again, or nothing after the
// greeting, and takes whatever is written.
type mill struct {
	net.Conn
	greeting io.Reader
	again    []byte
	limit    int // how many bytes of again to say
	at       int
	once     sync.Once
	closed   chan struct{}
}

func (m *mill) Read(b []byte) (int, error) {
	if n, err := m.greeting.Read(b); err == nil {
		return n, nil
	}
	n := 0
	for n < len(b) && m.limit > 0 {
		k := copy(b[n:], m.again[m.at:])
		k = min(k, m.limit)
		m.at = (m.at + k) % len(m.again)
		m.limit -= k
		n += k
	}
	if n > 0 {
		return n, nil
	}
	<-m.closed
	return 0, io.EOF
}

func (m *mill) Write(b []byte) (int, error)      { return len(b), nil }
func (m *mill) Close() error                     { m.once.Do(func() { close(m.closed) }); return nil }
func (m *mill) SetDeadline(time.Time) error      { return nil }
func (m *mill) SetWriteDeadline(time.Time) error { return nil }

func grind(b *testing.B, r *recorder, m *mill) *leafnode.Conn {
	b.Helper()
	m.greeting, m.closed = strings.NewReader(fakeInfo+fakeConnect+"PONG\r\n"), make(chan struct{})
	c, err := leafnode.New(leafnode.Config{
		URL: "nats-leaf://mill", Cluster: "mesh", Handler: r,
		Dialer: func(context.Context, string, string) (net.Conn, error) { return m, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

// sink returns a Conn to a server on the loopback that greets and then reads
// whatever comes.
func sink(b *testing.B, r *recorder) *leafnode.Conn {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, strings.ReplaceAll(fakeInfo+fakeConnect, `"max_payload":1024`, `"max_payload":1048576`)+"PONG\r\n")
		_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, 256<<10))
		_ = conn.Close()
	}()
	c, err := leafnode.New(leafnode.Config{URL: "nats-leaf://" + l.Addr().String(), Cluster: "mesh", Handler: r})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(); _ = l.Close(); <-done })
	return c
}

func BenchmarkPublish(b *testing.B) {
	r := newRecorder()
	c := sink(b, r)
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	r.await(b, 0, "synced")
	m := leafnode.Message{Subject: []byte("orders.eu.1234"), Data: make([]byte, 128)}
	b.ReportAllocs()
	b.SetBytes(128)
	for b.Loop() {
		err := c.Publish(&m)
		if errors.Is(err, leafnode.ErrPending) {
			err = c.Room(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	line := "LMSG orders.eu.1234 128\r\n" + strings.Repeat("x", 128) + "\r\n"
	done := make(chan struct{})
	r := newRecorder()
	got := 0
	r.onMessage = func(*leafnode.Message) {
		if got++; got == b.N {
			close(done)
		}
	}
	c := grind(b, r, &mill{again: []byte(strings.Repeat(line, 1000)), limit: b.N * len(line)})
	b.ReportAllocs()
	b.SetBytes(128)
	b.ResetTimer()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	<-done
}

// A message is queued, and each sixteen of them are written at once, as when a node passes on what has
// come in one read.
func BenchmarkQueue(b *testing.B) {
	for _, size := range []int{128, 4 << 10, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			r := newRecorder()
			c := sink(b, r)
			if err := c.Start(); err != nil {
				b.Fatal(err)
			}
			r.await(b, 0, "synced")
			data := make([]byte, 1<<20)
			m := leafnode.Message{Subject: []byte("orders.eu.1234")}
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				at := i * size % (len(data) - size)
				m.Data = data[at : at+size]
				err := c.Queue(&m)
				if errors.Is(err, leafnode.ErrPending) {
					err = c.Room(b.Context())
				}
				if err != nil {
					b.Fatal(err)
				}
				if i%16 == 15 {
					c.Push()
				}
			}
		})
	}
}
