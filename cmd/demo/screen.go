// Drawing on the terminal, and leaving it as it was.

package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// redraw is the time between two drawings.
const redraw = 250 * time.Millisecond

// screen is a terminal that can show a table in place of what was there before.
type screen struct {
	w    io.Writer
	mu   sync.Mutex
	took bool // the terminal is taken over
}

func newScreen(w io.Writer) *screen { return &screen{w: w} }

// open takes the terminal over: the alternate screen, without a cursor.
func (s *screen) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = true
	_, _ = io.WriteString(s.w, "\x1b[?1049h\x1b[?25l")
}

// close gives the terminal back as it was; nothing is drawn after it. It may be
// called at any time and from any goroutine.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.took {
		s.took = false
		_, _ = io.WriteString(s.w, "\x1b[?25h\x1b[?1049l")
	}
}

// draw replaces the picture in one write, so that it does not flicker.
func (s *screen) draw(lines []string) {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line + "\x1b[K")
	}
	b.WriteString("\x1b[J")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.took {
		_, _ = io.WriteString(s.w, b.String())
	}
}

// start draws until ctx ends or the returned function, which waits for it, is
// called.
func (s *screen) start(ctx context.Context, look func() *frame, color ink) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		ticker := time.NewTicker(redraw)
		defer ticker.Stop()
		for ctx.Err() == nil {
			width, height := terminalSize(s.w)
			// The last column stays free: some terminals wrap as soon as it is written.
			s.draw(render(look(), width-1, height, color))
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	return func() {
		cancel()
		work.Wait()
	}
}

func terminalSize(w io.Writer) (width, height int) {
	if f, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}
