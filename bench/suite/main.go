// The command: its flags, and what becomes of the results.

// Suite runs all measurements one after the other, each in a process of its own, prints one table,
// and writes it to RESULTS.md with charts beside it. A measurement that fails is a row that says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	quick  bool
	only   string
	folder string // where RESULTS.md and charts/ go
}

// run fails only when nothing can be measured or written: goals that are missed are in the table.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	began := time.Now()
	bin, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(bin) }()
	s := &session{Machine: machine.Describe(), Began: began, Quick: o.quick, Versions: make(map[string]string)}
	for _, m := range measurements(o.quick) {
		if !o.wants(m) || ctx.Err() != nil {
			continue
		}
		_, _ = fmt.Fprintf(log, "== %s, at most %v\n", m, m.limit)
		s.add(m.run(ctx, bin, log))
	}
	s.Took = time.Since(began)
	if len(s.Rows) == 0 {
		return errors.Join(errors.New("nothing was measured"), ctx.Err())
	}
	if err := s.writeText(out); err != nil {
		return err
	}
	return s.write(o.folder)
}

// wants says whether a measurement is asked for.
func (o *options) wants(m measurement) bool {
	if o.only == "" {
		return true
	}
	for name := range strings.SplitSeq(o.only, ",") {
		if name == m.command {
			return true
		}
	}
	return false
}

func parse(args []string, log io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("suite", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.BoolVar(&o.quick, "quick", false, "smaller clusters, fewer rounds, shorter: to see that everything works, in a few minutes")
	flags.StringVar(&o.only, "only", "", "the commands to run, with commas; all of them if empty")
	flags.StringVar(&o.folder, "out", ".", "where RESULTS.md and charts/ are written")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if o.only != "" {
		known := make(map[string]bool)
		for _, m := range measurements(false) {
			known[m.command] = true
		}
		for name := range strings.SplitSeq(o.only, ",") {
			if !known[name] {
				return o, fmt.Errorf("--only has %q, which is no command", name)
			}
		}
	}
	return o, nil
}

// write writes the results and the charts.
func (s *session) write(folder string) error {
	charts, err := writeCharts(filepath.Join(folder, "charts"), s.Rows)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, "RESULTS.md"))
	if err != nil {
		return err
	}
	return errors.Join(s.writeMarkdown(file, charts), file.Close())
}

// session is everything that was measured, and where.
type session struct {
	Machine  machine.Description
	Began    time.Time
	Took     time.Duration
	Quick    bool
	Versions map[string]string
	Commands []command
	Rows     []row.Row
}

// command is one command as it was run.
type command struct {
	line    string
	took    time.Duration
	foreign float64
}

// add takes the results of a command.
func (s *session) add(o outcome) {
	s.Commands = append(s.Commands, command{o.report.Command, o.took, o.report.Foreign})
	maps.Copy(s.Versions, o.report.Versions)
	s.Rows = append(s.Rows, o.report.Rows...)
}
