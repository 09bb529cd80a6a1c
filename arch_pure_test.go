// The purity of the core, checked against the source.

package kith_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPureRooms holds the source of the pure packages against checkPure.
func TestPureRooms(t *testing.T) {
	sources := newSources()
	for _, r := range rooms {
		if !r.pure || r.planned {
			continue
		}
		p, err := sources.check(r.folder)
		if err != nil {
			t.Errorf("%s: %v", r.folder, err)
			continue
		}
		for _, fault := range checkPure(sources.fset, p) {
			t.Error(fault)
		}
	}
}

// sources type-checks packages of this module from their source.
type sources struct {
	fset     *token.FileSet
	standard types.Importer
	checked  map[string]*checkedPackage
}

// checkedPackage is a package with what the type checker found out about it.
type checkedPackage struct {
	files []*ast.File
	types *types.Package
	info  *types.Info
}

func newSources() *sources {
	fset := token.NewFileSet()
	return &sources{
		fset:     fset,
		standard: importer.ForCompiler(fset, "source", nil),
		checked:  map[string]*checkedPackage{},
	}
}

// Import implements types.Importer for the packages that a pure room may import.
func (s *sources) Import(p string) (*types.Package, error) {
	if !covers(module, p) {
		return s.standard.Import(p)
	}
	checked, err := s.check(folderOf(p))
	if err != nil {
		return nil, err
	}
	return checked.types, nil
}

// check parses and type-checks the library code of a folder, once.
func (s *sources) check(folder string) (*checkedPackage, error) {
	if p := s.checked[folder]; p != nil {
		return p, nil
	}
	dir := filepath.FromSlash(folder)
	list, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	files := make([]*ast.File, 0, len(list.GoFiles))
	for _, name := range list.GoFiles {
		f, err := parser.ParseFile(s.fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	p, err := s.checkFiles(path.Join(module, folder), files)
	if err != nil {
		return nil, err
	}
	s.checked[folder] = p
	return p, nil
}

func (s *sources) checkFiles(importPath string, files []*ast.File) (*checkedPackage, error) {
	p := &checkedPackage{files: files, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Uses:  map[*ast.Ident]types.Object{},
	}}
	config := types.Config{Importer: s}
	var err error
	p.types, err = config.Check(importPath, s.fset, files, p.info)
	return p, err
}

// checkPure returns what is impure in a package: concurrency, a clock, randomness
// nobody seeded, and the order of a map.
func checkPure(fset *token.FileSet, p *checkedPackage) []string {
	var faults []string
	for _, f := range p.files {
		excused := orderFreeLines(fset, f)
		fault := func(at ast.Node, text string) {
			faults = append(faults, fset.Position(at.Pos()).String()+": "+text)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				fault(n, "go statement: a pure package starts no goroutine")
			case *ast.SelectStmt:
				fault(n, "select: a pure package waits for nothing")
			case *ast.ChanType:
				fault(n, "channel: a pure package has one caller and returns values")
			case *ast.SendStmt:
				fault(n, "channel send: a pure package returns values")
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					fault(n, "channel receive: a pure package waits for nothing")
				}
			case *ast.RangeStmt:
				if text := rangeFault(p.info.TypeOf(n.X)); text != "" && !excused[fset.Position(n.Pos()).Line] {
					fault(n, text)
				}
			case *ast.Ident:
				if text := useFault(p.info.Uses[n]); text != "" {
					fault(n, text)
				}
			}
			return true
		})
	}
	return faults
}

// orderFreeLines returns the lines of a file that say why the order of a map does
// not matter there: "// order-free: reason".
func orderFreeLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			reason, ok := strings.CutPrefix(c.Text, "// order-free:")
			if ok && strings.TrimSpace(reason) != "" {
				lines[fset.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}

// rangeFault says what is wrong with a range over a value of that type.
func rangeFault(t types.Type) string {
	switch core(t).(type) {
	case *types.Map:
		return "range over a map: its order differs from run to run; say \"// order-free: reason\" on the line if it does not matter"
	case *types.Chan:
		return "range over a channel: a pure package waits for nothing"
	}
	return ""
}

// core is the underlying type, of a type parameter that of its first term.
func core(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	param, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return t.Underlying()
	}
	constraint, ok := param.Underlying().(*types.Interface)
	if !ok || constraint.NumEmbeddeds() == 0 {
		return t.Underlying()
	}
	if union, ok := constraint.EmbeddedType(0).(*types.Union); ok {
		return union.Term(0).Type().Underlying()
	}
	return constraint.EmbeddedType(0).Underlying()
}

