// What peers can make a transport log, and how much of it.

package tcptransport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// book is what was logged.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

// lines returns the lines of one event.
func (b *book) lines(t *testing.T, event string) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(b.text.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if fields[zerolog.MessageFieldName] == event {
			found = append(found, fields)
		}
	}
	return found
}

// noisy starts a node that logs at the given level.
func noisy(t *testing.T, f fabric, level zerolog.Level) (*node, *book) {
	t.Helper()
	b := new(book)
	return start(t, f, "m", 1, func(cfg *tcptransport.Config) { cfg.Logger = zerolog.New(b).Level(level) }), b
}

// One host that says something else each time is one line for each kind of fault.
func TestOneHostFillsNoLog(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		n, log := noisy(t, f, zerolog.InfoLevel)
		for i := range 50 {
			name := fmt.Sprintf("peer-%d", i)
			hello := goodHello(stranger(name), "m")
			hello.cluster = name
			c := dialRaw(t, f, n)
			c.send(hello.frame())
			c.verdict(tcptransport.VerdictCluster)
			c.ends()

			hello = goodHello(stranger(name), "m")
			hello.magic = fmt.Sprintf("k%02d", i)
			c = dialRaw(t, f, n)
			c.send(hello.frame())
			c.ends()

			c = connectRaw(t, f, n, stranger(name))
			c.send(wire.FinishFrame(wire.AppendHeader(nil, byte(membership.Shuffle)), 0))
			c.close()
			n.loses(stranger(name), membership.Closed, nil)

			hello = goodHello(stranger(name), "")
			hello.purpose = joinPurpose
			c = dialRaw(t, f, n)
			c.send(hello.frame())
			c.verdict(tcptransport.VerdictOK)
			c.send(messageFrame(1))
			c.ends()
		}
		wait()
		for _, event := range []string{"hello_refused", "bad_hello", "bad_frame", "bad_join"} {
			if got := log.lines(t, event); len(got) != 1 || got[0]["from"] == nil || got[0]["why"] == nil && got[0]["error"] == nil {
				t.Errorf("%d lines of %s, such as %v", len(got), event, got[:min(len(got), 1)])
			}
		}
	})
}

// A node that dials while it is dialed is no fault, and hides none.
func TestCrossedHidesNoFault(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		for level, crossed := range map[zerolog.Level]int{zerolog.InfoLevel: 0, zerolog.DebugLevel: 1} {
			n, log := noisy(t, f, level)
			fake := listenRaw(t, f)
			peer := &views.Peer{ID: "z", Incarnation: 1, Addr: fake.Addr().String()}
			n.send(peer, 1)
			fake.accept()
			c := dialRaw(t, f, n)
			c.send(helloFrame(peer, "m"))
			c.verdict(tcptransport.VerdictCrossed)
			c = dialRaw(t, f, n)
			c.send(helloFrame(peer, "x"))
			c.verdict(tcptransport.VerdictWrongPeer)
			wait()
			why := make(map[any]int)
			for _, line := range log.lines(t, "hello_refused") {
				why[line["why"]]++
			}
			if why["crossed"] != crossed || why["wrong peer"] != 1 {
				t.Errorf("%s: got %v", level, why)
			}
			n.Stop()
		}
	})
}
