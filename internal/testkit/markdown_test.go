// A document with all kinds of blocks.

package testkit_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
)

const document = `# Title

Text with '''a span''' and
    no block, as it goes on.

    first command
    second command

    the same block

- item

      in a list

~~~go
x := 1

y := "'''no span'''"
~~~

| '''a''' | '''b c''' |
~~~
picture
~~~
`

func markdown() string {
	return strings.NewReplacer("'''", "`", "~~~", "```").Replace(document)
}

func TestBlocks(t *testing.T) {
	want := []testkit.Block{
		{Line: 6, Text: "first command\nsecond command\nthe same block\n"},
		{Line: 13, Text: "  in a list\n"},
		{Line: 15, Fenced: true, Language: "go", Text: "x := 1\n\ny := \"`no span`\"\n"},
		{Line: 22, Fenced: true, Text: "picture\n"},
	}
	if got := testkit.Blocks(markdown()); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestSpans(t *testing.T) {
	want := []string{"a span", "a", "b c"}
	if got := testkit.Spans(markdown()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
