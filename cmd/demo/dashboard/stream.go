// The stream of events: the latest are kept for those who come late, or again.

package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

// Keep bounds what a stream keeps for those who come late; 0 stands for the default.
type Keep struct {
	Age    time.Duration // 10 min
	Events int           // 100,000
	Bytes  int           // 24 MiB
}

func (k Keep) orDefault() Keep {
	return Keep{cmp.Or(k.Age, 10*time.Minute), cmp.Or(k.Events, 100_000), cmp.Or(k.Bytes, 24<<20)}
}

// between is the time from one whole picture to the next, for those who go back.
const between = 10 * time.Second

// Line is one event as those who follow get it.
type Line struct {
	ID   string // says where to go on
	JSON []byte // with the end of the line; shared, not to be changed
}

// Stream numbers events and hands them on. Nobody who reads holds up whoever tells.
type Stream struct {
	hello trace.Event
	keep  Keep
	name  string // in IDs, so that they do not fit another stream
	began time.Time

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every event
	seq     uint64        // of the latest event
	t       float64       // when that was
	scene   trace.Scene   // after the latest event
	base    trace.Scene   // before the first that is kept
	baseT   float64
	kept    []keptLine
	bytes   int
	whole   float64 // when the latest whole picture was kept
	over    bool
}

// keptLine is an event with its number, which is that of the one before and 1.
type keptLine struct {
	seq  uint64
	t    float64
	line []byte
}

// NewStream begins a stream. The event says what it is of: Cluster, Source and Controls.
func NewStream(hello trace.Event, keep Keep) *Stream {
	s := &Stream{keep: keep.orDefault(), began: time.Now(), changed: make(chan struct{})}
	hello.Kind, hello.Version, hello.Began = trace.Hello, trace.Version, s.began.UTC().Format(time.RFC3339Nano)
	s.hello, s.name = hello, strconv.FormatInt(s.began.UnixNano(), 36)
	return s
}

// Tell adds an event that happened at a time. Events that are told late get the time of the one before.
func (s *Stream) Tell(at time.Time, e trace.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.t = max(s.t, float64(at.Sub(s.began).Microseconds())/1000)
	s.add(&e)
	if s.t-s.whole >= float64(between.Milliseconds()) {
		s.whole = s.t
		s.add(&trace.Event{Kind: trace.Whole, Picture: s.scene.Picture()})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// add numbers and keeps an event. The caller holds the mutex.
func (s *Stream) add(e *trace.Event) {
	e.Seq, e.T = s.seq+1, s.t
	line, err := trace.Line(e)
	if err != nil {
		return // a number that is none: there is nothing to be told
	}
	s.seq++
	s.scene.Apply(e)
	s.kept = append(s.kept, keptLine{e.Seq, e.T, line})
	s.bytes += len(line)
	for len(s.kept) > 1 && (len(s.kept) > s.keep.Events || s.bytes > s.keep.Bytes ||
		s.t-s.kept[0].t > float64(s.keep.Age.Milliseconds())) {
		s.forget()
	}
}

// forget takes the oldest event that is kept into the picture before all others.
func (s *Stream) forget() {
	oldest := s.kept[0]
	s.kept[0] = keptLine{}
	s.kept = s.kept[1:]
	s.bytes -= len(oldest.line)
	s.baseT = oldest.t
	if e, err := trace.Parse(oldest.line); err == nil {
		s.base.Apply(&e)
	}
}

// Scene calls f with the mesh as it is now. f must not keep it, nor tell anything.
func (s *Stream) Scene(f func(*trace.Scene)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.scene)
}

// End ends the stream: those who follow have then got everything.
func (s *Stream) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		close(s.changed)
	}
}

// mostLines is how many lines are handed on at once.
const mostLines = 1024

// Follow implements [Source].
func (s *Stream) Follow(ctx context.Context, after string, send func([]Line) error) error {
	lines, at := s.begin(after)
	for {
		more, next, changed := s.next(at)
		at = next
		if lines = append(lines, more...); len(lines) > 0 {
			if err := send(lines); err != nil {
				return err
			}
		}
		if lines = lines[:0]; len(more) == mostLines {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
		s.mu.Lock()
		done := s.over && at == s.seq
		s.mu.Unlock()
		if done {
			return nil
		}
	}
}

// begin returns what comes before the events for somebody who has come this far, and the number
// of the event after which he goes on.
func (s *Stream) begin(after string) ([]Line, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, number, _ := strings.Cut(after, "-")
	if seq, err := strconv.ParseUint(number, 10, 64); err == nil && name == s.name && seq <= s.seq && !s.missed(seq) {
		return nil, seq
	}
	lines := []Line{s.line(s.hello)}
	if after != "" {
		lines = append(lines, s.line(trace.Event{Kind: trace.Gap}))
	}
	return append(lines, s.line(trace.Event{Kind: trace.Whole, Picture: s.scene.Picture()})), s.seq
}

// missed reports whether events after that one are not kept any more.
func (s *Stream) missed(seq uint64) bool { return s.seq-seq > uint64(len(s.kept)) }

// line makes an event for one reader, of what is so after the latest. The caller holds the mutex.
func (s *Stream) line(e trace.Event) Line {
	e.Seq, e.T = s.seq, s.t
	line, _ := trace.Line(&e) // there is no number in it that is none
	return Line{s.id(s.seq), line}
}

func (s *Stream) id(seq uint64) string { return fmt.Sprintf("%s-%d", s.name, seq) }

// next returns the events after that one, or a gap, the number of the last, and what is closed when there are more.
func (s *Stream) next(at uint64) ([]Line, uint64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missed(at) {
		whole := trace.Event{Kind: trace.Whole, Picture: s.scene.Picture()}
		return []Line{s.line(trace.Event{Kind: trace.Gap}), s.line(whole)}, s.seq, s.changed
	}
	rest := s.kept[uint64(len(s.kept))-(s.seq-at):]
	rest = rest[:min(len(rest), mostLines)]
	lines := make([]Line, 0, len(rest))
	for _, k := range rest {
		lines = append(lines, Line{s.id(k.seq), k.line})
		at = k.seq
	}
	return lines, at, s.changed
}

// Dump implements [Source]: with what is kept.
func (s *Stream) Dump(w io.Writer) error {
	s.mu.Lock()
	kept := append([]keptLine(nil), s.kept...)
	first := trace.Event{Seq: s.seq - uint64(len(kept)), T: s.baseT, Kind: trace.Whole, Picture: s.base.Picture()}
	hello := s.hello
	s.mu.Unlock()
	hello.Seq, hello.T = first.Seq, first.T
	for _, e := range []trace.Event{hello, first} {
		line, err := trace.Line(&e)
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	for _, k := range kept {
		if _, err := w.Write(k.line); err != nil {
			return err
		}
	}
	return nil
}
