// The parser, given its input in pieces, and what nobody should send.

package leafnode_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// parseAll parses input as it comes in pieces of size bytes, and describes the
// operations.
func parseAll(input []byte, maxPayload, size int) ([]string, error) {
	p := leafnode.Parser{MaxPayload: maxPayload}
	var op leafnode.Op
	var ops []string
	start := 0
	for end := 0; end < len(input); {
		end = min(end+size, len(input))
		for {
			n, err := p.Next(input[start:end:end], &op)
			if err != nil {
				return ops, err
			}
			if n == 0 {
				break
			}
			start += n
			ops = append(ops, describe(&op))
		}
	}
	return ops, nil
}

func describe(op *leafnode.Op) string {
	switch op.Kind {
	case leafnode.KindInfo:
		return fmt.Sprintf("info %s", op.Text)
	case leafnode.KindPing:
		return "ping"
	case leafnode.KindPong:
		return "pong"
	case leafnode.KindOK:
		return "ok"
	case leafnode.KindErr:
		return fmt.Sprintf("err %q", op.Text)
	case leafnode.KindSub:
		return fmt.Sprintf("sub subject=%s queue=%s weight=%d", op.Subject, op.Queue, op.Weight)
	case leafnode.KindUnsub:
		return fmt.Sprintf("unsub subject=%s queue=%s", op.Subject, op.Queue)
	case leafnode.KindMessage:
		m := &op.Message
		return fmt.Sprintf("message subject=%s reply=%s queues=%s header=%d data=%q", m.Subject, m.Reply, m.Queues, m.Header, m.Data)
	}
	return "nothing"
}

func TestInputInPieces(t *testing.T) {
	input := []byte("INFO {\"a\":1}\r\nLS+ a.b q 3\r\nLMSG a.b + r q1 q2 5\r\nhello\r\nPING\r\nHMSG s 12 14\r\nNATS/1.0\r\n\r\nok\r\nLMSG x 0\r\n\r\n-ERR 'no'\r\n")
	want, err := parseAll(input, 100, len(input))
	if err != nil || len(want) != 7 {
		t.Fatalf("whole: %q, %v", want, err)
	}
	for size := 1; size < len(input); size++ {
		if got, err := parseAll(input, 100, size); err != nil || !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d bytes: %q, %v, want %q", size, got, err, want)
		}
	}
}

func TestLinesAreBounded(t *testing.T) {
	tests := []struct {
		name, input string
		want        bool
	}{
		{"info of the longest", "INFO " + strings.Repeat("x", leafnode.MaxLine-7) + "\r\n", true},
		{"info longer", "INFO " + strings.Repeat("x", leafnode.MaxLine-6) + "\r\n", false},
		{"info without end", "INFO " + strings.Repeat("x", leafnode.MaxLine), false},
		{"queues of the longest", "LMSG a |" + strings.Repeat(" q", leafnode.MaxLine/2-6) + " 0\r\n\r\n", true},
		{"queues without end", "LMSG a |" + strings.Repeat(" q", leafnode.MaxLine), false},
		{"sub of the longest", "LS+ " + strings.Repeat("s", leafnode.MaxName) + " " + strings.Repeat("q", leafnode.MaxName) + " 100000000\r\n", true},
		{"sub without end", "LS+ " + strings.Repeat("s", 9000), false},
		{"garbage", "GET / HTTP/1.1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{len(tt.input), 1000} {
				_, err := parseAll([]byte(tt.input), 100, size)
				var pe *leafnode.ProtocolError
				if tt.want && err != nil || !tt.want && (!errors.Is(err, leafnode.ErrProtocol) || !errors.As(err, &pe) || pe.Want == "" || len(pe.Found) > 64) {
					t.Errorf("in pieces of %d: error is %v", size, err)
				}
			}
		})
	}
}

