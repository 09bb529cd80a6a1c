// The golden lines in testdata/wire, and the text in which they are written.

package leafnode_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// TestGoldenLines knows two verbs. "write" shows the bytes of each operation, or the
// error. "read" shows the operations in what it is given, until the first error.
func TestGoldenLines(t *testing.T) {
	datadriven.Walk(t, "testdata/wire", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			switch d.Cmd {
			case "write":
				for line := range strings.Lines(d.Input) {
					out.WriteString(written(t, strings.TrimSpace(line)))
				}
			case "read":
				most := 1 << 20
				d.MaybeScanArgs(t, "max", &most)
				input := strings.ReplaceAll(d.Input, "\n", "\r\n") + "\r\n"
				ops, err := parseAll([]byte(input), most, len(input))
				for _, op := range ops {
					fmt.Fprintln(&out, op)
				}
				if err != nil {
					fmt.Fprintln(&out, "error:", err)
				}
			default:
				d.Fatalf(t, "no such verb")
			}
			return out.String()
		})
	})
}

// written returns the bytes of the operation that a line names.
func written(t *testing.T, line string) string {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	w := words(t, rest)
	number := func(name string) int {
		n, _ := strconv.Atoi(w[name])
		return n
	}
	var b []byte
	var err error
	switch verb {
	case "ping":
		b = leafnode.AppendPing(nil)
	case "pong":
		b = leafnode.AppendPong(nil)
	case "sub":
		b, err = leafnode.AppendSub(nil, w["subject"], w["queue"], number("weight"))
	case "unsub":
		b, err = leafnode.AppendUnsub(nil, w["subject"], w["queue"])
	case "message":
		m := leafnode.Message{
			Subject: []byte(w["subject"]),
			Reply:   []byte(w["reply"]),
			Header:  number("header"),
			Data:    []byte(w["data"]),
		}
		if w["queues"] != "" {
			for q := range strings.SplitSeq(w["queues"], ",") {
				m.Queues = append(m.Queues, []byte(q))
			}
		}
		b, err = leafnode.AppendMessage(nil, &m)
	default:
		t.Fatalf("no operation %q", verb)
	}
	switch {
	case err != nil && len(b) > 0:
		t.Fatalf("%s: wrote %q beside %v", line, b, err)
	case err != nil:
		return "error: " + err.Error() + "\n"
	}
	return strconv.Quote(string(b)) + "\n"
}

// words reads words of the form name=value, where a value may be quoted.
func words(t *testing.T, line string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		name, rest, _ := strings.Cut(line, "=")
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			line = rest[len(quoted):]
			if all[name], err = strconv.Unquote(quoted); err != nil {
				t.Fatal(err)
			}
			continue
		}
		all[name], line, _ = strings.Cut(rest, " ")
	}
	return all
}
