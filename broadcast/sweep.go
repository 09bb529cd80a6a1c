// Forgetting what is too old.

package broadcast

import "time"

// sweepPeriod is the time between two looks at what is too old.
const sweepPeriod = time.Second

// sweep lets go of old messages and of origins that have long been silent.
func (n *Node) sweep() {
	n.sweepAt = never
	n.expire()
	n.echo()
	if n.now-n.sweptAt >= n.cfg.SourceExpiry/16 {
		n.sweptAt = n.now
		n.sweepSources(n.cfg.SourceExpiry)
	}
	if n.store.count > 0 || len(n.echoing) > 0 || len(n.sources) > 1 {
		n.sweepAt = n.now + sweepPeriod
	}
}

// sweepSources forgets origins that have said nothing for that long.
func (n *Node) sweepSources(age time.Duration) {
	for life, s := range n.sources { // order-free: whatever is too old goes
		if s == n.self || n.now-s.seen < age || !s.empty() || s.lack != nil || s.dirty || s.echoes >= 0 {
			continue
		}
		delete(n.sources, life)
		if n.recent == s {
			n.recent = nil
		}
		if s.parent >= 0 && n.routes[s.id] == s.parent {
			delete(n.routes, s.id)
		}
	}
}
