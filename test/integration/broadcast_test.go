// Messages to everybody, while nodes die, stop and start again.

//go:build unix

package integration_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// life returns the life that a speaker has told, empty before that.
func (p *process) life() string {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.born()
}

// born is life for whoever holds the mutex.
func (p *process) born() string {
	for _, e := range p.events {
		if e.Message == "ready" {
			return e.Life
		}
	}
	return ""
}

// last returns the latest event with that message.
func (p *process) last(message string) (event, bool) {
	for _, e := range slices.Backward(p.events) {
		if e.Message == message {
			return e, true
		}
	}
	return event{}, false
}

// choir is a world of speakers.
type choir struct {
	*world
	server string
	all    []*process
	age    time.Duration
	opened map[*process]map[string]*heard // what each had heard when all had joined
}

// sing starts n speakers, of which some publish.
func sing(t *testing.T, cluster string, n, publishers, rate int, age time.Duration) *choir {
	t.Helper()
	c := &choir{world: newWorld(t, cluster), server: startNATS(t).url(), age: age}
	for i := range n {
		if i < publishers {
			c.join(t, "p"+strconv.Itoa(i), rate)
		} else {
			c.join(t, "n"+strconv.Itoa(i), 0)
		}
	}
	c.awaitWhole(t, "all have joined")
	begun := make(map[string]uint64)
	for _, p := range c.all[:publishers] {
		begun[p.life()] = 1
	}
	c.reached(t, begun, c.all)
	c.opened = c.reports(t, c.all)
	return c
}

func (c *choir) join(t *testing.T, id string, rate int) *process {
	t.Helper()
	p := c.startSpeaker(t, script{ID: id, Server: c.server, Rate: rate, StoreAge: c.age})
	c.all = append(c.all, p)
	return p
}

// hush ends publishing, and returns how many messages each publisher has sent.
func (c *choir) hush(t *testing.T) map[string]uint64 {
	t.Helper()
	var publishers []*process
	c.mu.Lock()
	for _, p := range c.all {
		if p.status == running && p.id[0] == 'p' {
			publishers = append(publishers, p)
		}
	}
	c.mu.Unlock()
	for _, p := range publishers {
		p.order(t, "quiet")
	}
	published := make(map[string]uint64)
	c.awaitEach(t, "publishers are quiet", publishers, func(p *process) bool {
		e, quiet := p.last("quiet")
		published[p.born()] = e.Published
		return quiet
	})
	return published
}

// reached waits until everybody has been given all that these lives have sent.
func (c *choir) reached(t *testing.T, published map[string]uint64, by []*process) {
	t.Helper()
	before := c.logged(by, "reached")
	for _, p := range by {
		for life, n := range published {
			p.order(t, "await %s %d", life, n)
		}
	}
	c.awaitEach(t, "everything has arrived", by, func(p *process) bool {
		return p.logged("reached") >= before[p]+len(published)
	})
}

// logged returns how many lines with that message each has logged.
func (c *choir) logged(of []*process, message string) map[*process]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make(map[*process]int)
	for _, p := range of {
		counts[p] = p.logged(message)
	}
	return counts
}

// living returns those that live, other than the given ones.
func (c *choir) living(except ...*process) []*process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.all), func(p *process) bool {
		return p.status == ending || slices.Contains(except, p)
	})
}

// whole fails unless each has been given every message of these lives exactly
// once and in order, from the one on that it had heard first when all had joined. Who
// came later begins later.
func (c *choir) whole(t *testing.T, reports map[*process]map[string]*heard, published map[string]uint64, throughout []*process) {
	t.Helper()
	for p, all := range reports {
		for life, n := range published {
			h := all[life]
			if h == nil {
				t.Errorf("%s has heard nothing of %s", p.id, life)
				continue
			}
			if h.Twice+h.Astray+h.Missed > 0 || h.Last != n || h.Count != n-h.First+1 {
				t.Errorf("%s has of %s: %+v, want all up to %d", p.id, life, *h, n)
			}
			if slices.Contains(throughout, p) && h.First != c.opened[p][life].First {
				t.Errorf("%s has of %s: %+v, want it from %d on", p.id, life, *h, c.opened[p][life].First)
			}
		}
	}
}