func TestParsingAllocatesNothing(t *testing.T) {
	input := []byte("LMSG orders.eu.1 + _INBOX.abc workers audit 128\r\n" + strings.Repeat("x", 128) + "\r\n")
	p := leafnode.Parser{MaxPayload: 1024}
	var op leafnode.Op
	if n := testing.AllocsPerRun(100, func() {
		if n, err := p.Next(input, &op); n != len(input) || err != nil {
			t.Fatal(n, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a message, want none", n)
	}
}

// Whatever comes, and in whatever pieces, the operations and the fate are the same,
// and a message that can be written is read back as it was.
func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		"INFO {}\r\nPING\r\nPONG\r\n+OK\r\n-ERR 'x'\r\n",
		"LS+ a.*\r\nLS+ a q 2\r\nLS- a\r\nLS- a q\r\n",
		"LMSG a 1\r\nx\r\nLMSG a r 1\r\nx\r\nLMSG a | q 1\r\nx\r\nLMSG a + r q 1\r\nx\r\n",
		"HMSG a 2 3\r\nhhx\r\nHMSG a r 2 3\r\nhhx\r\nHMSG a | q 2 3\r\nhhx\r\nHMSG a + r q 2 3\r\nhhx\r\n",
		"LMSG a 1\r\nxy", "LMSG a 1000000\r\n", "SUB a 1\r\n", "LMSG  a  1 \nx\r\n",
	} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, input []byte, size int) {
		const most = 1000
		size = 1 + int(uint(size)%uint(len(input)+1))
		want, wantErr := parseAll(input, most, len(input))
		got, err := parseAll(input, most, size)
		if !slices.Equal(got, want) || (err == nil) != (wantErr == nil) {
			t.Fatalf("in pieces of %d: %q, %v; whole: %q, %v", size, got, err, want, wantErr)
		}
		if err != nil && !errors.Is(err, leafnode.ErrProtocol) {
			t.Fatalf("error is %v, want one that matches ErrProtocol", err)
		}
		rewrite(t, input, most)
	})
}

// rewrite writes the messages and subscriptions of input and reads them again.
func rewrite(t *testing.T, input []byte, most int) {
	p := leafnode.Parser{MaxPayload: most}
	var op leafnode.Op
	for {
		n, err := p.Next(input, &op)
		if err != nil || n == 0 {
			return
		}
		input = input[n:]
		var again []byte
		switch op.Kind {
		case leafnode.KindMessage:
			again, err = leafnode.AppendMessage(nil, &op.Message)
		case leafnode.KindSub:
			again, err = leafnode.AppendSub(nil, string(op.Subject), string(op.Queue), op.Weight)
		case leafnode.KindUnsub:
			again, err = leafnode.AppendUnsub(nil, string(op.Subject), string(op.Queue))
		case leafnode.KindInfo, leafnode.KindPing, leafnode.KindPong, leafnode.KindOK, leafnode.KindErr:
			continue
		}
		if err != nil {
			if !errors.Is(err, leafnode.ErrInvalid) {
				t.Fatalf("error is %v, want one that matches ErrInvalid", err)
			}
			continue
		}
		want := describe(&op)
		if got, err := parseAll(again, most, len(again)); err != nil || len(got) != 1 || got[0] != want {
			t.Fatalf("%q is read back as %q, %v", want, got, err)
		}
	}
}

// No message that is written is more than one operation.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("a.b"), []byte("r"), []byte("q"), []byte("data"), 0)
	f.Add([]byte("a\r\nPING\r\n"), []byte("+"), []byte("|"), []byte("NATS/1.0\r\n\r\n"), 12)
	f.Fuzz(func(t *testing.T, subject, reply, queue, data []byte, header int) {
		m := leafnode.Message{Subject: subject, Reply: reply, Header: header, Data: data}
		if len(queue) > 0 {
			m.Queues = [][]byte{queue, queue}
		}
		b, err := leafnode.AppendMessage(nil, &m)
		if err != nil {
			return
		}
		p := leafnode.Parser{MaxPayload: len(data)}
		var op leafnode.Op
		n, err := p.Next(b, &op)
		if err != nil || n != len(b) || op.Kind != leafnode.KindMessage {
			t.Fatalf("%q: %d of %d bytes, kind %d, %v", b, n, len(b), op.Kind, err)
		}
		got := &op.Message
		if !bytes.Equal(got.Subject, subject) || !bytes.Equal(got.Reply, reply) || !bytes.Equal(got.Data, data) ||
			got.Header != header || len(got.Queues) != len(m.Queues) {
			t.Fatalf("%q is read back as %s", b, describe(&op))
		}
	})
}
