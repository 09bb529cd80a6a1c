// Nodes in this process: what they say, and how they meet.

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/embedded"
)

// logLine is a line of a node's log, as far as tests look at it.
type logLine struct {
	Message string `json:"message"`
	ID      string `json:"id"`
	Addr    string `json:"addr"`
	NATS    string `json:"nats"`
	Metrics string `json:"metrics"`
	Peer    string `json:"peer"`
	Subject string `json:"subject"`
	From    string `json:"from"`
	Data    string `json:"data"`
	Direct  bool   `json:"direct"`
	Reason  string `json:"reason"`
	URL     string `json:"url"`
}

// runningNode is a command that runs in the test as a node.
type runningNode struct {
	lines  chan logLine
	seen   []logLine // read from lines and not awaited yet
	cancel context.CancelFunc
	status chan int
}

// startNode runs a node until the test ends.
func startNode(t *testing.T, args ...string) *runningNode {
	t.Helper()
	return startCommand(t, func(int, string) {}, append([]string{"node"}, args...)...)
}

// startCommand runs a command until the test ends, or until it ends by itself, and
// hands over its status and what it printed.
func startCommand(t *testing.T, ended func(status int, printed string), args ...string) *runningNode {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	n := &runningNode{lines: make(chan logLine, 1000), cancel: cancel, status: make(chan int, 1)}
	r, w := io.Pipe()
	var work sync.WaitGroup
	work.Go(func() {
		var out bytes.Buffer
		status := run(ctx, args, stdio{out: &out, err: w, env: vars(nil)})
		ended(status, out.String())
		n.status <- status
		_ = w.Close()
	})
	work.Go(func() {
		defer close(n.lines)
		for scan := bufio.NewScanner(r); scan.Scan(); {
			var line logLine
			if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
				line.Message = scan.Text()
			}
			n.lines <- line
		}
	})
	t.Cleanup(func() {
		cancel()
		work.Wait()
	})
	return n
}

// await returns the first line with that message that was not awaited before.
// Others are kept: who is a neighbor may be known before the node is ready.
func (n *runningNode) await(t *testing.T, message string) logLine {
	t.Helper()
	is := func(line logLine) bool { return line.Message == message }
	deadline := time.After(30 * time.Second)
	for {
		if i := slices.IndexFunc(n.seen, is); i >= 0 {
			line := n.seen[i]
			n.seen = slices.Delete(n.seen, i, i+1)
			return line
		}
		select {
		case line, ok := <-n.lines:
			if !ok {
				t.Fatalf("ended without %s: %+v", message, n.seen)
			}
			n.seen = append(n.seen, line)
		case <-deadline:
			t.Fatalf("no %s: %+v", message, n.seen)
		}
	}
}

func startServer(t *testing.T) *embedded.Server {
	t.Helper()
	ns, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Shutdown)
	return ns
}

func TestNodesMeetOverNATSAndAreInspected(t *testing.T) {
	ns := startServer(t)
	a := startNode(t, "--id", "a", "--server", ns.URL(), "--embed")
	ready := a.await(t, "ready")
	if ready.ID != "a" || !strings.HasPrefix(ready.Addr, "127.0.0.1:") || !strings.HasPrefix(ready.NATS, "nats://127.0.0.1:") {
		t.Errorf("ready: %+v", ready)
	}
	b := startNode(t, "--id", "b", "--server", ns.URL(), "--links", "none", "--log-level", "info")
	if ready := b.await(t, "ready"); ready.ID != "b" || ready.NATS != "" {
		t.Errorf("ready: %+v", ready)
	}
	for n, peer := range map[*runningNode]string{a: "b", b: "a"} {
		if up := n.await(t, "neighbor_up"); up.Peer != peer {
			t.Errorf("neighbor_up: %+v", up)
		}
	}

	var out, err bytes.Buffer
	status := run(t.Context(), []string{"inspect", "-s", ns.URL(), "--json"}, stdio{out: &out, err: &err, env: vars(nil)})
	var in inspection
	if e := json.Unmarshal(out.Bytes(), &in); e != nil || status != exitFine {
		t.Fatalf("status %d, %v: %s%s", status, e, out.String(), err.String())
	}
	if in.Nodes != 2 || in.Components != 1 || !in.Symmetric || in.Edges != 1 || in.Members[0].NATS != ready.NATS ||
		in.Members[0].Wanted != 5 {
		t.Errorf("inspection %+v", in)
	}

	b.cancel()
	if down := a.await(t, "neighbor_down"); down.Peer != "b" || down.Reason != "leaving" {
		t.Errorf("neighbor_down: %+v", down)
	}
	if status := <-b.status; status != exitFine {
		t.Errorf("status %d of a node that left", status)
	}
}

