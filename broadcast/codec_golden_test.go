// The golden frames in testdata/wire, and the text in which they are written.

package broadcast_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/wire"
)

// TestGoldenFrames knows two verbs. "encode" takes a message and shows its frame;
// what the frame is read back as must be the message again. "decode", with the
// type, takes what follows the header in hexadecimal and shows the message, or the
// error.
func TestGoldenFrames(t *testing.T) {
	datadriven.Walk(t, "testdata/wire", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "encode":
				frame := encode(t, d)
				back, err := decode(bytes.Clone(frame))
				if err != nil || back != d.Input+"\n" {
					d.Fatalf(t, "the frame is read back as\n%s%v", back, err)
				}
				return hexLines(frame)
			case "decode":
				var typ int
				d.ScanArgs(t, "type", &typ)
				body, err := unhex(d.Input)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				text, err := decode(wire.FinishFrame(append(wire.AppendHeader(nil, byte(typ)), body...), 0))
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return text
			default:
				d.Fatalf(t, "no such verb")
				return ""
			}
		})
	})
}

// The example of a broadcast frame in docs/wire.md is what this code writes.
func TestDocumentedFrame(t *testing.T) {
	frame := broadcast.BeginGossip(nil, broadcast.NewLife("n1", 1700000000000), 300, 298)
	frame = wire.FinishFrame(append(frame, "hello"...), 0)
	documented := documentedHex(t, "Gossip")
	if !bytes.Equal(documented, frame) {
		t.Errorf("the example is\n% x\nand what is written\n% x", documented, frame)
	}
}

var kinds = []string{"", "IHave", "Graft", "Prune", "Gone"}

// words reads the words of a line, of the form name or name=value.
func words(line string) map[string]string {
	all := map[string]string{}
	for word := range strings.FieldsSeq(line) {
		key, value, _ := strings.Cut(word, "=")
		all[key] = value
	}
	return all
}

func lifeOf(text string) broadcast.Life {
	id, incarnation, _ := strings.Cut(text, "/")
	return broadcast.NewLife(id, number(incarnation))
}

// number reads a number; what cannot be read is zero, which the comparison with
// what is read back brings to light.
func number(text string) uint64 {
	v, _ := strconv.ParseUint(text, 10, 64)
	return v
}

func encode(t *testing.T, d *datadriven.TestData) []byte {
	t.Helper()
	lines := strings.Split(d.Input, "\n")
	f := words(lines[0])
	name, _, _ := strings.Cut(lines[0], " ")
	switch name {
	case "Gossip":
		frame := broadcast.BeginGossip(nil, lifeOf(f["origin"]), number(f["sequence"]), number(f["first"]))
		return wire.FinishFrame(append(frame, f["content"]...), 0)
	case "Direct":
		frame := broadcast.BeginDirect(nil, lifeOf(f["origin"]), f["target"])
		return wire.FinishFrame(append(frame, f["content"]...), 0)
	}
	c := broadcast.Control{}
	for kind, known := range kinds {
		if name == known {
			c.Kind = broadcast.ControlKind(kind)
		}
	}
	if c.Kind == 0 {
		d.Fatalf(t, "no such message: %s", name)
	}
	_, c.Digest = f["digest"]
	_, c.Last = f["last"]
	for _, line := range lines[1:] {
		c.Marks = append(c.Marks, markOf(line))
	}
	return broadcast.AppendControl(nil, &c)
}

func markOf(line string) broadcast.Mark {
	f := words(line)
	m := broadcast.Mark{
		Life: lifeOf(f["origin"]), Low: number(f["low"]), High: number(f["high"]), Hop: uint8(number(f["hop"])),
	}
	_, m.Own = f["own"]
	m.Age, _ = time.ParseDuration(f["age"])
	return m
}

// decode reads a frame and writes it as encode reads it.
func decode(frame []byte) (string, error) {
	switch typ := frame[wire.HeaderLen-1]; typ {
	case broadcast.TypeGossip:
		g, err := broadcast.ParseGossip(frame)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Gossip origin=%s hop=%d sequence=%d first=%d content=%s\n",
			broadcast.Life(g.Life), g.Hop, g.Sequence, g.First, broadcast.Content(frame)), nil
	case broadcast.TypeDirect:
		g, target, err := broadcast.ParseDirect(frame)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Direct origin=%s hop=%d target=%s content=%s\n",
			broadcast.Life(g.Life), g.Hop, target, broadcast.DirectContent(frame)), nil
	default:
		c, err := broadcast.ParseControl(typ, frame[wire.HeaderLen:])
		if err != nil {
			return "", err
		}
		return controlText(c, "\n"), nil
	}
}

// controlText writes a control message, its marks each after a separator.
func controlText(c *broadcast.Control, separator string) string {
	var b strings.Builder
	b.WriteString(kinds[c.Kind])
	set := func(set bool, format string, args ...any) {
		if set {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	set(c.Digest, "digest")
	set(c.Last, "last")
	for _, m := range c.Marks {
		b.WriteString(separator + "origin=" + m.Life.String())
		set(m.Low > 0, "low=%d", m.Low)
		set(m.High > 0, "high=%d", m.High)
		set(m.Hop > 0, "hop=%d", m.Hop)
		set(m.Own, "own")
		set(m.Age > 0, "age=%v", m.Age)
	}
	return b.String() + "\n"
}

// unhex reads hexadecimal digits, and texts in quotes. A semicolon begins a comment.
func unhex(text string) ([]byte, error) {
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

// hexLines writes the header, and then 16 bytes in a line.
func hexLines(frame []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "% x\n", frame[:wire.HeaderLen])
	for rest := frame[wire.HeaderLen:]; len(rest) > 0; rest = rest[min(16, len(rest)):] {
		line := rest[:min(16, len(rest))]
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(bytes.ToValidUTF8(line, []byte("."))))
		fmt.Fprintf(&b, "%-47x ; %s\n", spaced(line), text)
	}
	return b.String()
}

// spaced formats with blanks between the bytes, and a width.
type spaced []byte

// Format implements fmt.Formatter.
func (s spaced) Format(f fmt.State, _ rune) {
	width, _ := f.Width()
	_, _ = fmt.Fprintf(f, "%-*s", width, fmt.Sprintf("% x", []byte(s)))
}

// TestControlBounds writes the most marks of the longest names, which fit into a
// frame of 32 KiB, and reads one more, which is an error.
func TestControlBounds(t *testing.T) {
	c := broadcast.Control{Kind: broadcast.IHave}
	for i := range broadcast.MaxMarks {
		c.Marks = append(c.Marks, broadcast.Mark{
			Life: broadcast.NewLife(fmt.Sprintf("%064d", i), 1<<64-1), Low: 1 << 62, High: 1 << 62, Hop: 255, Own: true, Age: 1 << 40 * time.Millisecond,
		})
	}
	frame := broadcast.AppendControl(nil, &c)
	if len(frame) != 25351 { // as in docs/wire.md
		t.Errorf("the largest frame has %d bytes", len(frame))
	}
	back, err := broadcast.ParseControl(broadcast.TypeIHave, frame[wire.HeaderLen:])
	if err != nil || !reflect.DeepEqual(back, &c) {
		t.Errorf("read back as %d marks, %v", len(back.Marks), err)
	}
	c.Marks = append(c.Marks, c.Marks[0])
	frame = broadcast.AppendControl(nil, &c)
	if _, err := broadcast.ParseControl(broadcast.TypeIHave, frame[wire.HeaderLen:]); err == nil {
		t.Error("one mark more was read")
	}
}
