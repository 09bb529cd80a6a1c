// The golden frames in testdata/wire, and the text in which they are written.

package membership_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// TestGoldenFrames knows two verbs. "encode" takes a message and shows its frame;
// what the frame is read back as must be the message again. "decode", with the
// kind, takes the fields of a frame in hexadecimal and shows the message, or the
// error.
func TestGoldenFrames(t *testing.T) {
	datadriven.Walk(t, "testdata/wire", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "encode":
				m, err := parseMessage(d.Input)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				frame := membership.AppendMessage(nil, &m)
				back := decodeFrame(t, frame)
				if got := formatMessage(&back); got != d.Input+"\n" {
					d.Fatalf(t, "the frame is read back as\n%s", got)
				}
				return formatFrame(frame)
			case "decode":
				var kind string
				d.ScanArgs(t, "kind", &kind)
				k, err := parseKind(kind)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				body, err := parseHex(d.Input)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				m, err := membership.DecodeMessage(k, body)
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return formatMessage(&m)
			default:
				d.Fatalf(t, "no such verb")
				return ""
			}
		})
	})
}

// The example in docs/wire.md is what this code writes.
func TestDocumentedFrame(t *testing.T) {
	page, err := os.ReadFile("../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```hex\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/wire.md has no block of hex")
	}
	frame, err := parseHex(block)
	if err != nil {
		t.Fatal(err)
	}
	back := decodeFrame(t, frame)
	want := "Shuffle ttl=6 request=300\n" +
		"peer id=n1 incarnation=1700000000000 addr=10.0.0.1:7946\n" +
		"sighting age=3s id=n2 incarnation=1700000000002 addr=10.0.0.2:7946\n"
	if got := formatMessage(&back); got != want {
		t.Errorf("the example is read as\n%swant\n%s", got, want)
	}
	if again := membership.AppendMessage(nil, &back); !bytes.Equal(again, frame) {
		t.Errorf("the example is written as\n%s", formatFrame(again))
	}
}

