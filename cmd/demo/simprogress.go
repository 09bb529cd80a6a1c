// How far an experiment is, on stderr.

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// logEvery is the time between two log lines where nobody watches.
const logEvery = 10 * time.Second

// progress tells how far the runs of an experiment are: one line that is drawn over
// and over on a terminal, and log lines elsewhere. One goroutine uses it.
type progress struct {
	name    string
	seeds   int
	live    bool
	log     zerolog.Logger
	w       io.Writer
	started time.Time
}

func newProgress(name string, o *simOptions, std stdio, logs *logOptions) *progress {
	return &progress{
		name: name, seeds: o.seeds, live: drawable(std.err, std.env),
		log: logs.logger(std.err, std.env), w: std.err, started: time.Now(),
	}
}

// interval is the time between two calls of show.
func (p *progress) interval() time.Duration {
	if p.live {
		return redraw
	}
	return logEvery
}

func (p *progress) begin(r *seedRuns) {
	if !p.live {
		p.log.Info().Str("experiment", p.name).Int("nodes", r.options.nodes).
			Uint64("seed", r.options.seed).Int("seeds", p.seeds).Msg("sim_started")
	}
}

func (p *progress) show(done int, stages []stage) {
	texts := make([]string, 0, len(stages))
	for _, s := range stages {
		texts = append(texts, s.String())
	}
	if !p.live {
		p.log.Info().Int("done", done).Int("seeds", p.seeds).Strs("running", texts).Msg("sim_progress")
		return
	}
	width, _ := terminalSize(p.w)
	_, _ = io.WriteString(p.w, "\r"+p.line(time.Since(p.started), done, texts, width-1)+"\x1b[K")
}

// line is what a terminal shows.
func (p *progress) line(elapsed time.Duration, done int, running []string, width int) string {
	text := fmt.Sprintf("%s  %s", p.name, elapsed.Truncate(time.Second))
	if p.seeds > 1 {
		text += fmt.Sprintf("  %d of %d seeds", done, p.seeds)
	}
	return cut(text+"  "+strings.Join(running, ", "), width)
}

// failed tells at once of a run that failed; the others go on.
func (p *progress) failed(seed uint64, err error) {
	p.end()
	p.log.Error().Uint64("seed", seed).Err(err).Msg("run_failed")
}

// end clears the line.
func (p *progress) end() {
	if p.live {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
	}
}
