// A node that speaks and listens: the test program itself, started once more.

//go:build unix

package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/broadcast"
)

// script is what a speaker is to do.
type script struct {
	ID, Cluster, Server string
	// Rate is how many messages it publishes a second, from the start on; 0: none.
	Rate int
	// StoreAge replaces the default, if it is not zero.
	StoreAge time.Duration
	// Listen is where it listens, and State its state file; by default those of the node.
	Listen, State string
	// Journal makes it log all that it says, hears and is told, for a history.
	Journal bool
}

// heard is what a speaker has been given of one life of an origin.
type heard struct {
	First, Last   uint64 // sequences
	Count         uint64 // messages
	Twice, Astray uint64 // not above the one before; after a hole that was not reported
	Missed        uint64 // in gaps that were reported
}

// speaker is the state of the process.
type speaker struct {
	log  zerolog.Logger
	node *kith.Node

	journal *journal // nil without

	mu        sync.Mutex
	heard     map[string]*heard // by origin and incarnation
	published uint64
	quiet     bool
	awaited   map[string]uint64
}

// life names a life in reports.
func life(origin string, incarnation uint64) string {
	return origin + "/" + strconv.FormatUint(incarnation, 10)
}

// speak is the whole life of a speaker. It obeys the lines of its input: "quiet"
// ends publishing; "await LIFE N" logs "reached" when N has been delivered or
// missed; "report" logs all it has heard. Its end is that of the input.
func speak(text string) error {
	var s script
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	sp := &speaker{
		log:     zerolog.New(os.Stderr).With().Timestamp().Logger(),
		heard:   make(map[string]*heard),
		awaited: make(map[string]uint64),
	}
	nc, err := nats.Connect(s.Server, nats.NoEcho(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		return err
	}
	defer nc.Close()
	cfg := kith.Config{
		ID: s.ID, Cluster: s.Cluster, Bind: s.Listen, StateFile: s.State, Broadcast: broadcast.DefaultConfig(),
		Insecure: true, // those on hosts of their own reach each other
	}
	if s.StoreAge > 0 {
		cfg.Broadcast.StoreAge = s.StoreAge
	}
	if sp.node, err = kith.Start(context.Background(), cfg, kith.WithNATS(nc), kith.WithLogger(sp.log)); err != nil {
		return err
	}
	if s.Journal {
		sp.journal = newJournal(sp.log)
		defer sp.journal.close()
		go sp.journal.follow(sp.node)
	}
	if _, err := sp.node.Subscribe("load.>", sp.hear, kith.OnGap(sp.gap)); err != nil {
		return err
	}
	sp.log.Info().Str("addr", sp.node.Self().Addr).Str("life", life(s.ID, sp.node.Self().Incarnation)).Msg("ready")
	var publishing sync.WaitGroup
	if s.Rate > 0 {
		publishing.Go(func() { sp.publish(s) })
	}
	err = sp.obey(os.Stdin)
	sp.hush()
	publishing.Wait()
	return errors.Join(err, sp.node.Leave(context.Background()))
}

// publish publishes at the given rate until the speaker is to be quiet.
func (sp *speaker) publish(s script) {
	tick := time.NewTicker(time.Second / time.Duration(s.Rate))
	defer tick.Stop()
	padding := strings.Repeat("x", 128)
	for n := uint64(1); ; n++ {
		<-tick.C
		sp.mu.Lock()
		quiet := sp.quiet
		sp.mu.Unlock()
		if quiet {
			break
		}
		sp.journal.say(entry{Life: life(s.ID, sp.node.Self().Incarnation), From: n, Until: n})
		if err := sp.node.Publish(context.Background(), "load."+s.ID, fmt.Appendf(nil, "%d %s", n, padding)); err != nil {
			sp.log.Error().Err(err).Msg("publish_failed")
			break
		}
		sp.mu.Lock()
		sp.published++
		sp.mu.Unlock()
	}
	sp.log.Info().Uint64("published", sp.published).Msg("quiet")
}

func (sp *speaker) hush() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.quiet = true
}

// of returns the record of an origin, and makes it.
func (sp *speaker) of(key string, sequence uint64) *heard {
	h := sp.heard[key]
	if h == nil {
		h = &heard{First: sequence, Last: sequence - 1}
		sp.heard[key] = h
	}
	return h
}

func (sp *speaker) hear(m *kith.Message) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	key := life(m.Origin, m.Incarnation)
	if number, _, _ := strings.Cut(string(m.Data), " "); number != strconv.FormatUint(m.Sequence, 10) {
		sp.log.Error().Str("id", key).Uint64("sequence", m.Sequence).Str("number", number).Msg("misnumbered")
	}
	sp.journal.hear(entry{Life: key, From: m.Sequence, Until: m.Sequence})
	h := sp.of(key, m.Sequence)
	switch {
	case m.Sequence <= h.Last:
		h.Twice++
		return
	case m.Sequence > h.Last+1:
		h.Astray += m.Sequence - h.Last - 1
	}
	h.Count++
	sp.moved(key, h, m.Sequence)
}

func (sp *speaker) gap(g kith.Gap) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	key := life(g.Origin, g.Incarnation)
	sp.journal.hear(entry{Life: key, From: g.From, Until: g.Until, Gap: true})
	h := sp.of(key, g.From)
	h.Missed += g.Until - g.From + 1
	sp.moved(key, h, g.Until)
}

func (sp *speaker) moved(key string, h *heard, last uint64) {
	h.Last = max(h.Last, last)
	if want, ok := sp.awaited[key]; ok && h.Last >= want {
		delete(sp.awaited, key)
		sp.log.Info().Str("id", key).Msg("reached")
	}
}

// obey reads what to do until the end of the input.
func (sp *speaker) obey(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "quiet":
			sp.hush()
		case "await":
			last, err := strconv.ParseUint(words[2], 10, 64)
			if err != nil {
				return err
			}
			sp.mu.Lock()
			sp.awaited[words[1]] = last
			if h := sp.heard[words[1]]; h != nil {
				sp.moved(words[1], h, h.Last)
			}
			sp.mu.Unlock()
		case "report":
			sp.mu.Lock()
			sp.log.Info().Interface("heard", sp.heard).Interface("stats", sp.node.Stats().Broadcast).
				Int("goroutines", runtime.NumGoroutine()).Uint64("heap", heap()).Msg("report")
			sp.mu.Unlock()
		default:
			return fmt.Errorf("no such order: %q", words)
		}
	}
	return lines.Err()
}

// heap returns the bytes in use. What the race detector takes besides is not among them.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// startSpeaker starts a speaker, without waiting for it.
func (w *world) startSpeaker(t *testing.T, s script) *process {
	t.Helper()
	return w.speakBy(t, exec.Command, s)
}

// speakBy is startSpeaker here or on some host.
func (w *world) speakBy(t *testing.T, command commander, s script) *process {
	t.Helper()
	s.Cluster = w.cluster
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(self)
	cmd.Env = append(environment(), speakerEnv+"="+string(text))
	return w.runWithInput(t, s.ID, cmd, running)
}

// order tells a speaker what to do.
func (p *process) order(t *testing.T, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(p.orders, format+"\n", args...); err != nil {
		t.Fatalf("%s: %v", p.id, err)
	}
}

// dismiss ends a speaker gracefully.
func (p *process) dismiss(t *testing.T) {
	t.Helper()
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.status = ending
	if err := p.orders.Close(); err != nil {
		t.Fatalf("%s: %v", p.id, err)
	}
	p.world.change(true)
}
