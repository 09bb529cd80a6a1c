// The table as it is drawn, in windows of several sizes.

package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
)

// The scripts give a frame as JSON and the size of the window. Lines end in | so
// that trailing spaces show; ESC stands for the escape character.
func TestTable(t *testing.T) {
	datadriven.RunTest(t, "testdata/table.txt", func(t *testing.T, d *datadriven.TestData) string {
		var f frame
		if err := json.Unmarshal([]byte(d.Input), &f); err != nil {
			d.Fatalf(t, "%v", err)
		}
		width, height := 0, 0
		d.ScanArgs(t, "width", &width)
		d.ScanArgs(t, "height", &height)
		color := d.HasArg("color")
		lines := render(&f, width, height, ink(color))
		if len(lines) > height {
			t.Errorf("%s: %d lines", d.Pos, len(lines))
		}
		var b strings.Builder
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > width && !color {
				t.Errorf("%s: %d characters: %s", d.Pos, n, line)
			}
			b.WriteString(strings.ReplaceAll(line, "\x1b", "ESC") + "|\n")
		}
		return b.String()
	})
}
