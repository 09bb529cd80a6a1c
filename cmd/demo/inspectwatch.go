// The command inspect --watch: one look after the other, and what has changed since the last.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// nobodyError is that of a look at which nobody answered.
type nobodyError struct{ cluster, server string }

// Error implements error.
func (e *nobodyError) Error() string {
	return fmt.Sprintf("nobody of cluster %s answers at %s: is --cluster right, and are nodes connected to this NATS?",
		e.cluster, redacted(e.server))
}

func nobodyAnswers(err error) bool {
	_, ok := errors.AsType[*nobodyError](err)
	return ok
}

// looker asks the members once.
type looker func(ctx context.Context) (*inspection, error)

// watcher shows looks.
type watcher struct {
	look  looker
	every time.Duration
	show  func(look) error

	last *inspection
}

// look is one inspection in a row of them. Its JSON form is a line of inspect --watch --json.
type look struct {
	Time    time.Time `json:"time"`
	Changes changes   `json:"changes"`
	inspection
}

// run looks until ctx ends, which is no error. The first look has to succeed; later ones may
// fail while NATS is away.
func (w *watcher) run(ctx context.Context, failed func(error)) error {
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for {
		in, err := w.look(ctx)
		if w.last != nil && nobodyAnswers(err) {
			nobody := inspectionOf(w.last.Cluster, nil)
			in, err = &nobody, nil
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if err := w.tell(in); err != nil {
				return err
			}
		case w.last == nil:
			return err
		default:
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// tell shows what a look has brought; the first has brought no change.
func (w *watcher) tell(in *inspection) error {
	if w.last == nil {
		w.last = in
	}
	c := changesBetween(w.last, in)
	w.last = in
	return w.show(look{Time: time.Now(), Changes: c, inspection: *in})
}

// linePrinter writes the first look as it is, then a line for each change.
func linePrinter(w io.Writer) func(look) error {
	first := true
	return func(l look) error {
		if first {
			first = false
			return l.writeText(w)
		}
		var b strings.Builder
		for _, line := range l.Changes.lines() {
			fmt.Fprintf(&b, "%s %s\n", l.Time.Format(time.TimeOnly), line)
		}
		if b.Len() > 0 { // and how things are now
			fmt.Fprintf(&b, "%s %s\n", l.Time.Format(time.TimeOnly), l.verdict())
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
}

// keptChanges is how many changes stay on a terminal.
const keptChanges = 8

// redrawer shows the newest look on a terminal, below it the latest changes.
func redrawer(s *screen, size func() (width, height int)) func(look) error {
	var recent []string
	return func(l look) error {
		for _, line := range l.Changes.lines() {
			recent = append(recent, l.Time.Format(time.TimeOnly)+" "+line)
		}
		recent = recent[max(len(recent)-keptChanges, 0):]
		width, height := size()
		s.draw(watchLines(&l, recent, width-1, height))
		return nil
	}
}

// watchLines fits a look and the latest changes into a terminal.
func watchLines(l *look, recent []string, width, height int) []string {
	lines := append([]string{l.Time.Format(time.TimeOnly) + "  Ctrl-C ends it"}, l.lines()...)
	room := max(height-len(recent)-2, 1) // a blank line and a title
	if len(recent) == 0 {
		room = max(height, 1)
	}
	if len(lines) > room {
		rest := len(lines) - room + 1
		lines = append(lines[:room-1], fmt.Sprintf("and %s more", plural(rest, "line")))
	}
	if len(recent) > 0 {
		lines = append(append(lines, "", "changes"), recent...)
	}
	for i := range lines {
		lines[i] = cut(lines[i], width)
	}
	return lines
}
