// Package child runs one side of a measurement in a process of its own: the same program, started
// again, so that its memory and its processor time are its own.
package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// variable holds what a child is to do.
const variable = "KITH_BENCH_CHILD"

// patience is how long a child may take to end once it has been asked to.
const patience = 5 * time.Second

// Serve does what a child is there for, and exits; it returns at once in any other process. Call it first in main, and in TestMain.
// Children get their task as JSON and print their result as JSON; one that fails says why on
// stderr. They are interrupted by closing their stdin, which ends the context.
func Serve[Task, Result any](do func(ctx context.Context, task Task, answer func(Result) error) error) {
	text, isChild := os.LookupEnv(variable)
	if !isChild {
		return
	}
	if err := serve(text, do); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve[Task, Result any](text string, do func(ctx context.Context, task Task, answer func(Result) error) error) error {
	var task Task
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return fmt.Errorf("the task of a child: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	out := json.NewEncoder(os.Stdout)
	return do(ctx, task, func(r Result) error { return out.Encode(r) })
}

// Child is a process that runs.
type Child[Result any] struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	out    *json.Decoder
	errors bytes.Buffer
}

// Start starts this program again with a task. When ctx ends the child is asked to end, and
// killed when it does not.
func Start[Result, Task any](ctx context.Context, task Task) (*Child[Result], error) {
	text, err := json.Marshal(task)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Child[Result]{cmd: exec.CommandContext(ctx, program)}
	c.cmd.Env = append(os.Environ(), variable+"="+string(text))
	c.cmd.Stderr = &c.errors
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Cancel = stdin.Close
	c.cmd.WaitDelay = patience
	c.stdin, c.out = stdin, json.NewDecoder(stdout)
	return c, c.cmd.Start()
}

// Next returns the next result.
func (c *Child[Result]) Next() (Result, error) {
	var r Result
	if err := c.out.Decode(&r); err != nil {
		return r, errors.Join(fmt.Errorf("no result of the child: %w", err), c.End())
	}
	return r, nil
}

// End asks the child to end, and waits for it. The error is what it said on stderr. Calling it again returns
// nil.
func (c *Child[Result]) End() error {
	if c.cmd.ProcessState != nil {
		return nil
	}
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		said := strings.TrimSpace(c.errors.String())
		const most = 2 << 10
		return fmt.Errorf("the child: %w: %s", err, said[:min(len(said), most)])
	}
	return nil
}

// Run runs one task that has one result.
func Run[Result, Task any](ctx context.Context, task Task) (Result, error) {
	c, err := Start[Result](ctx, task)
	if err != nil {
		var none Result
		return none, err
	}
	r, err := c.Next()
	return r, errors.Join(err, c.End())
}
