// What the documents say of the code: their programs are parts of those that are tested, their
// links lead somewhere, docs/security.md names tests. (The commands are run by package examples.)

package kith_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/kithmesh/kith/internal/testkit"
)

// documents returns the text of README.md and of what is in docs, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, path := range append(paths, "README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(path)] = string(text)
	}
	if len(all) < 15 {
		t.Fatalf("only %d documents", len(all))
	}
	return all
}

// exception is a remark for the linter, which a document leaves out.
var exception = regexp.MustCompile(`[ \t]*//nolint:[^\n]*`)

// bare is source without what a document need not have: indentation, remarks for the linter.
func bare(source string) string {
	var b strings.Builder
	for line := range strings.Lines(exception.ReplaceAllString(source, "")) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// testedSources returns what documents may show: examples, and the examples of packages.
func testedSources(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inExamples := strings.HasPrefix(filepath.ToSlash(file), "examples/")
		if strings.HasSuffix(file, ".go") && (inExamples || strings.HasPrefix(d.Name(), "example")) {
			source, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			all[file] = bare(string(source))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever Go a document shows is part of a file that is compiled and run by a test.
func TestSnippetsArePartsOfExamples(t *testing.T) {
	sources := testedSources(t)
	shown := 0
	for name, text := range documents(t) {
		for _, block := range testkit.Blocks(text) {
			if block.Language != "go" {
				continue
			}
			shown++
			found := false
			for _, source := range sources {
				found = found || strings.Contains("\n"+source, "\n"+bare(block.Text))
			}
			if !found {
				t.Errorf("%s:%d: the snippet is in no example:\n%s", name, block.Line, block.Text)
			}
		}
	}
	if shown < 5 {
		t.Errorf("only %d snippets", shown)
	}
}

// commandLine is a line that somebody would run, which belongs into a block that is tested.
var commandLine = regexp.MustCompile(`(?m)^\s*(\$|go|demo|make|nats|curl|docker|kubectl) `)

// Blocks of other languages, and what sees to them.
func TestBlocksOfOtherLanguages(t *testing.T) {
	for name, text := range documents(t) {
		for _, block := range testkit.Blocks(text) {
			switch {
			case !block.Fenced, block.Language == "go", block.Language == "sh": // see above, and package examples
			case block.Language == "json", block.Language == "jsonl":
				if err := validJSON(block.Text); err != nil {
					t.Errorf("%s:%d: %v", name, block.Line, err)
				}
			case block.Language == "hex" && name == "docs/wire.md": // the golden tests of the codecs
			case block.Language == "conf" && name == "docs/security.md": // TestMinimalPermissions
			case block.Language == "" && !commandLine.MatchString(block.Text): // a picture, or what is printed
			default:
				t.Errorf("%s:%d: nothing tests this block of %q:\n%s", name, block.Line, block.Language, block.Text)
			}
		}
	}
}

// validJSON wants one value or several after each other.
func validJSON(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var value any
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

var (
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings   = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	all := documents(t)
	anchors := make(map[string]bool)
	for name, text := range all {
		for _, found := range headings.FindAllStringSubmatch(text, -1) {
			anchors[name+"#"+anchor(found[1])] = true
		}
	}
	for name, text := range all {
		for _, found := range linkTarget.FindAllStringSubmatch(text, -1) {
			target, part, hasPart := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			there := name
			if target != "" {
				there = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.FromSlash(there)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, found[1])
			}
			if _, known := all[there]; hasPart && known && !anchors[there+"#"+part] {
				t.Errorf("%s: %s has no such heading", name, found[1])
			}
		}
	}
}

// Whatever docs/security.md claims has a test, which is there under the name given.
func TestSecurityNamesTests(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range append(packageFolders(t), "test/integration") {
		paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			there[filepath.Base(path)] = true
			for _, found := range declared.FindAllSubmatch(source, -1) {
				there[string(found[1])] = true
			}
		}
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+|\\w+_test\\.go)`").FindAllSubmatch(doc, -1)
	if len(names) < 30 {
		t.Errorf("only %d tests are named", len(names))
	}
	for _, name := range names {
		if !there[string(name[1])] {
			t.Errorf("docs/security.md names %s, which is not there", name[1])
		}
	}
}