// formatMessage writes a message as parseMessage reads it.
func formatMessage(m *membership.Message) string {
	var b strings.Builder
	b.WriteString(m.Kind.String())
	add := func(set bool, name string, value any) {
		if set {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	add(m.TTL != 0, "ttl", m.TTL)
	add(m.Priority != 0, "priority", m.Priority)
	add(m.Verdict != 0, "verdict", m.Verdict)
	add(m.Reason != 0, "reason", m.Reason)
	add(m.Active, "active", m.Active)
	add(m.Degree != 0, "degree", m.Degree)
	add(m.Request != 0, "request", m.Request)
	add(m.Incarnation != 0, "incarnation", m.Incarnation)
	add(m.Sent != 0, "sent", m.Sent)
	add(m.Echo != 0, "echo", m.Echo)
	add(m.Held != 0, "held", m.Held)
	b.WriteByte('\n')
	if m.Peer != nil {
		b.WriteString("peer " + formatPeer(m.Peer) + "\n")
	}
	for _, s := range m.Sample {
		b.WriteString("sighting age=" + s.Age.String() + " " + formatPeer(s.Peer) + "\n")
	}
	return b.String()
}

func formatPeer(p *views.Peer) string {
	s := fmt.Sprintf("id=%s incarnation=%d addr=%s", p.ID, p.Incarnation, p.Addr)
	for _, f := range [][2]string{{"nats", p.NATS}, {"zone", p.Zone}, {"meta", p.Meta}} {
		if f[1] != "" {
			s += " " + f[0] + "=" + f[1]
		}
	}
	return s
}

// parseMessage reads a line with the kind and the plain fields, and then a line
// for each peer.
func parseMessage(text string) (membership.Message, error) {
	var m membership.Message
	for i, line := range strings.Split(text, "\n") {
		name, rest, _ := strings.Cut(line, " ")
		f := args{}
		for word := range strings.FieldsSeq(rest) {
			key, value, _ := strings.Cut(word, "=")
			f[key] = value
		}
		switch {
		case i == 0:
			k, err := parseKind(name)
			if err != nil {
				return m, err
			}
			m = f.message(membership.Kind(k))
		case name == "peer":
			m.Peer = f.peer()
		case name == "sighting":
			m.Sample = append(m.Sample, views.Sighting{Peer: f.peer(), Age: f.duration("age")})
		default:
			return m, fmt.Errorf("line %q is neither a peer nor a sighting", line)
		}
	}
	return m, nil
}

// parseKind reads the name of a message, or the number of one that has none.
func parseKind(name string) (byte, error) {
	for k := membership.Join; k <= lastKind; k++ {
		if k.String() == name {
			return byte(k), nil
		}
	}
	n, err := strconv.ParseUint(name, 10, 8)
	return byte(n), err
}

// args are words of the form name=value. What cannot be read is zero, which the
// comparison of what is read back with the text brings to light.
type args map[string]string

func (a args) message(k membership.Kind) membership.Message {
	return membership.Message{
		Kind:        k,
		TTL:         membership.TTL(a.uint("ttl")),
		Priority:    enum(a["priority"], membership.Swap),
		Verdict:     enum(a["verdict"], membership.Undialable),
		Reason:      enum(a["reason"], membership.Misbehaved),
		Active:      a["active"] == "true",
		Degree:      uint8(a.uint("degree")),
		Request:     uint32(a.uint("request")),
		Incarnation: a.uint("incarnation"),
		Sent:        a.duration("sent"),
		Echo:        a.duration("echo"),
		Held:        a.duration("held"),
	}
}

func (a args) peer() *views.Peer {
	return &views.Peer{
		ID: a["id"], Incarnation: a.uint("incarnation"), Addr: a["addr"],
		NATS: a["nats"], Zone: a["zone"], Meta: a["meta"],
	}
}

func (a args) uint(name string) uint64 {
	v, _ := strconv.ParseUint(a[name], 10, 64)
	return v
}

func (a args) duration(name string) time.Duration {
	d, _ := time.ParseDuration(a[name])
	return d
}

// enum returns the value with the given name.
func enum[E interface {
	~uint8
	fmt.Stringer
}](name string, last E) E {
	for e := E(1); e <= last; e++ {
		if e.String() == name {
			return e
		}
	}
	return 0
}

// parseHex reads hexadecimal digits, and texts in quotes. A semicolon begins a
// comment.
func parseHex(text string) ([]byte, error) {
	var b []byte
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, ";")
		for word := range strings.FieldsSeq(line) {
			if word[0] == '"' {
				b = append(b, strings.Trim(word, `"`)...)
				continue
			}
			digits, err := hex.DecodeString(word)
			if err != nil {
				return nil, err
			}
			b = append(b, digits...)
		}
	}
	return b, nil
}

// formatFrame writes one line for each field, with a comment; parseHex reads it
// again.
func formatFrame(frame []byte) string {
	var b strings.Builder
	h, _ := wire.ParseHeader(frame, wire.MaxFrame)
	writeLine(&b, fmt.Sprintf("% x", frame[:wire.HeaderLen]), fmt.Sprintf("length %d, version %d, %v", h.Length, h.Version, membership.Kind(h.Type)))
	writeFields(&b, "", frame[wire.HeaderLen:], []string{
		"TTL", "priority", "verdict", "reason", "active", "degree", "request",
		"incarnation", "peer", "sighting", "sent", "echo", "held",
	})
	return b.String()
}

// writeFields writes the fields of body, whose names are listed by tag. Those of
// nested values are indented.
func writeFields(b *strings.Builder, indent string, body []byte, names []string) {
	fields := wire.Parse(body)
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		whole := wire.AppendBytes(nil, tag, value)
		head := fmt.Sprintf("%s% x ", indent, whole[:len(whole)-len(value)])
		switch name := names[tag-1]; name {
		case "peer":
			writeLine(b, head, name)
			writeFields(b, indent+"   ", value, []string{"ID", "incarnation", "address", "NATS", "zone", "meta"})
		case "sighting":
			writeLine(b, head, name)
			writeFields(b, indent+"   ", value, []string{"peer", "age"})
		case "ID", "address", "NATS", "zone", "meta":
			writeLine(b, head+strconv.Quote(string(value)), name)
		default:
			writeLine(b, head+fmt.Sprintf("% x", value), name)
		}
	}
}

func writeLine(b *strings.Builder, digits, comment string) {
	fmt.Fprintf(b, "%-44s ; %s\n", digits, comment)
}
