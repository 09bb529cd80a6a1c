// Where log lines go, and in which form.

package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// logOptions are the flags that all commands share.
type logOptions struct{ level, format string }

func (o *logOptions) bind(flags *pflag.FlagSet) {
	o.level, o.format = "info", "auto"
	define(flags, &o.level, "log-level", "", choice("trace", "debug", "info", "warn", "error", "off"),
		"the least important log lines to write, to stderr")
	define(flags, &o.format, "log-format", "", choice("auto", "console", "json"),
		"how: auto is console on a terminal and json elsewhere")
}

// logger writes to w as the flags say.
func (o *logOptions) logger(w io.Writer, env func(string) (string, bool)) zerolog.Logger {
	if o.level == "off" {
		return zerolog.Nop()
	}
	level, err := zerolog.ParseLevel(o.level)
	if err != nil {
		level = zerolog.InfoLevel // cannot be: the flag takes no other word
	}
	if o.format == "console" || (o.format == "auto" && isTerminal(w)) {
		w = zerolog.ConsoleWriter{
			Out: w, TimeFormat: time.TimeOnly + ".000", NoColor: !colorful(w, env),
		}
	}
	return zerolog.New(zerolog.SyncWriter(w)).Level(level).With().Timestamp().Logger()
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colorful reports whether colors may be written to w: see no-color.org.
func colorful(w io.Writer, env func(string) (string, bool)) bool {
	off, _ := env("NO_COLOR")
	return drawable(w, env) && off == ""
}

// drawable reports whether w is a terminal on which the cursor can be moved.
func drawable(w io.Writer, env func(string) (string, bool)) bool {
	kind, _ := env("TERM")
	return isTerminal(w) && kind != "dumb"
}
