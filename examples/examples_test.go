// The examples run, end by themselves, and print what matters.

// Package examples_test builds the examples and runs each in a process of its own.
package examples_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
)

// root is the module's folder, seen from this package's.
const root = ".."

// patience is how long an example may take. It is only ever spent by a test that fails.
const patience = 3 * time.Minute

// programs are the demo and all examples.
var programs = testkit.NewPrograms(root, "./cmd/demo", "./examples/...")

func TestMain(m *testing.M) { os.Exit(programs.Main(m)) }

func TestExamples(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"cache": {
			`d reads apple: 1\.00`,
			`[bcd] forgets apple`,
			`[bcd] forgets apple`,
			`[bcd] forgets apple`,
			`b reads apple: 1\.20`,
			`c reads apple: 1\.20`,
			`d reads apple: 1\.20`,
			`d has missed messages of a \(slow_handler\), and forgets everything`,
			`d reads apple: 1\.50`,
		},
		"presence": {
			`pink  has devices 01 06 11 12 16 18`,
			`red   has devices 03 08 19`,
			`pink leaves`,
			`red   has devices 03 08 16 19`,
			`device-01 moves from pink to blue`,
			`device-18 moves from pink to gold`,
		},
		"bridge": {
			`a client of b has orders\.new: two apples`,
			`a client of c has orders\.new: two apples`,
			`done by b: \d+, done by c: \d+`,
			`a request that nobody can answer fails at once: .*no responders.*`,
		},
		"edge": {
			`200 agents are linked after .+`,
			`subscriptions to neighbors: \d{3,4}, for \d\.\d neighbors each`,
			`to hear everybody it would take 200 × 199: 39800`,
			`agent-\d{3} hears agent-100: hello`,
		},
		"secure": {
			`orders-2, with a certificate of the same authority, has the neighbor orders-1`,
			`orders-3, .* stays out: .+`,
			`orders-4, .* stays out: .+`,
			`guest-1, .* stays out: .*not admitted.*`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shows(t, run(t, name), lines...)
		})
	}
}

// run runs an example to its end, and returns what it has printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, programs.Path(t, name), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%s%s", name, err, out, &stderr)
	}
	return string(out)
}

// shows checks that there are such lines, in that order and perhaps others between them.
func shows(t *testing.T, out string, patterns ...string) {
	t.Helper()
	rest := patterns
	for line := range strings.Lines(out) {
		if len(rest) > 0 && regexp.MustCompile("^"+rest[0]+"\n?$").MatchString(line) {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("no line %q after those before it, in\n%s", rest[0], out)
	}
}

// TestEveryExampleIsTested finds the examples that nobody runs.
func TestEveryExampleIsTested(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("examples_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range folders {
		name := filepath.Dir(path)
		if !slices.Contains(untilEnded, name) && !strings.Contains(string(source), "\""+name+"\": {") {
			t.Errorf("the example %s is not run", name)
		}
	}
}
