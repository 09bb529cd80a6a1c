// One node in a process of its own: its signals, its end, and its log.

//go:build unix

package integration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// status says what a process is expected to do.
type status int

const (
	running status = iota // it belongs to the mesh
	aside                 // it has not ended, and does not belong to the mesh
	ending                // it was told to end, or killed
)

// An event is one line of a process's log.
type event struct {
	At      time.Time `json:"-"` // when it arrived here
	Message string    `json:"message"`
	Peer    string    `json:"peer"`
	Reason  string    `json:"reason"`
	Why     string    `json:"why"`
	ID      string    `json:"id"`
	Addr    string    `json:"addr"`
	NATS    string    `json:"nats"`
	State   string    `json:"state"`

	// Of a speaker.
	Life      string            `json:"life"`
	Published uint64            `json:"published"`
	Heard     map[string]*heard `json:"heard"`

	// Of a speaker that keeps a journal.
	Goroutines int      `json:"goroutines"`
	Heap       int      `json:"heap"`
	Kind       string   `json:"kind"`
	Peers      []string `json:"peers"`
	Said       []entry  `json:"said"`
	Got        []entry  `json:"got"`
}

// process is a running `demo node`. All fields that change are guarded by the
// mutex of its world.
type process struct {
	world *world
	id    string
	cmd   *exec.Cmd
	done  chan struct{} // closed when it has ended and all its output is read

	status    status
	ended     bool
	rest      []byte // of its output, an unfinished line
	lines     []string
	events    []event
	addr      string // where others dial it, from its line "ready"
	nats      string // its own NATS server, from the same
	neighbors map[string]bool
	links     map[string]bool // NATS links that are up
	lost      map[string]time.Time

	said, got []entry // by its journal

	orders io.WriteCloser // its input, if it has one
}

// start starts a node with these flags besides those of its name and its log. It
// does not wait for it.
//
// A node that outlives the tests, because they were killed, ends at its next line
// of log, which nobody reads.
func (w *world) start(t *testing.T, id string, args ...string) *process {
	t.Helper()
	return w.startBy(t, exec.Command, id, args...)
}

// commander makes a command, as exec.Command does, to run here or on some host.
type commander func(path string, args ...string) *exec.Cmd

func (w *world) startBy(t *testing.T, command commander, id string, args ...string) *process {
	t.Helper()
	args = append([]string{"node", "--id", id, "--cluster", w.cluster, "--log-format", "json"}, args...)
	cmd := command(program(t), args...)
	cmd.Env = environment()
	return w.run(t, id, cmd, running)
}

// run starts a process whose log is that of a node, or of something aside.
func (w *world) run(t *testing.T, id string, cmd *exec.Cmd, as status) *process {
	t.Helper()
	p := &process{
		world: w, id: id, done: make(chan struct{}),
		cmd: cmd, status: as,
		neighbors: make(map[string]bool),
		links:     make(map[string]bool),
		lost:      make(map[string]time.Time),
	}
	p.cmd.Stderr = p
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", id, err)
	}
	w.processes = append(w.processes, p)
	go p.reap()
	return p
}

// runWithInput is run for a process that lives as long as its input, which ends with this
// one, however that ends.
func (w *world) runWithInput(t *testing.T, id string, cmd *exec.Cmd, as status) *process {
	t.Helper()
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := w.run(t, id, cmd, as)
	p.orders = orders
	return p
}

// reap waits for the end of the process.
func (p *process) reap() {
	_ = p.cmd.Wait() // the state tells how it ended
	p.world.mu.Lock()
	p.ended = true
	p.world.change(true)
	p.world.mu.Unlock()
	close(p.done)
}

// Write implements io.Writer: it takes the log.
func (p *process) Write(data []byte) (int, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	now := time.Now() // not before: what is waited for counts from moments taken under the mutex
	p.rest = append(p.rest, data...)
	for {
		line, rest, found := bytes.Cut(p.rest, []byte("\n"))
		if !found {
			break
		}
		p.rest = rest
		p.line(now, string(line))
	}
	return len(data), nil
}

