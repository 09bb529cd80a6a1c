// Command lines that come to an end by themselves, and what they say.

//go:build unix

package integration_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
)

// output is how a command ended.
type output struct {
	status         int
	stdout, stderr string
}

// runDemo runs a command to its end.
func runDemo(t *testing.T, args ...string) output {
	t.Helper()
	return runBy(t, exec.Command, args...)
}

// runBy is runDemo here or on some host.
func runBy(t *testing.T, command commander, args ...string) output {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(program(t), args...)
	cmd.Env = environment()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Start()
	if err == nil {
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() }) // it may have ended
		err = cmd.Wait()
		stop()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("demo %s: %v, %v\n%s", strings.Join(args, " "), err, ctx.Err(), stderr.String())
	}
	return output{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// TestErrorsAtStart: whatever is wrong, the message names the flag, what it was
// given, and what it wants.
func TestErrorsAtStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing was written
	busy, nobody := taken.Addr().String(), freeAddr(t)
	const fault, usage = 1, 2
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{
			"nobody at the NATS URL",
			[]string{"--server", "nats://" + nobody},
			fault,
			[]string{"--server", nobody, "is the server running"},
		},
		{
			"NATS URL malformed",
			[]string{"--server", "http://127.0.0.1"},
			usage,
			[]string{"--server", `"http://127.0.0.1"`, "want a NATS URL"},
		},
		{
			"contact malformed",
			[]string{"--contact", "nonsense"},
			usage,
			[]string{"--contact", `"nonsense"`, "want the host:port"},
		},
		{
			"contact with port 0",
			[]string{"--contact", "127.0.0.1:0"},
			usage,
			[]string{"--contact", `"127.0.0.1:0"`, "want the host:port"},
		},
		{
			"address in use",
			[]string{"--contact", nobody, "--listen", busy},
			fault,
			[]string{"--listen", busy, "want a free port", "address already in use"},
		},
		{
			"NATS address in use",
			[]string{"--contact", nobody, "--nats-listen", busy},
			fault,
			[]string{"--nats-listen", busy, "want a free port", "address already in use"},
		},
		{
			"advertises all addresses",
			[]string{"--contact", nobody, "--advertise", "0.0.0.0"},
			usage,
			[]string{"--advertise", `"0.0.0.0"`, "want the host"},
		},
		{
			"listens on all and advertises none",
			[]string{"--contact", nobody, "--listen", "0.0.0.0:0"},
			usage,
			[]string{"--advertise", "want the host:port", "0.0.0.0:0"},
		},
		{
			"cluster with a dot",
			[]string{"--cluster", "a.b"},
			usage,
			[]string{"--cluster", `"a.b"`, "want 1 to 64 of A-Z a-z 0-9 - _"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := runDemo(t, append([]string{"node"}, tt.args...)...)
			if out.status != tt.status {
				t.Errorf("exit status %d, want %d", out.status, tt.status)
			}
			for _, word := range tt.says {
				if !strings.Contains(out.stderr, word) {
					t.Errorf("stderr does not say %q:\n%s", word, out.stderr)
				}
			}
			if strings.Contains(out.stderr, "goroutine ") {
				t.Errorf("a panic:\n%s", out.stderr)
			}
		})
	}
}
