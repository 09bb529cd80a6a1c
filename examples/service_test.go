// The examples that run until they are told to end: several processes that meet.

package examples_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
)

// untilEnded are the examples that do not end by themselves.
var untilEnded = []string{"hello", "service"}

// service is an example that runs.
type service struct {
	cmd   *exec.Cmd
	lines chan string
	said  []string
}

// serve starts an example, which is ended with the test.
func serve(t *testing.T, env []string, name string, args ...string) *service {
	t.Helper()
	return serveIn(t, "", append(os.Environ(), env...), name, args...)
}

// serveIn does so in a folder, with nothing but this environment.
func serveIn(t *testing.T, folder string, env []string, name string, args ...string) *service {
	t.Helper()
	s := &service{lines: make(chan string, 1000), cmd: exec.CommandContext(context.WithoutCancel(t.Context()), programs.Path(t, name), args...)}
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Dir, s.cmd.Env = w, w, folder, env
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.lines)
		for scan := bufio.NewScanner(r); scan.Scan(); {
			s.lines <- scan.Text()
		}
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		err := s.cmd.Wait()
		_ = w.Close()
		if err != nil {
			t.Errorf("%s: %v, after %q", name, err, s.said)
		}
	})
	return s
}

// await returns what the pattern matches in the first line in which it does.
func (s *service) await(t *testing.T, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				t.Fatalf("it has ended without %q: %q", pattern, s.said)
			}
			s.said = append(s.said, line)
			if found := want.FindStringSubmatch(line); found != nil {
				return found
			}
		case <-deadline:
			t.Fatalf("no line %q: %q", pattern, s.said)
		}
	}
}

func TestHelloGreetsItsNeighbors(t *testing.T) {
	t.Parallel()
	server, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	env := []string{"NATS_URL=" + server.URL()}
	const greeting = `^(\S+) says hello$`
	first := serve(t, env, "hello")
	name := first.await(t, greeting)[1] // to itself
	second := serve(t, env, "hello")
	second.await(t, neighborKnown)
	for first.await(t, greeting)[1] == name {
	}
}

// neighborKnown is the line in which a node tells of its only neighbor.
const neighborKnown = `^(snapshot 1 neighbors|neighbor_up )`

// The example of docs/getting-started.md for two machines: two nodes with certificates, and
// clients that speak to another server each.
func TestServicesOfTwoMachines(t *testing.T) {
	t.Parallel()
	certs := filepath.Join(t.TempDir(), "certs")
	run(t, "demo", "certs", "a", "b", "--out", certs)
	ready := `^nodes dial (\S+) and NATS clients connect to (\S+)$`
	args := func(id string, more ...string) []string {
		return append([]string{"-id", id, "-listen", "127.0.0.1:0", "-nats", "127.0.0.1:0", "-certs", certs}, more...)
	}
	a := serve(t, nil, "service", args("a")...)
	at := a.await(t, ready)
	b := serve(t, nil, "service", args("b", "-contact", at[1])...)
	bt := b.await(t, ready)
	b.await(t, neighborKnown)
	there, err := nats.Connect(bt[2])
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	sub, err := there.SubscribeSync("orders.>")
	if err != nil {
		t.Fatal(err)
	}
	here, err := nats.Connect(at[2])
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	// Nobody is told when the subscription is known at the other node.
	deadline := time.Now().Add(patience)
	for {
		if err := here.Publish("orders.new", []byte("hello")); err != nil {
			t.Fatal(err)
		}
		m, err := sub.NextMsg(50 * time.Millisecond)
		if err == nil && string(m.Data) == "hello" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is heard: %v", err)
		}
	}
}
