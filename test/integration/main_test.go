// Builds the program under test, once, and fails when a test leaves a goroutine behind.

//go:build unix

// Package integration_test runs real processes over loopback, and on hosts in network
// namespaces: nodes that are killed, suspended, cut off, restarted and lied to, beside a
// NATS server that comes and goes. A process tells what it does by its log, and the
// tests wait for that.
package integration_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kithmesh/kith/internal/testkit"
)

// root is the module's folder, seen from this package's.
const root = "../.."

func TestMain(m *testing.M) {
	if played, err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	} else if played {
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		programs.Remove()
		os.Exit(status)
	}))
}

var programs = testkit.NewPrograms(root, "./cmd/demo")

// program returns the path of the program.
func program(t *testing.T) string {
	t.Helper()
	return programs.Path(t, "demo")
}

// environment is that of this process without the variables which the program
// reads.
func environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "KITH_") && !strings.HasPrefix(pair, "NATS_") {
			env = append(env, pair)
		}
	}
	return env
}
