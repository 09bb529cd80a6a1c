// What is packaged fits the program: five.sh runs, and the flags that files pass exist.

// Package packaging_test runs packaging/five.sh, and holds the files beside it against the program.
package packaging_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/internal/testkit"
)

// root is the module's folder, seen from this package's.
const root = ".."

// patience is how long the script may take. It is only ever spent by a test that fails.
const patience = 3 * time.Minute

var programs = testkit.NewPrograms(root, "./cmd/demo")

func TestMain(m *testing.M) { os.Exit(programs.Main(m)) }

// TestFive runs five nodes: until they end by themselves, and until the script is told to end.
func TestFive(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("five.sh is NOT tested: there is no bash:", err)
	}
	for name, args := range map[string][]string{
		"by itself":   {"--for", "1s"},
		"by a signal": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := five(t, bash, args...)
			for _, want := range []string{"is one mesh: 5 nodes, 1 component", "a has left", "b has left", "c has left", "d has left", "e has left"} {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// five runs the script on a NATS server of its own, and returns what it prints. It is told to end
// when it says that it does not by itself.
func five(t *testing.T, bash string, args ...string) string {
	t.Helper()
	nats, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Shutdown)
	cmd := exec.Command(bash, append([]string{"./five.sh"}, args...)...)
	cmd.Env = append(os.Environ(), "DEMO="+programs.Path(t, "demo"), "KITH_SERVER="+nats.URL(), "KITH_CLUSTER=five", "TMPDIR="+t.TempDir())
	out := &screen{until: "Ctrl-C ends them", then: func() { _ = cmd.Process.Signal(syscall.SIGTERM) }}
	cmd.Stdout, cmd.Stderr = out, out
	lives, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lives.Close() }()
	cmd.ExtraFiles = []*os.File{held} // as all have that the script starts
	err = cmd.Start()
	_ = held.Close()
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // it ends its nodes
	if err := cmd.Wait(); err != nil {
		t.Errorf("five.sh: %v", err)
	}
	if !late.Stop() {
		t.Errorf("five.sh has not ended within %v", patience)
	}
	_ = lives.SetReadDeadline(time.Now().Add(30 * time.Second)) // which is only spent by a test that fails
	if _, err := io.ReadAll(lives); err != nil {
		t.Errorf("five.sh has left a process behind: %v", err)
	}
	return out.text.String()
}

// screen keeps what a process prints, and calls a function when it has printed something.
type screen struct {
	text  bytes.Buffer
	until string
	then  func()
}

func (s *screen) Write(data []byte) (int, error) {
	n, err := s.text.Write(data)
	if s.then != nil && strings.Contains(s.text.String(), s.until) {
		s.then()
		s.then = nil
	}
	return n, err
}

// TestFiveRefuses wants a mistake to be told, and nothing to be started.
func TestFiveRefuses(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("five.sh is NOT tested: there is no bash:", err)
	}
	out, err := exec.Command(bash, "./five.sh", "--for", "ever").CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), "usage: ") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestFlagsExist finds flags in the files here that 'demo node' does not have.
func TestFlagsExist(t *testing.T) {
	t.Parallel()
	help, err := exec.Command(programs.Path(t, "demo"), "node", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{"--for": true} // of five.sh itself
	for _, tt := range []struct {
		file  string
		least int // flags and variables that it has
	}{{"kith-node.service", 10}, {"five.sh", 3}} {
		text, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`--[a-z][a-z-]+|\bKITH_[A-Z_]+\b`).FindAllString(string(text), -1)
		if len(found) < tt.least {
			t.Errorf("%s: only %q are found", tt.file, found)
		}
		for _, name := range found {
			known := regexp.MustCompile(`(^|[\s(])` + name + `[\s,)]`).Match(help)
			if !known && !own[name] && name != "--help" {
				t.Errorf("%s has %s, and 'demo node' has not", tt.file, name)
			}
		}
	}
}

// TestUnit has systemd read its unit.
func TestUnit(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the unit is NOT tested: there is no systemd-analyze:", err)
	}
	text, err := os.ReadFile("kith-node.service")
	if err != nil {
		t.Fatal(err)
	}
	const program = "/usr/local/bin/demo"
	unit := filepath.Join(t.TempDir(), "kith-node.service")
	there := strings.ReplaceAll(string(text), program, programs.Path(t, "demo")) // it wants to find the program
	if err := os.WriteFile(unit, []byte(there), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
