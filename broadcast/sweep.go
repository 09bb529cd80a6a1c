// Forgetting what is too old.

package broadcast

import "time"

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
		if oldest != n.self && oldest.empty() && oldest.feeding == 0 && !oldest.dirty && oldest.echoes < 0 {
			n.forget(oldest)
		}
	}
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
