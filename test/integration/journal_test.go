// The journal of a speaker: all that it says and hears, in a line of log now and then.

//go:build unix

package integration_test

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
)

// journal collects entries, and logs them at times. A nil one does nothing.
type journal struct {
	log  zerolog.Logger
	stop chan struct{}
	work sync.WaitGroup

	mu        sync.Mutex
	said, got []entry
}

// journalPeriod is how much of a journal is lost at most when its process is killed.
const journalPeriod = 200 * time.Millisecond

func newJournal(log zerolog.Logger) *journal {
	j := &journal{log: log, stop: make(chan struct{})}
	j.work.Go(j.run)
	return j
}

func (j *journal) run() {
	tick := time.NewTicker(journalPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			j.flush()
		case <-j.stop:
			j.flush()
			return
		}
	}
}

func (j *journal) close() {
	close(j.stop)
	j.work.Wait()
}

func (j *journal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.said)+len(j.got) == 0 {
		return
	}
	j.log.Info().Interface("said", j.said).Interface("got", j.got).Msg("journal")
	j.said, j.got = nil, nil
}

// say notes what is about to be published.
func (j *journal) say(e entry) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e.At = time.Duration(time.Now().UnixNano())
	j.said = append(j.said, e)
}

// hear notes what was delivered, or reported as missing.
func (j *journal) hear(e entry) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e.At = time.Duration(time.Now().UnixNano())
	j.got = append(j.got, e)
}

// follow logs the events of a node until that ends.
func (j *journal) follow(node *kith.Node) {
	for e := range node.Events(context.Background()) {
		var peers []string
		for _, p := range e.Neighbors {
			peers = append(peers, p.ID)
		}
		j.log.Info().Stringer("kind", e.Kind).Str("peer", e.Peer.ID).Strs("peers", peers).Msg("told")
	}
}
