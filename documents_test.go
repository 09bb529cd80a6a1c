// What the documents say of the code: the program in the README, the tests that
// docs/security.md names.

package kith_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestReadmeShowsTheExampleAsItIs(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("examples/hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, found := strings.Cut(string(source), "package main")
	if !found {
		t.Fatal("the example has no package clause")
	}
	if !strings.Contains(string(readme), "```go\npackage main"+program+"```") {
		t.Error("the program in README.md differs from examples/hello/main.go")
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