// A plain client of one node's server hears one of another's.
func TestNodesBridgeTheirServers(t *testing.T) {
	a := startNode(t, "--id", "a", "--bridge", "--listen", "127.0.0.1:0", "--server", startServer(t).URL())
	first := a.await(t, "ready")
	b := startNode(t, "--id", "b", "--bridge", "--contact", first.Addr)
	second := b.await(t, "ready")
	there, err := nats.Connect(second.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	heard := make(chan *nats.Msg, 1)
	if _, err := there.ChanSubscribe("orders.>", heard); err != nil {
		t.Fatal(err)
	}
	if err := there.Flush(); err != nil {
		t.Fatal(err)
	}
	here, err := nats.Connect(first.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	// Nobody is told when the subscription is known at the other node.
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.After(30 * time.Second); ; {
		if err := here.Publish("orders.new", []byte("hello")); err != nil {
			t.Fatal(err)
		}
		select {
		case m := <-heard:
			if m.Subject != "orders.new" || string(m.Data) != "hello" {
				t.Errorf("heard %s %q", m.Subject, m.Data)
			}
			return
		case <-ticker.C:
		case <-deadline:
			t.Fatal("nothing is heard")
		}
	}
}

func TestNodesMeetAtAContact(t *testing.T) {
	a := startNode(t, "--id", "a", "--contact", "127.0.0.1:1", "--log-level", "error")
	ready := a.await(t, "ready") // also at that level
	b := startNode(t, "--id", "b", "--contact", ready.Addr)
	if up := b.await(t, "neighbor_up"); up.Peer != "a" {
		t.Errorf("neighbor_up: %+v", up)
	}
}

func TestTakenPortsAreNamed(t *testing.T) {
	taken := strings.TrimPrefix(startServer(t).URL(), "nats://")
	for flag, args := range map[string][]string{
		"--listen":      {"--listen", taken},
		"--nats-listen": {"--nats-listen", taken},
	} {
		var err bytes.Buffer
		args = append([]string{"node", "--contact", "127.0.0.1:1", "--log-level", "off"}, args...)
		status := run(t.Context(), args, stdio{out: &err, err: &err, env: vars(nil)})
		want := flag + ` is "` + taken + `", want a free port of this machine`
		if status != exitFault || !strings.Contains(err.String(), want) {
			t.Errorf("status %d, %q lacks %q", status, err.String(), want)
		}
	}
}

func TestInspectionOfNobody(t *testing.T) {
	var err bytes.Buffer
	status := run(t.Context(), []string{"inspect", "-s", startServer(t).URL(), "--cluster", "none"},
		stdio{out: &err, err: &err, env: vars(nil)})
	if want := "nobody of cluster none answers at nats://"; status != exitFault || !strings.Contains(err.String(), want) {
		t.Errorf("status %d, %q lacks %q", status, err.String(), want)
	}
}

// Several nodes that find nobody at the same moment: one gets the port.
func TestFirstNodesShareOneServer(t *testing.T) {
	ns := startServer(t)
	local := ns.URL()
	ns.Shutdown() // its port is free, and known
	const nodes = 5
	homes := make([]home, nodes)
	errs := make([]error, nodes)
	var work sync.WaitGroup
	for i := range nodes {
		work.Go(func() {
			o := &nodeOptions{listen: "127.0.0.1:0", local: local}
			if errs[i] = o.complete(); errs[i] == nil {
				errs[i] = homes[i].open(t.Context(), o, zerolog.Nop())
			}
		})
	}
	work.Wait()
	hosts := 0
	for i := range homes {
		defer homes[i].close()
		if errs[i] != nil {
			t.Errorf("node %d: %v", i, errs[i])
			continue
		}
		if homes[i].url == local {
			hosts++
		}
		if got := homes[i].meeting.ConnectedUrl(); got != local {
			t.Errorf("node %d meets others at %s, want %s", i, got, local)
		}
	}
	if hosts != 1 {
		t.Errorf("%d nodes serve %s, want 1", hosts, local)
	}
}

func TestReachable(t *testing.T) {
	for _, c := range []struct{ server, listen, advertise, nodeListen, want string }{
		{"nats://127.0.0.1:5", "127.0.0.1:0", "", "127.0.0.1:0", "nats://127.0.0.1:5"},
		{"nats://127.0.0.1:5", "0.0.0.0:0", "10.0.0.7", "0.0.0.0:0", "nats://10.0.0.7:5"},
		{"nats://127.0.0.1:5", ":5", "10.0.0.7:7000", "0.0.0.0:0", "nats://10.0.0.7:5"},
		{"nats://127.0.0.1:5", "0.0.0.0:5", "", "10.0.0.9:0", "nats://10.0.0.9:5"},
		{"nats://[::1]:5", "[::]:5", "[fd00::1]:7", "[::]:0", "nats://[fd00::1]:5"},
		{"nats://10.0.0.8:5", "10.0.0.8:5", "10.0.0.7", "0.0.0.0:0", "nats://10.0.0.8:5"},
	} {
		o := nodeOptions{listen: c.nodeListen, advertise: c.advertise}
		if got := reachable(c.server, c.listen, o.host()); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestWhatFollowsFromOtherFlags(t *testing.T) {
	for _, c := range []struct {
		given             nodeOptions
		embed             bool
		links, natsListen string
	}{
		{nodeOptions{listen: "127.0.0.1:0"}, true, "connections", "127.0.0.1:0"},
		{nodeOptions{listen: "127.0.0.1:7", contacts: []string{"h:1"}}, false, "none", "127.0.0.1:0"},
		{nodeOptions{listen: "10.0.0.7:7", contacts: []string{"h:1"}, embed: true}, true, "connections", "10.0.0.7:0"},
		{nodeOptions{listen: ":7", advertise: "10.0.0.7", natsListen: ":4222"}, true, "connections", ":4222"},
		{nodeOptions{listen: "[::]:7", advertise: "10.0.0.7", links: "none"}, true, "none", "[::]:0"},
		{nodeOptions{listen: "127.0.0.1:0", nats: natsOptions{server: "h"}, links: "subscriptions"}, false, "subscriptions", "127.0.0.1:0"},
	} {
		o := c.given
		if err := o.complete(); err != nil {
			t.Errorf("%+v: %v", c.given, err)
		}
		if o.embed != c.embed || o.links != c.links || o.natsListen != c.natsListen {
			t.Errorf("%+v became %+v", c.given, o)
		}
	}
}

func TestZoneReachesTheNode(t *testing.T) {
	o := &nodeOptions{zone: "east", zoneShare: 0.6}
	cfg := o.config(&home{})
	if cfg.Zone != "east" || cfg.Membership.ZoneShare != 0.6 || cfg.Membership.ZoneAcross != 2 {
		t.Errorf("%q, %v, %v", cfg.Zone, cfg.Membership.ZoneShare, cfg.Membership.ZoneAcross)
	}
}