// A relay is killed every second, and another node started.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	c := sing(t, "load", 12, 3, 200, 0)
	throughout := slices.Clone(c.all[:6])
	for i := range 6 {
		c.all[6+i].kill(t)
		c.join(t, "late"+strconv.Itoa(i), 0)
		tick(t)
	}
	c.awaitWhole(t, "one mesh again")
	published := c.hush(t)
	living := c.living()
	c.reached(t, published, living)
	c.whole(t, c.reports(t, living), published, throughout)
}

// tick waits for a second of load.
func tick(t *testing.T) {
	t.Helper()
	select {
	case <-time.After(time.Second):
	case <-t.Context().Done():
	}
}

// A publisher is killed: what one survivor has of it, all have.
func TestKillPublisher(t *testing.T) {
	t.Parallel()
	c := sing(t, "orator", 9, 1, 2000, 0)
	tick(t)
	orator := c.all[0]
	life := orator.life()
	orator.kill(t)
	c.awaitWhole(t, "the others are one mesh")
	survivors := c.living()
	var last uint64
	for _, all := range c.reports(t, survivors) {
		if all[life] != nil {
			last = max(last, all[life].Last)
		}
	}
	if last < 100 {
		t.Fatalf("the survivors have heard %d messages only", last)
	}
	published := map[string]uint64{life: last}
	c.reached(t, published, survivors)
	c.whole(t, c.reports(t, survivors), published, nil)
}

// reports asks everybody what they have heard.
func (c *choir) reports(t *testing.T, of []*process) map[*process]map[string]*heard {
	t.Helper()
	before := c.logged(of, "report")
	for _, p := range of {
		p.order(t, "report")
	}
	reports := make(map[*process]map[string]*heard)
	c.awaitEach(t, "reports", of, func(p *process) bool {
		e, _ := p.last("report")
		reports[p] = e.Heard
		return p.logged("report") > before[p]
	})
	return reports
}

// A node is stopped for two seconds, and misses nothing.
func TestPauseUnderLoad(t *testing.T) {
	t.Parallel()
	c := sing(t, "pause", 9, 2, 200, 0)
	victim := c.all[5]
	victim.suspend(t)
	tick(t)
	tick(t)
	victim.resume(t)
	c.awaitWhole(t, "it is back")
	published := c.hush(t)
	c.reached(t, published, c.all)
	c.whole(t, c.reports(t, c.all), published, c.all)
}

// A node is stopped for longer than messages are kept: what it misses is
// reported to it, and nothing else is missing. It has heard of the publishers before: a
// newcomer is told nothing of what was before it.
func TestPauseTooLong(t *testing.T) {
	t.Parallel()
	c := sing(t, "sleep", 9, 2, 200, 6*time.Second) // what is announced late is still kept when it is asked for
	victim := c.all[5]
	at := victim.suspend(t)
	_, _ = c.awaitLoss(t, "neighbors give it up", c.around(map[*process]time.Time{victim: at}))
	for range 9 {
		tick(t)
	}
	victim.resume(t)
	c.awaitWhole(t, "it is back")
	published := c.hush(t)
	c.reached(t, published, c.all)
	reports := c.reports(t, c.all)
	for life, n := range published {
		h := reports[victim][life]
		if h == nil || h.Missed == 0 || h.Twice+h.Astray > 0 || h.Count+h.Missed != n-h.First+1 {
			t.Errorf("%s has of %s: %+v, want all up to %d, or a report that it is missing, and some of these", victim.id, life, h, n)
		}
	}
	delete(reports, victim)
	c.whole(t, reports, published, c.living(victim))
}

// Every node is ended gracefully and started again, one after the other.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	c := sing(t, "rolling", 8, 3, 200, 0)
	for _, p := range slices.Clone(c.all) {
		rate := 0
		if p.id[0] == 'p' {
			rate = 200
		}
		p.dismiss(t)
		c.awaitEnd(t, p.id+" has ended", p)
		c.join(t, p.id, rate)
		c.awaitWhole(t, p.id+" is back")
	}
	published := c.hush(t)
	living := c.living()
	c.reached(t, published, living)
	reports := c.reports(t, living)
	c.whole(t, reports, published, nil)
	for p, all := range reports { // lives that have ended, too
		var bad []string
		for life, h := range all {
			if h.Twice+h.Astray+h.Missed > 0 {
				bad = append(bad, fmt.Sprintf("%s: %+v", life, *h))
			}
		}
		if len(bad) > 0 {
			t.Errorf("%s has heard:\n%s", p.id, strings.Join(bad, "\n"))
		}
	}
}