// useFault says what is wrong with the use of an object.
func useFault(o types.Object) string {
	if o == nil || o.Pkg() == nil {
		return ""
	}
	switch from := o.Pkg().Path(); from {
	case "sync", "sync/atomic":
		return from + "." + o.Name() + ": a pure package has one caller and locks nothing"
	case "time":
		if isFunction(o, "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick") {
			return "time." + o.Name() + ": a pure package is told the time"
		}
	case "math/rand", "math/rand/v2":
		if isFunction(o) && !strings.HasPrefix(o.Name(), "New") {
			return "rand." + o.Name() + ": a pure package draws from the source it was given"
		}
	case "maps":
		return "maps." + o.Name() + ": its order differs from run to run"
	}
	return ""
}

// isFunction reports whether o is a function, not a method, with one of the
// names; without names, any function.
func isFunction(o types.Object, names ...string) bool {
	f, ok := o.(*types.Func)
	return ok && f.Signature().Recv() == nil && (len(names) == 0 || slices.Contains(names, f.Name()))
}

// TestCheckPure shows that the check can fail: each source breaks one rule, or none.
func TestCheckPure(t *testing.T) {
	tests := []struct {
		name, source string
		want         string // in the only fault; empty when there is none
	}{
		{"nothing", `func f(a []int) { for range a { } }`, ""},
		{"go", `func f() { go f() }`, "go statement"},
		{"select", `func f() { select {} }`, "select"},
		{"channel type", `type c chan int`, "channel: "},
		{"send", `func f(c imported) { c <- 1 }; type imported = signal.C`, "channel send"},
		{"receive", `func f(c imported) { <-c }; type imported = signal.C`, "channel receive"},
		{"range over a channel", `func f(c imported) { for range c {} }; type imported = signal.C`, "range over a channel"},
		{"mutex", `var mu sync.Mutex`, "sync.Mutex"},
		{"atomic", `var n atomic.Int64`, "sync/atomic.Int64"},
		{"now", `var x = time.Now()`, "time.Now"},
		{"now as a value", `var now = time.Now`, "time.Now"},
		{"since", `func f(t time.Time) time.Duration { return time.Since(t) }`, "time.Since"},
		{"after", `func f() { _ = time.After }`, "time.After"},
		{"method after", `func f(t time.Time) bool { return t.After(t) }`, ""},
		{"sleep", `func f() { time.Sleep(1) }`, "time.Sleep"},
		{"timer", `func f() { time.NewTimer(1) }`, "time.NewTimer"},
		{"duration", `var d = 3 * time.Second`, ""},
		{"global random", `var n = rand.IntN(3)`, "rand.IntN"},
		{"generic global random", `var n = rand.N(3)`, "rand.N"},
		{"seeded random", `func f(r *rand.Rand) int { return r.IntN(3) }`, ""},
		{"new source", `var r = rand.New(rand.NewPCG(1, 2))`, ""},
		{"map", `func f(m map[int]int) { for range m {} }`, "range over a map"},
		{"named map", `type m map[int]int; func f(x m) { for range x {} }`, "range over a map"},
		{"generic map", `func f[M ~map[K]int, K comparable](m M) { for range m {} }`, "range over a map"},
		{"maps", `func f(m map[int]int) { for range maps.Keys(m) {} }`, "maps.Keys"},
		{"excused map", "func f(m map[int]int) {\n for range m { // order-free: it counts\n}\n}", ""},
		{"excuse without a reason", "func f(m map[int]int) {\n for range m { // order-free:\n}\n}", "range over a map"},
		{"excuse on another line", "func f(m map[int]int) {\n // order-free: it counts\n for range m {\n}\n}", "range over a map"},
	}
	packages := map[string]string{
		"sync.": "sync", "atomic.": "sync/atomic", "time.": "time", "rand.": "math/rand/v2",
		"maps.": "maps", "signal.": module + "/signal",
	}
	s := newSources()
	signal := parse(t, s.fset, "package signal; type C chan int")
	var err error
	if s.checked["signal"], err = s.checkFiles(module+"/signal", []*ast.File{signal}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := "package p\n"
			for _, use := range slices.Sorted(maps.Keys(packages)) {
				if strings.Contains(tt.source, use) {
					head += fmt.Sprintf("import %q\n", packages[use])
				}
			}
			p, err := s.checkFiles("p", []*ast.File{parse(t, s.fset, head+tt.source)})
			if err != nil {
				t.Fatal(err)
			}
			faults := checkPure(s.fset, p)
			switch {
			case tt.want == "" && len(faults) > 0:
				t.Errorf("got %q, want no fault", faults)
			case tt.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], tt.want)):
				t.Errorf("got %q, want one fault with %q", faults, tt.want)
			}
		})
	}
}

func parse(t *testing.T, fset *token.FileSet, source string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, t.Name(), source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
