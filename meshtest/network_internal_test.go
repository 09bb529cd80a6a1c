// The network by itself: what a cut connection shows, and what it hides.

package meshtest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// testWire is two hosts and a connection from the first to the second.
type testWire struct {
	network   *network
	a, b      *host
	listener  net.Listener
	near, far *conn
}

func newWire(t *testing.T) *testWire {
	t.Helper()
	w := &testWire{network: newNetwork()}
	w.a, w.b = w.network.newHost(0), w.network.newHost(1)
	var err error
	if w.listener, err = w.b.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.network.crash(w.a, w.b)
		for _, c := range []*conn{w.near, w.far} {
			_ = c.Close() // a test may have closed it
		}
		w.network.flushes.Wait()
	})
	w.near, w.far = w.connect(t)
	return w
}

func (w *testWire) connect(t *testing.T) (near, far *conn) {
	t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := w.listener.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	dialed, err := w.a.dial(t.Context(), "tcp", w.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, ok := dialed.(*conn)
	far, also := (<-accepted).(*conn)
	if !ok || !also {
		t.Fatalf("dialed a %T", dialed)
	}
	return near, far
}

func (w *testWire) cut(from, to int) {
	w.network.change(func() { w.network.blocked[direction{from, to}] = true })
}

func (w *testWire) heal() { w.network.change(func() { clear(w.network.blocked) }) }

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

// expectNothing reads until a short deadline.
func expectNothing(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v; want the deadline", n, err)
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func TestCutHidesDataAndHealDeliversIt(t *testing.T) {
	w := newWire(t)
	send(t, w.near, "before")
	expect(t, w.far, "before")
	w.cut(0, 1)
	send(t, w.near, "during")
	expectNothing(t, w.far)
	send(t, w.far, "back")
	expect(t, w.near, "back")
	w.heal()
	expect(t, w.far, "during")
}

// A read that waits in the kernel when the cut begins must not see what comes
// after.
func TestCutInterruptsAReadUnderWay(t *testing.T) {
	w := newWire(t)
	got := make(chan string)
	go func() {
		b := make([]byte, 16)
		n, err := w.far.Read(b)
		if err != nil {
			t.Error(err)
		}
		got <- string(b[:n])
	}()
	w.cut(0, 1)
	send(t, w.near, "during")
	select {
	case text := <-got:
		t.Fatalf("read %q through a cut", text)
	case <-time.After(20 * time.Millisecond):
	}
	w.heal()
	if text := <-got; text != "during" {
		t.Fatalf("read %q after the heal", text)
	}
}

func TestCutHidesTheEndOfAConnection(t *testing.T) {
	for name, end := range map[string]func(*conn) error{
		"close":      (*conn).Close,
		"reset":      func(c *conn) error { return errors.Join(c.SetLinger(0), c.Close()) },
		"half close": (*conn).CloseWrite,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			w.cut(0, 1)
			w.cut(1, 0)
			if err := end(w.near); err != nil {
				t.Fatal(err)
			}
			expectNothing(t, w.far)
			send(t, w.far, "into the void")
			w.heal()
			if n, err := w.far.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Fatalf("read %d bytes, %v; want the end", n, err)
			}
		})
	}
}

func TestDeadlineOfACutConnectionMoves(t *testing.T) {
	w := newWire(t)
	w.cut(0, 1)
	failed := make(chan error)
	go func() {
		_, err := w.far.Read(make([]byte, 1))
		failed <- err
	}()
	if err := w.far.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.far.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
}

func TestCloseEndsAReadOfACutConnection(t *testing.T) {
	w := newWire(t)
	w.cut(0, 1)
	failed := make(chan error)
	go func() {
		_, err := w.far.Read(make([]byte, 1))
		failed <- err
	}()
	if err := w.far.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("got %v, want net.ErrClosed", err)
	}
}

func TestWritesIntoACutBlockWhenItIsFull(t *testing.T) {
	w := newWire(t)
	w.cut(0, 1)
	chunk := make([]byte, 64<<10)
	for range mostHeld / len(chunk) {
		send(t, w.near, string(chunk))
	}
	if err := w.near.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.near.Write(chunk); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
	w.heal()
	if n, err := io.ReadFull(w.far, make([]byte, mostHeld)); err != nil {
		t.Fatalf("%d bytes arrived, %v", n, err)
	}
}

func TestDialIntoACutHangsUntilItHeals(t *testing.T) {
	w := newWire(t)
	w.cut(1, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := w.a.dial(ctx, "tcp", w.listener.Addr().String())
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %v, want a timeout", err)
	}
	time.AfterFunc(10*time.Millisecond, w.heal)
	near, far := w.connect(t)
	send(t, near, "hello")
	expect(t, far, "hello")
}

func TestPauseShutsEverything(t *testing.T) {
	w := newWire(t)
	w.network.change(func() { w.network.paused[1] = true })
	send(t, w.near, "in")
	send(t, w.far, "out")
	expectNothing(t, w.near)
	expectNothing(t, w.far)
	w.network.change(func() { clear(w.network.paused) })
	expect(t, w.near, "out")
	expect(t, w.far, "in")
}

func TestCrashResetsAndRefuses(t *testing.T) {
	w := newWire(t)
	w.network.change(func() { w.network.paused[1] = true })
	w.network.crash(w.b)
	if _, err := w.near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	if _, err := w.a.dial(t.Context(), "tcp", w.listener.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want a refusal", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := w.b.dial(ctx, "tcp", w.listener.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a dial of a crashed host ended with %v", err)
	}
	expectNothing(t, w.far)
	if n := len(w.network.ends); n != 1 {
		t.Errorf("%d ends are known, want the survivor's", n)
	}
}
