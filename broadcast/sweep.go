// Forgetting what is too old.

package broadcast

import (
	"slices"
	"time"
)

// sweepPeriod is the time between two looks at what is too old.
const sweepPeriod = time.Second

// sweep lets go of old messages and of origins that have long been silent.
func (n *Node) sweep() {
	n.sweepAt = never
	n.expire()
	n.pardon()
	n.echo()
	n.late -= n.late / 16 // what has not been seen again for long is over
	if n.now-n.sweptAt >= n.cfg.SourceExpiry/16 {
		n.sweptAt = n.now
		n.sweepSources(n.cfg.SourceExpiry)
		n.shrink()
	}
	if n.store.count > 0 || len(n.echoing) > 0 || len(n.sources) > 1 {
		n.sweepAt = n.now + sweepPeriod
	}
}

// sweepSources forgets origins that have said nothing for that long, whatever others
// still say of them.
func (n *Node) sweepSources(age time.Duration) {
	for s := n.newest.newer; s != &n.newest && n.now-s.seen >= age; {
		oldest := s
		s = s.newer
		if oldest != n.self && oldest.empty() && oldest.feeding == 0 && !oldest.dirty && !oldest.echoing {
			n.forget(oldest)
		}
	}
}

// shrinkFrom is the size from which on tables are made smaller when they are empty for the most
// part. Below it they are not worth it.
const shrinkFrom = 1024

// shrink gives back what the tables took when there were far more origins: a map and a slice keep
// their room for ever.
func (n *Node) shrink() {
	if n.most < shrinkFrom || len(n.sources) > n.most/4 {
		return
	}
	n.most = len(n.sources)
	sources, routes := make(map[Life]*source, n.most), make(map[string]*source, len(n.routes))
	for s := n.newest.newer; s != &n.newest; s = s.newer {
		sources[s.life] = s
		if n.routes[s.id] == s {
			routes[s.id] = s
		}
	}
	n.sources, n.routes = sources, routes
	if len(n.senders) == 0 {
		n.senders = make(map[string]int)
	}
	n.dirty, n.lacking, n.echoing = slices.Concat(n.dirty), slices.Concat(n.lacking), slices.Concat(n.echoing)
	n.held = slices.Concat(n.held)
}

func (n *Node) forget(s *source) {
	s.unlink()
	delete(n.sources, s.life)
	if n.recent == s {
		n.recent = nil
	}
	if n.routes[s.id] == s {
		delete(n.routes, s.id)
	}
	s.lack = nil // and so it leaves Node.lacking
	for slot := range n.fed.All() {
		n.stopCursor(n.links[slot], s, false)
	}
}
