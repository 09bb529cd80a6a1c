// What the packages offer is shown: each has an example, and so has everything by which one
// begins. (That every exported name has a comment is what revive sees to.)

package kith_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// imported reports whether others may import what is in a folder.
func imported(folder string) bool {
	return !strings.HasPrefix(folder, "cmd/") && !strings.HasPrefix(folder, "internal/")
}

// beginnings are how the names of functions begin by which one gets something, or reads what
// others have written. Options, whatever their names, are functions that return one.
var (
	beginnings = regexp.MustCompile(`^(New|Start|Run|Load|Open|Listen|With|Inspect|Parse|Decode|Default)`)
	optionType = regexp.MustCompile(`^\*?\w*Option$`)
)

// parsed is one package: its documentation, and the names that its examples use.
type parsed struct {
	doc      *doc.Package
	examples []*doc.Example
	used     map[string]bool
}

func parsePackage(t *testing.T, folder string) parsed {
	t.Helper()
	set := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var library, tests []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		switch name := filepath.Base(path); {
		case !strings.HasSuffix(name, "_test.go"):
			library = append(library, file)
		case strings.HasPrefix(name, "example"):
			tests = append(tests, file)
		}
	}
	p := parsed{examples: doc.Examples(tests...), used: make(map[string]bool)}
	if p.doc, err = doc.NewFromFiles(set, library, module+"/"+folder); err != nil {
		t.Fatal(err)
	}
	for _, file := range tests {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := s.X.(*ast.Ident); ok && from.Name == p.doc.Name {
					p.used[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	return p
}

// functions returns all functions, those that go/doc shows below a type included.
func (p *parsed) functions() []*doc.Func {
	all := slices.Clone(p.doc.Funcs)
	for _, typ := range p.doc.Types {
		all = append(all, typ.Funcs...)
	}
	return all
}

// returnsOption reports whether the first result is an option.
func returnsOption(f *doc.Func) bool {
	if f.Decl.Type.Results == nil {
		return false
	}
	result, ok := f.Decl.Type.Results.List[0].Type.(*ast.Ident)
	return ok && optionType.MatchString(result.Name)
}

func TestEverythingToBeginWithHasAnExample(t *testing.T) {
	packages := 0
	for _, folder := range packageFolders(t) {
		if !imported(folder) {
			continue
		}
		packages++
		p := parsePackage(t, folder)
		if !slices.ContainsFunc(p.examples, func(e *doc.Example) bool { return e.Output != "" }) {
			t.Errorf("%s has no example whose output is checked", folder)
		}
		for _, f := range p.functions() {
			if (beginnings.MatchString(f.Name) || returnsOption(f)) && !p.used[f.Name] {
				t.Errorf("%s.%s is in no file example*_test.go", folder, f.Name)
			}
		}
	}
	if packages < 20 {
		t.Errorf("only %d packages were found", packages)
	}
}

// Examples that are about something name it as pkg.go.dev wants it.
func TestExamplesAreOfSomething(t *testing.T) {
	for _, folder := range packageFolders(t) {
		p := parsePackage(t, folder)
		there := map[string]bool{"": true}
		for _, f := range p.functions() {
			there[f.Name] = true
		}
		for _, typ := range p.doc.Types {
			there[typ.Name] = true
			for _, m := range typ.Methods {
				there[typ.Name+"_"+m.Name] = true
			}
		}
		for _, e := range p.examples {
			name := e.Name
			if before, suffix, found := strings.Cut(name, "_"); found && suffix != "" && suffix[0] >= 'a' {
				name = before
			}
			if !there[name] {
				t.Errorf("%s: Example%s is of nothing that is exported", folder, e.Name)
			}
			if e.Doc == "" {
				t.Errorf("%s: Example%s has no comment", folder, e.Name)
			}
		}
	}
}
