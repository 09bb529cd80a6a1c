// One measurement of one side, which a child process makes.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// childEnv holds the task of a child process. The command starts itself again for each.
const childEnv = "KITH_BENCH_PEERS_TASK"

// task says what a child has to measure.
type task struct {
	Measure string   `json:"measure"`
	Side    string   `json:"side"`
	Nodes   int      `json:"nodes"`
	Spare   int      `json:"spare,omitempty"` // nodes that are not started with the others
	Times   schedule `json:"times"`
}

// values are what was measured, by name. A name that is missing was not measured.
type values map[string]float64

// answer is what a child prints.
type answer struct {
	Values values `json:"values"`
	Error  string `json:"error,omitempty"`
	// Alone is false where the child could not have a network of its own.
	Alone bool `json:"alone"`
}

// errNetwork is matched by the error for a child that could not have a network of its own.
var errNetwork = errors.New("a network namespace is needed: Linux, and root or user namespaces")

// inChild makes a measurement in a process and a network of its own, where nothing else is: its processor
// time, its garbage, its memory and its packets are those of the side.
func inChild(ctx context.Context, t task) (values, error) {
	spec, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.Times.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(spec))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	isolate(cmd.SysProcAttr)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		return nil, fmt.Errorf("%w: %w", errNetwork, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s of %s with %d nodes: %w", t.Measure, t.Side, t.Nodes, err)
	}
	var a answer
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&a); err != nil {
		return nil, fmt.Errorf("%s of %s with %d nodes: the child's answer: %w", t.Measure, t.Side, t.Nodes, err)
	}
	if !a.Alone {
		return nil, fmt.Errorf("%w: %s", errNetwork, a.Error)
	}
	if a.Error != "" {
		return nil, fmt.Errorf("%s of %s with %d nodes: %s", t.Measure, t.Side, t.Nodes, a.Error)
	}
	return a.Values, nil
}

// child makes the measurement of a task and prints the answer. It returns false in a process that
// is no child.
func child() bool {
	spec := os.Getenv(childEnv)
	if spec == "" {
		return false
	}
	var a answer
	err := loopbackUp()
	if err == nil {
		a.Alone = true
		a.Values, err = perform(spec)
	}
	if err != nil {
		a.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
	return true
}

func perform(spec string) (values, error) {
	var t task
	if err := json.Unmarshal([]byte(spec), &t); err != nil {
		return nil, err
	}
	do := inChildren()[t.Measure]
	if do == nil {
		return nil, errors.New("no such measure")
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.Times.Limit)
	defer cancel()
	return do(ctx, t)
}

// forms is the measure of forming, in which a cluster has one attempt.
const forms = "form"

// inChildren are the measures, as a child makes them.
func inChildren() map[string]func(context.Context, task) (values, error) {
	return map[string]func(context.Context, task) (values, error){
		forms:       form,
		"join":      join,
		"idle":      idle,
		"crash":     crash,
		"vanish":    vanish,
		"half":      half,
		"partition": partition,
		"message":   message,
		"rate":      rate,
		"state":     state,
	}
}
