// The demo as a process, and where its page is.

package browser_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a machine with much other work.
const patience = 60 * time.Second

// binary is the demo, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kith-browser-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "demo")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	build := exec.Command("go", "build", "-o", path, "github.com/kithmesh/kith/cmd/demo")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// demo is a demo that runs.
type demo struct {
	url  string
	stop func() // as Ctrl-C does; once it returns nobody runs
}

// startDemo runs the demo with arguments and a page, and returns when that is served.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(args, "--dashboard") {
		args = append(args, "--dashboard", "127.0.0.1:0")
	}
	cmd := exec.Command(path, append(args, "--log-format", "json")...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url := make(chan string, 1)
	logged := make(chan string, 1)
	go func() { logged <- readLog(stderr, url) }()
	d := &demo{stop: sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended by itself
		timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		<-logged
		_ = cmd.Wait() // what it thinks of what was done to its mesh is not tested here
		timer.Stop()
	})}
	t.Cleanup(d.stop)
	select {
	case d.url = <-url:
	case text := <-logged:
		t.Fatalf("demo %s has ended without a page:\n%s", strings.Join(args, " "), text)
	case <-time.After(patience):
		t.Fatalf("demo %s has not told where its page is", strings.Join(args, " "))
	}
	return d
}

// readLog reads the log until it ends, tells the address of the page, and returns the end of it.
func readLog(r io.Reader, url chan<- string) string {
	var last []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var line struct{ Message, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "dashboard" {
			url <- line.URL
		}
		if last = append(last, lines.Text()); len(last) > 20 {
			last = last[1:]
		}
	}
	return strings.Join(last, "\n")
}

// freeAddr returns an address of this machine that nobody listens at.
func freeAddr(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
