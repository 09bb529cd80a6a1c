// The program in the README is one that compiles.

package kith_test

import (
	"os"
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
