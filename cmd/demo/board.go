// The page of a mesh: where it is served, and the file in which events are recorded.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
)

const (
	// boardAuto stands for usualBoard, or another port if that is taken.
	boardAuto = "auto"
	// boardOff stands for no page.
	boardOff = "off"
	// usualBoard is where the page is as a rule, so that it can be left open.
	usualBoard = "127.0.0.1:7717"
)

// boardAddr is where the page is served.
func boardAddr() kind[string] {
	addr := listenAddr()
	return text("host:port|auto|off", addr.want+", auto or off", func(s string) bool {
		_, ok := addr.parse(s)
		return ok || s == boardAuto || s == boardOff
	})
}

// board serves the page and records events, or does either.
type board struct {
	server *dashboard.Server // nil without a page
	work   sync.WaitGroup
	mu     sync.Mutex
	err    error // of the recording
}

// openBoard serves the page at addr and records in a file; either may be left out, the file
// by an empty path.
func openBoard(ctx context.Context, addr, path string, c dashboard.Config, log zerolog.Logger) (*board, error) {
	b := &board{}
	var l net.Listener
	if addr != boardOff {
		var err error
		if l, err = listenBoard(ctx, addr); err != nil {
			return nil, err // the file is left as it was
		}
	}
	if path != "" {
		if err := b.record(ctx, path, c.Source); err != nil {
			if l != nil {
				_ = l.Close() // nobody has come yet
			}
			return nil, err
		}
	}
	if l != nil {
		b.server = dashboard.Start(l, c, log)
	}
	return b, nil
}

// listenBoard listens on this machine alone if addr names no host.
func listenBoard(ctx context.Context, addr string) (net.Listener, error) {
	var listen net.ListenConfig
	if addr == boardAuto {
		if l, err := listen.Listen(ctx, "tcp", usualBoard); err == nil {
			return l, nil
		}
		return listen.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if host, port, _ := net.SplitHostPort(addr); host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	l, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--dashboard is %q, want a free port of this machine: %w", addr, err)
	}
	return l, nil
}

// record writes all events to a file, as they come, until there are no more. It returns when it
// has begun.
func (b *board) record(ctx context.Context, path string, events dashboard.Source) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("--record is %q, want a file that can be written: %w", path, err)
	}
	ctx = context.WithoutCancel(ctx) // the end of what is recorded is part of it
	begun := make(chan struct{})
	b.work.Go(func() {
		err := printEvents(ctx, events, &watched{Writer: file, begun: sync.OnceFunc(func() { close(begun) })})
		if err = errors.Join(err, file.Close()); err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.err = fmt.Errorf("recording: %w", err)
		}
	})
	<-begun
	return nil
}

// watched is a file of which it is told when something is written to it.
type watched struct {
	io.Writer

	begun func()
}

// Write implements io.Writer.
func (w *watched) Write(p []byte) (int, error) {
	w.begun()
	return w.Writer.Write(p)
}

// url is where the page is, empty when there is none.
func (b *board) url() string {
	if b == nil || b.server == nil {
		return ""
	}
	return b.server.URL()
}

// farewell is how long those who look may take to get the end.
const farewell = time.Second

// close ends the page, and returns when all is recorded of a stream that has ended.
func (b *board) close(ctx context.Context) error {
	if b == nil {
		return nil
	}
	b.work.Wait()
	if b.server != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		_ = b.server.Close(ctx) // whoever has not got the end by now does not get it
	}
	return b.err
}
