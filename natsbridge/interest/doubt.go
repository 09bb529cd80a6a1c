// Doubt: what becomes of a node that its neighbor has lost.

package interest

// lose doubts a neighbor that was lost, and says so, unless somebody else has.
func (n *Node) lose(id string) {
	if r := n.remote.known[id]; r != nil && n.doubt(r, r.beat+1) {
		n.stats.DoubtsSent++
		n.publish(&Message{Kind: Doubt, Node: id, Incarnation: r.life.incarnation, Epoch: r.life.epoch, Beat: r.overcome})
	}
}

// doubt begins the grace of a node, and reports false if it had begun before. What the
// doubter had heard before does not end it, if the doubt has overtaken it on its way here.
func (n *Node) doubt(r *record, beat uint64) bool {
	r.overcome = max(r.overcome, min(beat, r.beat+maxAhead))
	if r.doubted {
		return false
	}
	r.doubted, r.graceEnds = true, n.now+n.cfg.Grace
	n.remote.oldest = min(n.remote.oldest, r.graceEnds)
	n.cache.generation++
	return true
}

// maxAhead is how far the beat of a doubt can be ahead of what is known. The doubted one skips as many,
// so that a forged doubt does not outlast its answer either.
const maxAhead = 64

// onDoubt doubts whom another has lost. Whoever hears it of itself says that it lives.
func (n *Node) onDoubt(in *Input, m *Message) {
	n.stats.DoubtsHeard++
	if m.Node == n.self {
		if m.Incarnation == n.life.incarnation {
			n.aliveAt = n.now
			n.own.beats = max(n.own.beats, min(m.Beat, n.own.beats+maxAhead)) // the next one ends it
		}
		return
	}
	r := n.remote.known[m.Node]
	if r == nil || r.life != (life{m.Incarnation, m.Epoch}) || m.Node == in.From {
		return
	}
	n.doubt(r, m.Beat)
}

// withdraw takes the interest of a node out of the union. Its table is remembered.
func (n *Node) withdraw(r *record) {
	n.stats.Withdrawn++
	n.stopAsking(r)
	for k, weight := range r.keys { // order-free: what changes is sorted before it is told
		n.count(r, k, weight, 0)
	}
	r.withdrawn = true
	n.election.changed = true
}

// trust ends the doubt in a node, as it has been heard.
func (n *Node) trust(id string, incarnation uint64) {
	r := n.remote.known[id]
	if r == nil || !r.doubted || r.life.incarnation != incarnation {
		return
	}
	r.doubted = false
	n.cache.generation++
	if !r.withdrawn {
		return
	}
	n.stats.Returned++
	r.withdrawn = false
	for k, weight := range r.keys { // order-free: what changes is sorted before it is told
		n.count(r, k, 0, weight)
	}
	n.election.changed = true
	if r.asking.unsure || r.newest > r.version {
		n.need(r, "")
	}
}
