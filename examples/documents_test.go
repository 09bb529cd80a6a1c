// The commands that README.md and docs show: each is run, or stands below with the reason why not.

package examples_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/internal/testkit"
)

// How a command of a document is tested.
type treatment int

const (
	toItsEnd  treatment = iota // it runs, and ends well
	untilTold                  // it runs to the end of its document, is interrupted then, and ends well
	flagsOnly                  // the program reads its flags and shows its help
	elsewhere                  // it is none of this module's programs
)

// rules say what is not run to its end, and why; the first that fits counts.
var rules = []struct {
	command string
	how     treatment
	why     string
}{
	{`^demo$`, untilTold, "runs until Ctrl-C"},
	{`^demo node\b`, untilTold, "runs until Ctrl-C"},
	{`^demo (inspect .*--)?watch\b`, untilTold, "runs until Ctrl-C"},
	{`^demo sim (paper|plumtree|churn|liars|flash)\b`, flagsOnly, "takes minutes; the tests of sim run it with fewer nodes"},
	{`^service .*-certs`, untilTold, "runs until Ctrl-C"},
	{`^service\b`, flagsOnly, "wants ports of this machine that may be taken; TestServicesOfTwoMachines has free ones"},
	{`^nats `, elsewhere, "the command of NATS need not be there; TestNodesBridgeTheirServers of cmd/demo does that with nats.go"},
	{`^go get `, elsewhere, "asks a module proxy"},
	{`^go test `, elsewhere, "this is part of it"},
}

// given is what a document takes for granted: nodes that run.
var given = map[string][]string{"docs/operations.md": {"demo node --id a"}, "docs/trace.md": {"demo node --id a"}}

// pictures are indented blocks that are no commands, by document.
var pictures = []string{"docs/design.md"}

// programsOf translates how documents call the programs.
var programsOf = strings.NewReplacer("go run ./cmd/demo", "demo", "go run ./examples/", "")

// commands returns the commands of a part of a document, one a line, without comments. Hosts of
// a network that the document takes for example, 10.0.0.x, are addresses of this machine's
// loopback, others for each block: what one block starts may run while the next one does.
func commands(text string) []string {
	var all []string
	for _, block := range testkit.Blocks(text) {
		if block.Fenced && block.Language != "sh" {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(block.Text, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " # ")
			line, _, _ = strings.Cut(line, " | ") // what reads it is another program
			line = strings.ReplaceAll(line, "10.0.0.", fmt.Sprintf("127.%d.%d.", 1+os.Getpid()%250, block.Line%250))
			if line = strings.TrimSpace(programsOf.Replace(line)); line != "" {
				all = append(all, line)
			}
		}
	}
	return all
}

// word is one of a command line, perhaps in single quotes.
var word = regexp.MustCompile(`'[^']*'|\S+`)

// split takes a command line apart.
func split(line string) []string {
	words := word.FindAllString(line, -1)
	for i, w := range words {
		words[i] = strings.Trim(w, "'")
	}
	return words
}

// quick makes a command fit for a test: it takes any free ports, and does not go on for long.
func quick(line string) string {
	line = regexp.MustCompile(`--nats-listen \S+`).ReplaceAllString(line, "--nats-listen 127.0.0.1:0")
	return regexp.MustCompile(`--for \d+s`).ReplaceAllString(line, "--for 1s")
}

// rule returns the number of the rule for a command, -1 for none.
func rule(line string) int {
	for i, r := range rules {
		if regexp.MustCompile(r.command).MatchString(line) {
			return i
		}
	}
	return -1
}

func how(line string) treatment {
	i := rule(line)
	switch {
	case i < 0:
		return toItsEnd
	case strings.Contains(line, " 127.") && runtime.GOOS != "linux":
		return flagsOnly // elsewhere 127.0.0.1 alone is loopback
	}
	return rules[i].how
}

// documentPaths lists README.md and docs.
func documentPaths(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return append(paths, filepath.Join(root, "README.md"))
}

// nameOf is the path of a document within the module.
func nameOf(t *testing.T, path string) string {
	t.Helper()
	name, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(name)
}

