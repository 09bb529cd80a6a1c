// A process without a file descriptor to spare.

//go:build unix

package tcptransport_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/tcptransport"
)

// withoutDescriptors says to a process of this test that it is the one which runs out of them.
const withoutDescriptors = "KITH_TEST_WITHOUT_DESCRIPTORS"

// While no descriptor is left accepting pauses, ever longer, and says so; the links that are there
// go on, and when there are descriptors again those who have waited are let in. The limit is that of
// a whole process, so that it takes one of its own.
func TestNoDescriptorLeft(t *testing.T) {
	if os.Getenv(withoutDescriptors) != "" {
		withNoDescriptorLeft(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self, "-test.run=^TestNoDescriptorLeft$", "-test.v")
	child.Env = append(os.Environ(), withoutDescriptors+"=yes")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNoDescriptorLeft") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// attempts is a listener that tells of every attempt to accept.
type attempts struct {
	net.Listener
	made chan attempt
}

type attempt struct {
	at  time.Time
	err error
}

func (l *attempts) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	l.made <- attempt{time.Now(), err}
	return c, err
}

// sharedLog is a log that is written and read at once.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) count(event string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), `"`+event+`"`)
}

func withNoDescriptorLeft(t *testing.T) {
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tries, log := &attempts{inner, make(chan attempt, 256)}, new(sharedLog)
	direct := func(t *testing.T, id string, cfg *tcptransport.Config) {
		loopback(t, id, cfg)
		cfg.Dialer = new(net.Dialer).DialContext
	}
	b := start(t, direct, "b", 1, func(cfg *tcptransport.Config) {
		cfg.Bind, cfg.Listener, cfg.Logger = "", tries, zerolog.New(log)
	})
	a := start(t, direct, "a", 1)
	a.send(b.peer, 1)
	b.gets(a.peer, 1)
	if first := <-tries.made; first.err != nil {
		t.Fatal(first.err)
	}

	free := exhaust(t)
	free(1)
	waiting := dialRaw(t, direct, b) // with the last one: it is not accepted
	var failed []attempt
	for len(failed) < 6 {
		next := <-tries.made
		if next.err == nil {
			t.Fatal("it was accepted with no descriptor left")
		}
		failed = append(failed, next)
		a.send(b.peer, uint32(10+len(failed))) //nolint:gosec // a small number
		b.gets(a.peer, uint32(10+len(failed))) //nolint:gosec // a small number
	}
	for i, pause := 1, 5*time.Millisecond; i < len(failed); i, pause = i+1, 2*pause {
		if got := failed[i].at.Sub(failed[i-1].at); got < pause {
			t.Errorf("attempt %d came %v after the one before, want %v at least", i, got, pause)
		}
	}
	if n := log.count("accept_failed"); n != 1 {
		t.Errorf("it was said %d times that accepting failed", n)
	}

	free(-1)
	waiting.send(helloFrame(stranger("c"), "b"))
	waiting.verdict(tcptransport.VerdictOK)
	waiting.send(readyFrame())
	waiting.send(messageFrame(2))
	b.gets(stranger("c"), 2)
	a.send(b.peer, 3)
	b.gets(a.peer, 3)
}

// exhaust opens files until there can be no more. The function that it returns closes so many of
// them, or all with -1.
func exhaust(t *testing.T) (free func(n int)) {
	t.Helper()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	var all []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		all = append(all, f)
	}
	free = func(n int) {
		if n < 0 {
			n = len(all)
		}
		for _, f := range all[:n] {
			_ = f.Close()
		}
		all = all[n:]
	}
	t.Cleanup(func() { free(-1) })
	return free
}
