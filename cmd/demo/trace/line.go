// Lines: events read from a file, each checked, and written.

package trace

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxLine bounds a line, in bytes without its end. The picture of 5,000 nodes is shorter.
const MaxLine = 16 << 20

// maxName bounds what an event calls a node, its kind or its state, in bytes.
const maxName = 64

// ErrTrace is matched by every [LineError].
var ErrTrace = errors.New("trace: not a trace of a mesh")

// LineError says which line cannot be used, and what was wanted there.
type LineError struct {
	Line int // from 1
	Want string
	Err  error // the cause, or nil
}

// Error implements error.
func (e *LineError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("trace: line %d: want %s: %v", e.Line, e.Want, e.Err)
	}
	return fmt.Sprintf("trace: line %d: want %s", e.Line, e.Want)
}

// Is makes every LineError match [ErrTrace].
func (e *LineError) Is(target error) bool { return target == ErrTrace }

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads a trace.
type Reader struct {
	in   *bufio.Reader
	line int
	t    float64
}

// NewReader returns a reader of lines.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 64<<10)} }

// Next returns the next event and its line, without the end of that. An event of an unknown kind is
// returned as it is: a later version has more. The error is io.EOF at the end, a [LineError], or
// that of the reader below.
func (r *Reader) Next() (Event, []byte, error) {
	line, err := r.read()
	if err != nil {
		return Event{}, nil, err
	}
	e, want, err := parse(line)
	if want != "" {
		return Event{}, nil, r.fault(want, err)
	}
	switch {
	case r.line == 1 && e.Kind != Hello:
		return Event{}, nil, r.fault("kind hello in the first line", nil)
	case e.T < r.t:
		return Event{}, nil, r.fault(fmt.Sprintf("t of at least %v, as before", r.t), nil)
	}
	r.t = e.T
	return e, line, nil
}

// read returns the next line.
func (r *Reader) read() ([]byte, error) {
	var line []byte
	for r.line++; ; {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine+1:
			return nil, r.fault(fmt.Sprintf("at most %d bytes", MaxLine), nil)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, r.fault("the end of the line", io.ErrUnexpectedEOF)
		case err != nil:
			return nil, err
		}
		return line[:len(line)-1], nil
	}
}

func (r *Reader) fault(want string, err error) error {
	return &LineError{Line: r.line, Want: want, Err: err}
}

// want says what an event lacks, nothing when it is well formed.
func (e *Event) want() string {
	switch {
	case e.Kind == "" || len(e.Kind) > maxName:
		return fmt.Sprintf("a kind of 1 to %d bytes", maxName)
	case e.T < 0:
		return "t of 0 or more"
	case e.Kind == Hello && (e.Version < 1 || e.Version > Version):
		return fmt.Sprintf("version 1 to %d, not %d", Version, e.Version)
	case e.Kind == Whole && e.Picture == nil:
		return "a picture"
	case e.Kind == Sample && e.Figures == nil:
		return "figures"
	case len(e.Node) > maxName || len(e.Peer) > maxName || len(e.State) > maxName:
		return fmt.Sprintf("node, peer and state of at most %d bytes", maxName)
	case e.Node == "" && e.ofNode():
		return "a node"
	case e.Peer == "" && e.ofPair():
		return "a peer"
	}
	return ""
}

// ofNode reports whether events of that kind are about a node.
func (e *Event) ofNode() bool {
	return e.ofPair() || e.Kind == NodeIs || e.Kind == Repaired || e.Kind == Wave || e.Kind == Hop
}

// ofPair reports whether events of that kind are about a node and one of its neighbors.
func (e *Event) ofPair() bool {
	return e.Kind == Up || e.Kind == Down || e.Kind == LinkIs || e.Kind == TreeIs
}

// Line returns the event as a line, with its end.
func Line(e *Event) ([]byte, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// Parse reads one line, with or without its end. The error is a [LineError].
func Parse(line []byte) (Event, error) {
	e, want, err := parse(line)
	if want != "" {
		return Event{}, &LineError{Line: 1, Want: want, Err: err}
	}
	return e, nil
}

// parse returns what is wanted instead of the line, if that is not well formed, and the cause.
func parse(line []byte) (Event, string, error) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, "an event as JSON", err
	}
	return e, e.want(), nil
}