func TestCommandsOfTheDocuments(t *testing.T) {
	t.Parallel()
	used := make([]bool, len(rules))
	total := 0
	for _, path := range documentPaths(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := nameOf(t, path)
		if slices.Contains(pictures, name) {
			continue
		}
		for section := range strings.SplitSeq(string(text), "\n## ") {
			lines := commands(section)
			total += len(lines)
			for _, line := range lines {
				if i := rule(line); i >= 0 {
					used[i] = true
				}
			}
			if len(lines) > 0 {
				heading, _, _ := strings.Cut(section, "\n")
				t.Run(name+" "+heading, func(t *testing.T) {
					t.Parallel()
					follow(t, append(slices.Clone(given[name]), lines...))
				})
			}
		}
	}
	if total < 25 {
		t.Errorf("only %d commands were found", total)
	}
	for i, r := range rules {
		if !used[i] {
			t.Errorf("no document has a command for the rule %q", r.command)
		}
	}
}

// follow does what a section says, line by line, with a NATS server of its own in place of the
// one at port 4222. Whoever is told of another node finds it.
func follow(t *testing.T, lines []string) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	folder := t.TempDir()
	env := append(plainEnvironment(), "KITH_SERVER="+server.URL(), "NATS_URL="+server.URL())
	for _, line := range lines {
		args := split(quick(line))
		switch how(line) {
		case untilTold:
			said := `.`
			if strings.Contains(line, "-contact ") {
				said = `neighbor_up|snapshot 1 `
			}
			serveIn(t, folder, env, args[0], args[1:]...).await(t, said)
		case flagsOnly:
			runIn(t, folder, env, args[0], append(args[1:], "--help")...)
		case toItsEnd:
			runIn(t, folder, env, args[0], args[1:]...)
		case elsewhere:
		}
	}
}

// plainEnvironment is that of this process without the variables which the programs read.
func plainEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "KITH_") || strings.HasPrefix(pair, "NATS_")
	})
}

// runIn runs a program to its end in a folder. While a mesh is just being made, demo inspect may
// find that it is not whole: it is tried again. It returns what the program printed.
func runIn(t *testing.T, folder string, env []string, name string, args ...string) string {
	t.Helper()
	deadline := time.Now().Add(patience)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, programs.Path(t, name), args...)
		cmd.Dir, cmd.Env = folder, env
		out, err := cmd.CombinedOutput()
		if err == nil {
			return string(out)
		}
		const fault = 1 // of demo: something is not as it should be
		again := cmd.ProcessState.ExitCode() == fault && slices.Contains(args, "inspect")
		if !again || time.Now().After(deadline) {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
}

// knowsFlags has demo read flags and show its help. The last one may be named without a value.
func knowsFlags(t *testing.T, args []string) {
	t.Helper()
	last := args[len(args)-1]
	if strings.HasPrefix(last, "--") {
		args = args[:len(args)-1]
	}
	help := runIn(t, t.TempDir(), plainEnvironment(), "demo", append(args, "--help")...)
	if strings.HasPrefix(last, "--") && !strings.Contains(help, last+" ") {
		t.Errorf("demo %s has no flag %s", strings.Join(args, " "), last)
	}
}

// What documents have between backquotes and looks like a command is one: demo understands its
// flags, the example is there, and so is the target of make.
func TestCommandsInTheText(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, path := range documentPaths(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range testkit.Spans(string(text)) {
			line := programsOf.Replace(span)
			if seen[line] {
				continue
			}
			words := split(line)
			switch {
			case strings.HasPrefix(line, "demo "):
				knowsFlags(t, words[1:])
			case strings.HasPrefix(span, "go run ./examples/"):
				if _, err := os.Stat(programs.Path(t, words[0])); err != nil {
					t.Errorf("%s: %s: %v", nameOf(t, path), span, err)
				}
			case words[0] == "make":
				if !strings.Contains(string(makefile), "\n"+words[1]+": ") {
					t.Errorf("%s: %s: no such target", nameOf(t, path), span)
				}
			default:
				continue
			}
			seen[line] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d commands: %s", len(seen), fmt.Sprint(seen))
	}
}
