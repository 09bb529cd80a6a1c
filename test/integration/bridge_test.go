// Plain NATS clients at the servers of nodes in processes of their own, which are killed.

//go:build unix

package integration_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// client connects a plain client to the NATS server of a node.
func (p *process) client(t *testing.T) *nats.Conn {
	t.Helper()
	p.world.mu.Lock()
	url := p.nats
	p.world.mu.Unlock()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// asked returns when a request was answered as wanted: nil for an answer. What makes it so becomes
// known in its time, and clients are not told.
func (w *world) asked(t *testing.T, nc *nats.Conn, what string, wanted error) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(patience); ; {
		_, err := nc.Request("echo", []byte("hello"), 200*time.Millisecond)
		if errors.Is(err, wanted) {
			w.tell(t, what)
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("%s: not after %v: %v", what, patience, err)
		}
	}
}

// TestBridgeSurvivesKills kills the process of a node with its server: requests to its client
// are refused soon, and answered again when it is back. Nobody else notices anything.
func TestBridgeSurvivesKills(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "bridge")
	all := w.startMany(t, 6, "--server", server.url(), "--bridge")
	w.settle(t, "all have joined")

	echo := func(p *process) {
		nc := p.client(t)
		_, err := nc.Subscribe("echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
		if err = errors.Join(err, nc.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	heard := make(chan string, 1000)
	listener := all[1].client(t)
	_, err := listener.Subscribe("news", func(m *nats.Msg) { heard <- string(m.Data) })
	if err = errors.Join(err, listener.Flush()); err != nil {
		t.Fatal(err)
	}
	echo(all[5])
	asker := all[0].client(t)
	w.asked(t, asker, "the request is answered", nil)

	all[5].kill(t)
	for i := range 100 { // meanwhile
		if err := asker.Publish("news", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	w.asked(t, asker, "the request is refused", nats.ErrNoResponders)
	for i := range 100 {
		select {
		case got := <-heard:
			if got != fmt.Sprint(i) {
				t.Fatalf("%q came where %d was due", got, i)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("message %d did not come", i)
		}
	}

	again := w.start(t, all[5].id, "--server", server.url(), "--bridge")
	w.awaitWhole(t, "it is back")
	echo(again)
	w.asked(t, asker, "the request is answered again", nil)
	if len(heard) > 0 {
		t.Errorf("%d messages came twice", len(heard))
	}
}
