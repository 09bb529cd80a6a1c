// What others say to everybody: of themselves, and whom they doubt.

package interest

// hear takes in a message.
func (n *Node) hear(in *Input) {
	if in.From == n.self {
		return // its own, or that of another life, which ends or should not be
	}
	m, err := ParseMessage(in.Data)
	switch {
	case err != nil:
		n.stats.Malformed++
		return
	case m.Kind > Digest:
		n.stats.Unknown++
		return
	case m.Kind.toAll() == in.Direct:
		n.stats.Forged++
		return
	}
	if in.Direct {
		n.trust(in.From, in.Incarnation)
	}
	switch m.Kind {
	case Delta:
		n.onDelta(in, &m)
	case Alive:
		n.onAlive(in, &m)
	case Doubt:
		n.onDoubt(in, &m)
	case Farewell:
		n.onFarewell(in, &m)
	case Ask:
		n.onAsk(in.From, &m)
	case Table:
		n.onTable(in, &m)
	case Digest:
		n.onDigest(in.From, &m)
	}
}

// heardItself returns the record of a node that has just said something of itself, which proves
// that it lives; nil if what it said does not count. A newer life replaces an older one, and
// any life hearsay.
func (n *Node) heardItself(in *Input, m *Message) *record {
	l := life{in.Incarnation, m.Epoch}
	if g, ok := n.remote.graves[in.From]; ok {
		if g.life.compare(l) >= 0 {
			n.stats.Stale++
			return nil
		}
		delete(n.remote.graves, in.From)
	}
	r := n.remote.known[in.From]
	if r == nil {
		if r = n.add(in.From, l, n.now+n.cfg.TTL, false); r == nil {
			return nil
		}
	}
	if r.life.compare(l) > 0 && !r.hearsay {
		n.stats.Stale++
		return nil
	}
	if r.life != l {
		n.begin(r, l)
	}
	if r.beat = max(r.beat, m.Beat); m.Beat >= r.overcome {
		n.trust(r.id, in.Incarnation)
	}
	n.confirm(r)
	r.expires = n.now + n.cfg.TTL
	n.remote.oldest = min(n.remote.oldest, r.expires)
	if hops := max(in.Hops, 1); !in.Direct && hops != r.hops {
		r.hops = hops
		n.cache.generation++
	}
	return r
}

// onDelta applies changes to the table from which they were made, or to a later one: they
// are what is so at their version.
func (n *Node) onDelta(in *Input, m *Message) {
	r := n.heardItself(in, m)
	if r == nil {
		return
	}
	n.stats.DeltasHeard++
	if m.Version >= r.said {
		n.setGroup(r, m.Group)
	}
	n.named(r, m.Version)
	switch {
	case m.Version <= r.version:
	case m.From > r.version || r.asking.unsure:
		n.stats.Gaps++
		n.keepForLater(r, m)
		n.need(r, "")
	default:
		n.change(r, m)
	}
}

// named takes note of the version that a node has named itself. If others told a later one,
// that was before it was made, or a lie; the node will say.
func (n *Node) named(r *record, version uint64) {
	if version < r.version && r.said < r.version {
		n.doubtTable(r)
	}
	r.said = max(r.said, version)
	r.newest = max(r.newest, version)
}

// change applies the changes of a delta.
func (n *Node) change(r *record, m *Message) {
	if !n.fits(r, m.Keys, false) {
		n.refuse(r)
		return
	}
	for i := range m.Keys {
		n.put(r, m.Keys[i].Key, m.Keys[i].Weight)
	}
	r.version = m.Version
	n.settleAsking(r)
}

func (n *Node) onAlive(in *Input, m *Message) {
	r := n.heardItself(in, m)
	if r == nil {
		return
	}
	n.stats.AlivesHeard++
	if m.Version >= r.said {
		n.setGroup(r, m.Group)
	}
	n.named(r, m.Version)
	switch {
	case m.Version > r.version:
		n.stats.Gaps++
		n.need(r, "")
	case m.Version == r.version && m.Count != uint64(len(r.keys)):
		n.doubtTable(r)
	}
}

// onFarewell removes a node, and remembers that it left.
func (n *Node) onFarewell(in *Input, m *Message) {
	l := life{in.Incarnation, m.Epoch}
	r := n.remote.known[in.From]
	old, buried := n.remote.graves[in.From]
	if old.life.compare(l) > 0 || r != nil && r.life.compare(l) > 0 && !r.hearsay {
		n.stats.Stale++
		return
	}
	n.stats.Left++
	if r != nil {
		n.forget(r)
	}
	if !buried && len(n.remote.graves) >= n.cfg.MaxNodes {
		n.stats.RefusedNodes++
		return
	}
	expires := n.now + n.cfg.TTL
	n.remote.graves[in.From] = grave{life: l, expires: expires}
	n.remote.oldest = min(n.remote.oldest, expires)
}
