// What all commands have in common: they print what they have, whatever happened.

package row

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

// Main is the main function of a command that measures. What run returns is printed, with an error
// too: rows that were measured before it are not lost. An interrupt ends the context.
func Main(name string, run func(ctx context.Context, args []string, log io.Writer) (r *Report, asJSON bool, err error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	report, asJSON, err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if report != nil {
		report.Command = strings.TrimSpace(name + " " + strings.Join(os.Args[1:], " "))
		write := report.WriteText
		if asJSON {
			write = report.WriteJSON
		}
		err = errors.Join(err, write(os.Stdout))
	}
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Numbers is a flag that takes a list of whole numbers with commas, each within bounds, or none.
type Numbers struct {
	Least, Most int
	List        []int
}

// String implements [flag.Value].
func (n *Numbers) String() string {
	texts := make([]string, len(n.List))
	for i, x := range n.List {
		texts[i] = strconv.Itoa(x)
	}
	return strings.Join(texts, ",")
}

// Set implements [flag.Value].
func (n *Numbers) Set(text string) error {
	n.List = nil
	if text == "none" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		x, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || x < n.Least || x > n.Most {
			return fmt.Errorf("want numbers from %d to %d, or none", n.Least, n.Most)
		}
		n.List = append(n.List, x)
	}
	return nil
}
