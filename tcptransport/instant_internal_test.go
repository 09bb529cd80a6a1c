//go:build unix

// What is written by whoever sends it, and what is left to a goroutine.

package tcptransport

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

// newWritten makes a link that is up, and the other end of its connection. Of what is sent on it
// everything may be written at once.
func newWritten(t *testing.T) (*link, net.Conn) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(listener)
	near, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeQuietly(near); closeQuietly(far) })
	tr := &Transport{cfg: DefaultConfig()}
	l := tr.newLink(&views.Peer{ID: "far"})
	l.patience.calm = 0
	l.state, l.stream = Up, newStream(near, near)
	l.patience.attach(near)
	return l, far
}

// What fits into the socket is with it when the call returns.
func TestWriteAtOnce(t *testing.T) {
	l, far := newWritten(t)
	for i := range 100 {
		frame := fmt.Appendf(nil, "frame %d", i)
		if err := l.out.urge(frame); err != nil {
			t.Fatal(err)
		}
		pieces := [][]byte{[]byte(" of"), bytes.Repeat([]byte{byte(i)}, copied+1), []byte("pieces")}
		if _, err := l.out.carry(pieces, 1<<20); err != nil {
			t.Fatal(err)
		}
		if l.out.writing || l.out.pending() != 0 {
			t.Fatalf("round %d: %d bytes are not written", i, l.out.pending())
		}
		want := append(frame, bytes.Join(pieces, nil)...)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: %q, %v", i, got, err)
		}
	}
	l.t.wg.Wait() // no writer is left
}

// What does not fit is written by a goroutine, from where the first write ended, and after a
// deadline that has passed meanwhile.
func TestWriteAtOnceInParts(t *testing.T) {
	l, far := newWritten(t)
	var want []byte
	for i := 0; l.out.pending() == 0; i++ {
		pieces := [][]byte{bytes.Repeat([]byte{byte(i)}, 5000), bytes.Repeat([]byte{byte(i)}, 7001)}
		want = append(want, bytes.Join(pieces, nil)...)
		if _, err := l.out.carry(pieces, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes are not what was sent, %v", len(got), err)
	}
	l.t.wg.Wait()
	if err := l.stream.conn.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := l.out.urge([]byte("later")); err != nil {
		t.Fatal(err)
	}
	if got = got[:5]; l.out.pending() != 0 {
		t.Error("the deadline of an earlier write is still there")
	}
	if _, err := io.ReadFull(far, got); err != nil || string(got) != "later" {
		t.Fatalf("%q, %v", got, err)
	}
}

// What a batch has left when some of it was written.
func TestBatchAfter(t *testing.T) {
	for n := range 9 {
		b := batch{carried: net.Buffers{[]byte("ab"), []byte("cde"), []byte("fghi")}}
		left := b.after(n)
		if got := string(left.gather(nil)); got != "abcdefghi"[n:] {
			t.Errorf("after %d: %q", n, got)
		}
		b = batch{frames: []byte("abcdefghi")}
		left = b.after(n)
		if got := string(left.one()); got != "abcdefghi"[n:] {
			t.Errorf("after %d of frames: %q", n, got)
		}
	}
}