// line takes one line of log. One that is no JSON, such as that of a panic, is
// only kept.
func (p *process) line(now time.Time, text string) {
	e := event{At: now}
	err := json.Unmarshal([]byte(text), &e)
	if e.Message == "journal" {
		p.said = append(p.said, e.Said...)
		p.got = append(p.got, e.Got...)
		return
	}
	p.lines = append(p.lines, text)
	if err != nil {
		return
	}
	p.events = append(p.events, e)
	moved := true
	switch e.Message {
	case "neighbor_up":
		p.neighbors[e.Peer] = true
		if now.Sub(p.lost[e.Peer]) > silence { // else its link may have been kept
			delete(p.links, e.Peer)
		}
	case "neighbor_down":
		delete(p.neighbors, e.Peer)
		p.lost[e.Peer] = now
	case "link_state":
		p.links[e.Peer] = e.State == "up"
		moved = false
	case "ready":
		p.addr, p.nats = e.Addr, e.NATS
	default:
		moved = false
	}
	p.world.change(moved)
}

// signal sends a signal and returns when that was.
func (p *process) signal(t *testing.T, s syscall.Signal, then status) time.Time {
	t.Helper()
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.status = then
	at := time.Now()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%s of %s: %v", s, p.id, err)
	}
	p.world.change(true)
	return at
}

// kill is kill -9.
func (p *process) kill(t *testing.T) time.Time {
	t.Helper()
	return p.signal(t, syscall.SIGKILL, ending)
}

func (p *process) suspend(t *testing.T) time.Time {
	t.Helper()
	return p.signal(t, syscall.SIGSTOP, aside)
}

func (p *process) resume(t *testing.T) time.Time {
	t.Helper()
	return p.signal(t, syscall.SIGCONT, running)
}

// leave asks for a graceful end.
func (p *process) leave(t *testing.T) time.Time {
	t.Helper()
	return p.signal(t, syscall.SIGTERM, ending)
}

// finish ends the process in any case, and waits for it.
func (p *process) finish(t *testing.T) {
	p.world.mu.Lock()
	p.status = ending
	p.world.mu.Unlock()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill %s: %v", p.id, err)
	}
	<-p.done
}

// alive reports whether the process takes part in the mesh.
func (p *process) alive() bool { return p.status == running }

// knows returns the neighbors of the process, sorted.
func (p *process) knows() []string { return slices.Sorted(maps.Keys(p.neighbors)) }

// logged counts the lines with that message.
func (p *process) logged(message string) int {
	n := 0
	for _, e := range p.events {
		if e.Message == message {
			n++
		}
	}
	return n
}

// since returns what the process has logged of a peer after a moment.
func (p *process) since(at time.Time, message, peer string) []event {
	var found []event
	for _, e := range p.events {
		if e.At.After(at) && e.Message == message && e.Peer == peer {
			found = append(found, e)
		}
	}
	return found
}

// tail returns the last lines of the log.
func (p *process) tail() string {
	const most = 20
	lines := p.lines[max(0, len(p.lines)-most):]
	if len(p.rest) > 0 {
		lines = append(slices.Clone(lines), string(p.rest))
	}
	return strings.Join(lines, "\n    ")
}

// told returns the events of the node, as a speaker was given them, or else by the lines of
// its log.
func (p *process) told() []told {
	at := func(e event) time.Duration { return e.At.Sub(p.world.began) }
	var stream []told
	for _, e := range p.events {
		if e.Message == "told" {
			stream = append(stream, told{at: at(e), kind: e.Kind, peer: e.Peer, peers: e.Peers})
		}
	}
	if stream != nil {
		return stream
	}
	for _, e := range p.events {
		switch e.Message {
		case "neighbor_up", "neighbor_update", "neighbor_down", "isolated":
			stream = append(stream, told{at: at(e), kind: e.Message, peer: e.Peer})
		}
	}
	return stream
}
