// What the documentation shows, read from it.

package broadcast_test

import (
	"os"
	"strings"
	"testing"
)

// documentedHex returns the bytes of the block of hex in docs/wire.md whose first line
// names a frame.
func documentedHex(t *testing.T, name string) []byte {
	t.Helper()
	page, err := os.ReadFile("../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(page), "```hex\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		if first, _, _ := strings.Cut(block, "\n"); strings.Contains(first, name) {
			frame, err := unhex(block)
			if err != nil {
				t.Fatal(err)
			}
			return frame
		}
	}
	t.Fatalf("docs/wire.md shows no %s", name)
	return nil
}
