// Programs for the tests of a package, built once and removed in the end.

package testkit

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Programs are programs of this module, built with the first test that needs one of them.
type Programs struct {
	root     string
	packages []string
	once     sync.Once
	dir      string // empty as long as nothing is built
	err      error
}

// NewPrograms names what Build is to build. Nothing is built yet.
func NewPrograms(root string, packages ...string) *Programs {
	return &Programs{root: root, packages: packages}
}

// Main runs the tests of a package, removes what was built, and returns the status to exit with.
func (p *Programs) Main(m *testing.M) int {
	status := m.Run()
	p.Remove()
	return status
}

// Remove removes what was built.
func (p *Programs) Remove() {
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // the system clears such folders too
	}
}

// Path returns the path of a program.
func (p *Programs) Path(t testing.TB, name string) string {
	t.Helper()
	p.once.Do(p.build)
	if p.err != nil {
		t.Fatal(p.err)
	}
	return filepath.Join(p.dir, name)
}

func (p *Programs) build() {
	if p.dir, p.err = os.MkdirTemp("", "kith-programs-"); p.err == nil {
		p.err = Build(p.root, p.dir, p.packages...)
	}
}
