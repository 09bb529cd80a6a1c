// A trace that was recorded, as it is in its file.

package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

// Playback is a [Source] of a file.
type Playback struct {
	path  string
	lines int
}

// OpenPlayback reads a whole file to see that it can be played. One that was cut off while
// it was written, as by a crash, is played up to there; any other error is a [trace.LineError]
// or of the file.
func OpenPlayback(path string) (*Playback, error) {
	p := &Playback{path: path}
	err := p.read(func(Line) error {
		p.lines++
		return nil
	})
	if err == nil && p.lines == 0 {
		err = &trace.LineError{Line: 1, Want: "kind hello in the first line"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// read hands on the lines of the file.
func (p *Playback) read(each func(Line) error) error {
	file, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // nothing was written
	in := trace.NewReader(file)
	for number := 1; ; number++ {
		_, line, err := in.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(Line{p.id(number), append(line, '\n')}); err != nil {
			return err
		}
	}
}

func (p *Playback) id(line int) string { return "line-" + strconv.Itoa(line) }

// ended reports whether the ID is that of the last line.
func (p *Playback) ended(after string) bool { return after == p.id(p.lines) }

// Follow implements [Source]: from the beginning, always.
func (p *Playback) Follow(ctx context.Context, _ string, send func([]Line) error) error {
	left := p.lines
	return p.read(func(l Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if left--; left < 0 {
			return nil // it has grown since
		}
		return send([]Line{l})
	})
}

// Dump implements [Source].
func (p *Playback) Dump(w io.Writer) error {
	return p.Follow(context.Background(), "", func(lines []Line) error {
		for _, l := range lines {
			if _, err := w.Write(l.JSON); err != nil {
				return err
			}
		}
		return nil
	})
}
