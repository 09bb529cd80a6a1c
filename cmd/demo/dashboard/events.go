// Events as server-sent events.

package dashboard

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// again is how long who followed waits before it comes back, in milliseconds.
const again = "retry: 1000\n\n"

// here is a sign of life: an event, as a page is not told of comments.
const here = "event: here\ndata: {}\n\n"

// events serves the events as they come. Whoever has seen the end of them is told so by
// a status after which a browser does not ask again.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	after := r.Header.Get("Last-Event-ID")
	if p, ok := h.Source.(*Playback); ok && p.ended(after) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	f := &follower{w: w, control: http.NewResponseController(w)}
	_ = f.control.SetReadDeadline(time.Time{}) // which would end it; where there is none it cannot
	if f.write([]byte(again)) != nil {
		return
	}
	var beats sync.WaitGroup
	defer beats.Wait()
	beats.Go(func() { f.beat(ctx, cancel, h.Beat) })
	if err := h.Source.Follow(ctx, after, f.send); err == nil {
		_ = f.write([]byte("event: end\ndata: {}\n\n")) // or who followed has gone
	}
	cancel()
}

// follower is somebody who is sent events.
type follower struct {
	w       http.ResponseWriter
	control *http.ResponseController
	out     bytes.Buffer
	mu      sync.Mutex // held while something is written
}

// beat writes signs of life until ctx ends, and ends it when that fails.
func (f *follower) beat(ctx context.Context, cancel context.CancelFunc, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if f.write([]byte(here)) != nil {
				cancel()
				return
			}
		}
	}
}

// send writes a batch of events.
func (f *follower) send(batch []Line) error {
	f.out.Reset()
	for _, l := range batch {
		f.out.WriteString("id: ")
		f.out.WriteString(l.ID)
		f.out.WriteString("\ndata: ")
		f.out.Write(l.JSON)
		f.out.WriteByte('\n')
	}
	return f.write(f.out.Bytes())
}

// write sends bytes at once.
func (f *follower) write(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	return f.control.Flush()
}
