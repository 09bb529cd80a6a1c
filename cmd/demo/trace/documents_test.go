// docs/trace.md tells of every kind, every field and every word.

package trace_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

const document = "../../../docs/trace.md"

// words are the values of all constants of event.go: kinds, states and links.
func words(t *testing.T) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				word, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, word)
			}
		}
		return true
	})
	return all
}

// fields adds the JSON names of the fields of a type and of those below it.
func fields(of reflect.Type, to map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		to[name] = true
		fields(field.Type, to)
	}
}

func TestEverythingIsDocumented(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	all := words(t)
	if len(all) < 20 {
		t.Errorf("only %d words were found in the source", len(all))
	}
	names := make(map[string]bool)
	fields(reflect.TypeFor[trace.Event](), names)
	fields(reflect.TypeFor[trace.Detail](), names)
	for name := range names {
		all = append(all, name)
	}
	for _, word := range all {
		if !strings.Contains(doc, "`"+word+"`") && !strings.Contains(doc, "`picture."+word+"`") {
			t.Errorf("docs/trace.md does not tell of %s", word)
		}
	}
}

func TestTheExampleIsATrace(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(data), "```jsonl\n")
	example, _, _ = strings.Cut(example, "```")
	events, err := readAll(example)
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[string]bool)
	for i := range events {
		e := &events[i]
		shown[string(e.Kind)] = true
		line, err := trace.Line(e)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(example, string(line)) {
			t.Errorf("line %d has a field that is none: it would be written as %s", i+1, line)
		}
	}
	for _, kind := range []trace.Kind{
		trace.Hello, trace.Whole, trace.Gap, trace.NodeIs, trace.Up, trace.Down, trace.LinkIs, trace.TreeIs,
		trace.Sample, trace.Repaired, trace.Action, trace.Wave, trace.Hop, trace.Reached,
	} {
		if !shown[string(kind)] {
			t.Errorf("there is no example of %s", kind)
		}
	}
}
