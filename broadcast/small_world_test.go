// Small worlds in which anything happens: links come and go, nodes die and come back,
// links are slow. In the end everybody has what it can have.

package broadcast_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/broadcast"
)

// post is a message that somebody published.
type post struct {
	life     broadcast.Life
	sequence uint64
	at       time.Duration
}

// small is a world of two to six nodes, driven by rapid.
type small struct {
	*world
	lives map[string]uint64
	posts []post
}

func newSmall(t *rapid.T) *small {
	cfg := broadcast.DefaultConfig()
	cfg.OwnTree = rapid.SampledFrom([]int{0, 1, 3, 8}).Draw(t, "own tree")
	cfg.Threshold = rapid.SampledFrom([]int{0, 7}).Draw(t, "threshold") // a low one and many senders give no rest
	if rapid.Bool().Draw(t, "at once") {
		cfg.LazyDelay = 0
	}
	s := &small{world: newWorld(t, rapid.Uint64().Draw(t, "seed"), cfg), lives: make(map[string]uint64)}
	s.checked = true
	most := rapid.SampledFrom([]int{1, 20, 200}).Draw(t, "latency")
	s.delay = func() time.Duration { return time.Duration(s.rng.IntN(1000*most)) * time.Microsecond }
	for range rapid.IntRange(2, 6).Draw(t, "nodes") {
		s.lives[s.start().name] = 1
	}
	return s
}

func (s *small) alive() (alive []*host) {
	for _, h := range s.nodes {
		if !h.dead {
			alive = append(alive, h)
		}
	}
	return alive
}

func (s *small) one(t *rapid.T) *host {
	if len(s.alive()) == 0 {
		t.Skip("nobody is there")
	}
	return s.alive()[rapid.IntRange(0, len(s.alive())-1).Draw(t, "node")]
}

// end is one side of a link that is up.
func (s *small) end(t *rapid.T) (*host, *end) {
	var hosts []*host
	var ends []*end
	for _, h := range s.alive() {
		for _, e := range h.neighbors() {
			hosts, ends = append(hosts, h), append(ends, e)
		}
	}
	if len(ends) == 0 {
		t.Skip("there is no link")
	}
	i := rapid.IntRange(0, len(ends)-1).Draw(t, "link")
	return hosts[i], ends[i]
}

func (s *small) publish(h *host, count int) {
	for range count {
		sequence, _ := h.core.Next()
		s.posts = append(s.posts, post{h.life, sequence, s.now})
		h.publish()
	}
}

// actions are what may happen.
func (s *small) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"link": func(t *rapid.T) {
			if a, b := s.one(t), s.one(t); a != b && !a.linkedTo(b) {
				s.link(a, b)
			}
		},
		"unlink":  func(t *rapid.T) { _, e := s.end(t); s.unlink(e) },
		"publish": func(t *rapid.T) { s.publish(s.one(t), rapid.IntRange(1, 12).Draw(t, "messages")) },
		"kill":    func(t *rapid.T) { s.kill(s.one(t)) },
		"start": func(t *rapid.T) {
			for _, h := range s.nodes { // the first that is dead comes back
				if id := h.name; h.dead && s.lives[id] == h.life.Incarnation() {
					s.lives[id]++
					s.startAs(id, s.lives[id])
					return
				}
			}
		},
		"congest": func(t *rapid.T) {
			if h, e := s.end(t); !e.full {
				h.congest(e)
			}
		},
		"drain": func(t *rapid.T) {
			if h, e := s.end(t); e.full {
				h.drain(e)
			}
		},
		"send": func(t *rapid.T) { s.one(t).send(s.one(t).life.ID(), "hello") },
		"wait": func(t *rapid.T) {
			s.run(time.Duration(rapid.SampledFrom([]int{1, 10, 100, 1000, 6000}).Draw(t, "ms")) * time.Millisecond)
		},
	}
}

// heal ends all trouble: no link is slow, and everybody who lives is in one mesh.
func (s *small) heal() {
	alive := s.alive()
	for i, h := range alive {
		for _, e := range h.neighbors() {
			if e.full {
				h.drain(e)
			}
		}
		if next := alive[(i+1)%len(alive)]; next != h && !h.linkedTo(next) {
			s.link(h, next)
		}
	}
}

// entitled reports whether a node was there when a message was published, and has not
// given it up since.
func (p *post) entitled(h *host) bool {
	since, linked := h.core.Since()
	return !h.dead && linked && h.born+since <= p.at && !h.lost[p.life][p.sequence]
}

// reached are the nodes that must have a message: those who have it in store, and
// whoever is entitled to it and linked to one of these. A newcomer hands on nothing that
// is older than itself.
func (s *small) reached(p *post) map[*host]bool {
	reached := make(map[*host]bool)
	var visit func(h *host)
	visit = func(h *host) {
		if reached[h] {
			return
		}
		reached[h] = true
		for _, e := range h.neighbors() {
			if p.entitled(e.far) {
				visit(e.far)
			}
		}
	}
	for _, h := range s.alive() {
		if h.core.Holds(p.life, p.sequence) {
			visit(h)
		}
	}
	return reached
}

// complete checks that everybody has what is in store anywhere, and awaits nothing.
func (s *small) complete(t *rapid.T) {
	for i := range s.posts {
		p := &s.posts[i]
		if s.now-p.at > s.cfg.StoreAge-time.Second {
			continue
		}
		for h := range s.reached(p) { // order-free: any is a fault
			if !h.fresh[p.life][p.sequence] {
				t.Fatalf("%s has not got %s/%d of %s", h.life, p.life, p.sequence, p.at)
			}
		}
	}
	for _, h := range s.alive() {
		for _, p := range s.posts {
			if h.core.Lacks(p.life) {
				t.Fatalf("%s still lacks something of %s", h.life, p.life)
			}
		}
	}
}

// quiet checks that there is a tree: once everybody has published often enough, no
// message comes twice and no link changes.
func (s *small) quiet(t *rapid.T) {
	speak := func(times int) {
		for range times {
			for _, h := range s.alive() {
				s.publish(h, 1)
				s.run(400 * time.Millisecond)
			}
			s.run(time.Second)
		}
	}
	speak(12)
	before := s.totals()
	speak(2)
	after := s.totals()
	if after.Duplicates != before.Duplicates || after.Grafts != before.Grafts || after.Prunes != before.Prunes {
		t.Fatalf("%d nodes are restless: %d duplicates, %d grafts, %d prunes in two rounds", len(s.alive()),
			after.Duplicates-before.Duplicates, after.Grafts-before.Grafts, after.Prunes-before.Prunes)
	}
}

func TestSmallWorlds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSmall(t)
		s.heal()
		t.Repeat(s.actions())
		if len(s.alive()) == 0 {
			return
		}
		s.heal()
		s.run(12 * time.Second)
		s.complete(t)
		s.quiet(t)
		s.complete(t)
	})
}
