// The interaction scripts in testdata: the protocol's documentation, kept true.
// Run with -rewrite to write down what happens now.

package broadcast_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kithmesh/kith/broadcast"
)

func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			s := &script{cfg: broadcast.DefaultConfig()}
			s.cfg.LazyDelay, s.cfg.OwnTree = 0, 0
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				return s.run(t, d)
			})
		})
	}
}

// script is a world told what to do, a line at a time:
//
//	config own-tree=2 ...     parameters, before the first node
//	nodes a b c               starts nodes
//	link a-b b-c              makes them neighbors
//	cut a-b                   ends the link; what is under way on it is lost
//	publish a [count=3]       publishes, and shows who is given what at once
//	send a c text             sends something to c alone
//	deliver                   lets everything arrive that is under way
//	advance 3s                lets time pass
//	kill, restart a           a dies; it begins another life
//	congest a-b, drain a-b    a can write nothing to b; it can again
//	trees [origin]            shows to whom each node pushes what the origin publishes
//	stats a                   shows the counts that are not zero
//
// A frame takes a millisecond. Without a word about it everybody is on one tree, and
// announcements are sent at once.
type script struct {
	cfg broadcast.Config
	w   *world
	tr  *transcript
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	if d.Cmd == "config" {
		s.configure(t, d)
		return ""
	}
	if s.w == nil {
		s.w = newWorld(t, 1, s.cfg)
		s.w.checked = true
		s.w.delay = func() time.Duration { return time.Millisecond }
		s.tr = record(s.w)
	}
	s.w.t = t
	var names []string
	for _, arg := range d.CmdArgs {
		if len(arg.Vals) == 0 {
			names = append(names, arg.Key)
		}
	}
	switch d.Cmd {
	case "trees":
		return s.trees(names)
	case "stats":
		return counts(s.host(names[0]).core.Stats())
	}
	s.happen(t, d, names)
	return s.tr.take()
}

// happen is what the nodes do, and what is done to them.
func (s *script) happen(t *testing.T, d *datadriven.TestData, names []string) {
	switch d.Cmd {
	case "nodes":
		for _, name := range names {
			s.w.startAs(name, 1)
		}
	case "link", "cut", "congest", "drain":
		for _, pair := range names {
			s.between(t, d, pair)
		}
	case "publish":
		count := 1
		if d.HasArg("count") {
			d.ScanArgs(t, "count", &count)
		}
		for range count {
			s.host(names[0]).publish()
		}
	case "send":
		s.host(names[0]).send(names[1], names[2])
	case "deliver":
		s.w.settle()
	case "advance":
		pause, err := time.ParseDuration(names[0])
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.w.run(pause)
	case "kill":
		s.w.kill(s.host(names[0]))
	case "restart":
		s.w.startAs(names[0], s.host(names[0]).life.Incarnation()+1)
	default:
		d.Fatalf(t, "unknown verb %s", d.Cmd)
	}
}

// between does something to two nodes and their link.
func (s *script) between(t *testing.T, d *datadriven.TestData, pair string) {
	one, other, _ := strings.Cut(pair, "-")
	a, b := s.host(one), s.host(other)
	if d.Cmd == "link" {
		s.w.link(a, b)
		return
	}
	i := slices.IndexFunc(a.neighbors(), func(e *end) bool { return e.far == b })
	if i < 0 {
		d.Fatalf(t, "%s has no link", pair)
	}
	switch e := a.neighbors()[i]; d.Cmd {
	case "cut":
		s.w.unlink(e)
	case "congest":
		a.congest(e)
	case "drain":
		a.drain(e)
	}
}

// host is the latest life of a node.
func (s *script) host(name string) *host {
	for _, h := range slices.Backward(s.w.nodes) {
		if h.name == name {
			return h
		}
	}
	s.w.t.Fatalf("there is no node %s", name)
	return nil
}

func (s *script) configure(t *testing.T, d *datadriven.TestData) {
	for _, arg := range d.CmdArgs {
		value := arg.Vals[0]
		n, err := strconv.Atoi(value)
		pause, perr := time.ParseDuration(value)
		if err != nil && perr != nil {
			d.Fatalf(t, "%s: %v", arg.Key, perr)
		}
		switch arg.Key {
		case "own-tree":
			s.cfg.OwnTree = n
		case "threshold":
			s.cfg.Threshold = n
		case "lazy-delay":
			s.cfg.LazyDelay = pause
		case "store-age":
			s.cfg.StoreAge = pause
		case "digest":
			s.cfg.Digest = n == 1
		case "max-hops":
			s.cfg.MaxHops = n
		default:
			d.Fatalf(t, "unknown parameter %s", arg.Key)
		}
	}
}

// trees shows to whom each node pushes: what comes from an origin, or, without one,
// along the shared tree.
func (s *script) trees(names []string) string {
	var b strings.Builder
	for _, h := range s.w.nodes {
		if h.dead {
			continue
		}
		var of broadcast.Life
		if len(names) > 0 {
			of = s.host(names[0]).life
		}
		var eager, lazy []string
		for _, e := range h.neighbors() {
			if h.core.Pushes(of).Len() > 0 && h.core.Pushes(of)&(1<<h.core.Slot(e.link)) != 0 {
				eager = append(eager, e.far.name)
			} else {
				lazy = append(lazy, e.far.name)
			}
		}
		fmt.Fprintf(&b, "%s: eager %v lazy %v\n", h.name, eager, lazy)
	}
	return b.String()
}

// counts lists the counters that are not zero.
func counts(s broadcast.Stats) string {
	s.Links = nil
	var b strings.Builder
	for field := range strings.FieldsSeq(strings.Trim(fmt.Sprintf("%+v", s), "{}")) {
		if name, value, ok := strings.Cut(field, ":"); ok && value != "0" && value != "[]" {
			fmt.Fprintf(&b, "%s %s\n", name, value)
		}
	}
	return b.String()
}
