// The events that docs/logging.md lists are those that the source logs.

package kith_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kithmesh/kith"
)

// loggedEvent is what the source says of one event: the level where the line itself does, and its
// fields.
type loggedEvent struct {
	level  string
	fields map[string]bool
}

// eventsOf adds the events of one file.
func eventsOf(t *testing.T, file string, events map[string]loggedEvent) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, name := method(n)
		if name != "Msg" || len(call.Args) != 1 {
			return true
		}
		event, literal := text(call.Args[0])
		if !literal {
			return true // the kinds of Event, and what the NATS server says
		}
		e, known := events[event]
		if !known {
			e.fields = make(map[string]bool)
		}
		for link, method := chain(call); link != nil; link, method = chain(link) {
			switch method {
			case "Debug", "Info", "Warn", "Error":
				e.level = strings.ToLower(method)
			case "Err":
				e.fields["error"] = true
			case "complain":
				e.fields["from"] = true
			default:
				if field, literal := text(append(link.Args, nil)[0]); literal {
					e.fields[field] = true
				}
			}
		}
		events[event] = e
		return true
	})
}

// method returns the call and the name of the method, if n is one.
func method(n ast.Node) (*ast.CallExpr, string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	return call, selector.Sel.Name
}

// chain returns the call whose result the method is called on.
func chain(call *ast.CallExpr) (*ast.CallExpr, string) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	return method(selector.X)
}

// text returns the value of a string in the source.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(literal.Value)
	return s, err == nil
}

// quoted are the words in backticks.
func quoted(cell string) map[string]bool {
	words := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		words[m[1]] = true
	}
	return words
}

func TestEveryEventOfTheLogIsDocumented(t *testing.T) {
	events := make(map[string]loggedEvent)
	for _, r := range rooms {
		if r.pure || r.folder == "cmd/demo" || r.folder == "meshtest" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(r.folder), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				eventsOf(t, file, events)
			}
		}
	}
	for kind := kith.NeighborUp; kind <= kith.Isolated; kind++ {
		events[kind.String()] = loggedEvent{level: "info"}
	}
	if len(events) < 40 {
		t.Errorf("only %d events were found in the source", len(events))
	}
	doc, err := os.ReadFile(filepath.Join("docs", "logging.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|\n]*?) \\|([^|\n]*)\\|").FindAllStringSubmatch(string(doc), -1) {
		e, logged := events[row[1]]
		if !logged {
			t.Errorf("docs/logging.md has %s, which nothing logs", row[1])
			continue
		}
		delete(events, row[1])
		if e.level != "" && e.level != row[2] {
			t.Errorf("docs/logging.md: %s has the level %s, want %s", row[1], row[2], e.level)
		}
		if fields := quoted(row[3]); e.fields != nil && !maps.Equal(fields, e.fields) {
			t.Errorf("docs/logging.md: %s has the fields %v, want %v", row[1], slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(e.fields)))
		}
	}
	for _, event := range slices.Sorted(maps.Keys(events)) {
		t.Errorf("docs/logging.md lacks %s, %s, %v", event, events[event].level, slices.Sorted(maps.Keys(events[event].fields)))
	}
}
