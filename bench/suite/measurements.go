// What is run, and how.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kithmesh/kith/bench/row"
)

// measurement is one command with its flags. Those that can be split are, so that one that crashes
// takes few rows along.
type measurement struct {
	command string
	args    string
	limit   time.Duration
}

// String is the command line.
func (m measurement) String() string { return strings.TrimSpace(m.command + " " + m.args) }

// measurements are all of them, in the order of the table. Of the others' commands see their own
// documentation.
func measurements(quick bool) []measurement {
	if quick {
		const limit = 3 * time.Minute
		return []measurement{
			{"routes", "--nodes 10,25 --sizes 128 --rounds 1 --seconds 1", limit},
			{"routes", "--nodes 25 --sizes 128 --rounds 1 --seconds 1 --kill", limit},
			{"cost", "--nodes 10,25 --publish 10,25 --rounds 1 --seconds 1 --rest 2", limit},
			{"limit", "--nodes 25 --sizes 128 --rounds 1 --seconds 1", limit},
			{"growth", "--nodes 10,25,50,100 --simulated 100,1000 --seconds 2", limit},
			{"peers", "--only form,idle,crash,message --nodes 10 --rounds 1", limit},
			{"core", "", limit},
		}
	}
	return []measurement{
		{"routes", "--nodes 10,25,50 --sizes 128 --rounds 3 --seconds 1", 10 * time.Minute},
		{"routes", "--nodes 25,50 --sizes 4096 --rounds 3 --seconds 1", 10 * time.Minute},
		{"routes", "--nodes 25 --sizes 65536 --rounds 2 --seconds 1", 5 * time.Minute},
		{"routes", "--nodes 100 --sizes 128 --rounds 1 --seconds 1", 5 * time.Minute},
		{"routes", "--pool default --nodes 10,25 --sizes 128,4096 --rounds 1 --seconds 1", 5 * time.Minute},
		{"routes", "--nodes 25,50 --sizes 128 --rounds 2 --seconds 1 --kill", 5 * time.Minute},
		{"cost", "--nodes 10,25 --publish none --rounds 1", 5 * time.Minute},
		{"cost", "--nodes 50,100 --publish none --rounds 2", 12 * time.Minute},
		{"cost", "--nodes none --publish 10,100 --rounds 2", 8 * time.Minute},
		{"limit", "--rounds 3 --seconds 2", 8 * time.Minute},
		{"core", "", 10 * time.Minute},
		{"peers", "--rounds 1", 20 * time.Minute},
		{"growth", "", 15 * time.Minute},
	}
}

// outcome is what a measurement came to.
type outcome struct {
	report row.Report
	took   time.Duration
}

// patience is how long a command may take to print what it has when its time is over.
const patience = 30 * time.Second

// run builds a command and runs it. Whatever goes wrong is a row, after those that it printed.
func (m measurement) run(ctx context.Context, bin string, log io.Writer) outcome {
	began := time.Now()
	report, err := m.measure(ctx, bin, log)
	if err != nil {
		_, _ = fmt.Fprintf(log, "== %s failed: %v\n", m, err)
		report.Rows = append(report.Rows, row.Row{
			Group: m.command, Measure: "all of " + m.String(), Fault: err.Error(),
			Note: fmt.Sprintf("the %d rows that it printed are kept", len(report.Rows)),
		})
	}
	report.Command = m.String()
	return outcome{report, time.Since(began)}
}

func (m measurement) measure(ctx context.Context, bin string, log io.Writer) (row.Report, error) {
	var report row.Report
	program := filepath.Join(bin, m.command)
	if _, err := os.Stat(program); err != nil {
		build := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+m.command)
		if said, err := build.CombinedOutput(); err != nil {
			return report, fmt.Errorf("building it: %w: %s", err, last(said))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, program, append(strings.Fields(m.args), "--json")...)
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(log, &complaints)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	if ctx.Err() != nil {
		err = errors.Join(fmt.Errorf("its time was over, or it was interrupted: %w", ctx.Err()), err)
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, last(complaints.Bytes()))
	}
	if out.Len() > 0 {
		if wrong := json.Unmarshal(out.Bytes(), &report); wrong != nil {
			err = errors.Join(err, fmt.Errorf("what it printed: %w", wrong))
		}
	} else if err == nil {
		err = errors.New("it printed nothing")
	}
	return report, err
}

// last is the end of what a command said.
func last(said []byte) string {
	const most = 400
	text := strings.TrimSpace(string(said))
	if len(text) > most {
		text = "… " + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	return text
}
