// What a node does with hearsay: what others say of others, asked or unasked.

package membership

import "github.com/kithmesh/kith/views"

// learn takes a peer that somebody has told of into the passive view, unless it is this
// node, a neighbor, gone, lost since, or too old to be worth a slot. It reports whether
// the peer is new there. Sent is as for [views.Passive.Add].
func (n *Node) learn(s views.Sighting, sent *[]*views.Peer) bool {
	hash := views.Fingerprint(s.Peer.ID)
	return !n.isSelfHashed(s.Peer, hash) && n.take(told{s, hash}, sent)
}

// merge is learn for a sample that this node has asked for (paper §4.4).
func (n *Node) merge(sample []views.Sighting, sent *[]*views.Peer) {
	n.gather(sample)
	for _, s := range n.told {
		n.take(s, sent)
	}
}

// hear is learn for what nobody asked for. Who is named in it, and how often, is the
// choice of whoever sent it: beyond a rate it brings nobody new.
func (n *Node) hear(s views.Sighting, sent *[]*views.Peer) {
	if hash := views.Fingerprint(s.Peer.ID); !n.isSelfHashed(s.Peer, hash) {
		n.takeUnasked(told{s, hash}, sent)
	}
}

// hearAll is hear for a sample.
func (n *Node) hearAll(sample []views.Sighting, sent *[]*views.Peer) {
	n.gather(sample)
	for _, s := range n.told {
		n.takeUnasked(s, sent)
	}
}

// told is a sighting of another node, with the fingerprint of its ID.
type told struct {
	views.Sighting
	hash uint16
}

// gather puts what a sample says of others than this node into n.told.
func (n *Node) gather(sample []views.Sighting) {
	// In a large simulation the records of the peers are in no cache. The processor
	// fetches them all at the same time if nothing else comes in between.
	n.told = n.told[:0]
	for _, s := range sample {
		if hash := views.Fingerprint(s.Peer.ID); !n.isSelfHashed(s.Peer, hash) {
			n.told = append(n.told, told{s, hash})
		}
	}
}

// takeUnasked is hear for what is not about this node.
func (n *Node) takeUnasked(s told, sent *[]*views.Peer) {
	switch {
	case !n.hearsay.has(n.now, n.cfg.HearsayRate, 2*float64(n.passive.Size())):
		n.stats.LimitedHearsay++
	case n.take(s, sent):
		n.hearsay.missing++
	}
}

// take is learn for what is not about this node. A lost peer that others have seen
// since is taken in, and goes on being looked for: hearsay is no answer.
func (n *Node) take(s told, sent *[]*views.Peer) bool {
	p := s.Peer
	switch {
	case s.Age > n.cfg.MaxAge, n.active.HasHashed(p.ID, s.hash), n.book.left.has(p):
		return false
	case n.book.lost.Has(p.ID) && !n.book.lost.SeenSince(p, n.now-s.Age):
		return false
	}
	n.seen(p)
	if !n.passive.AddHashed(n.now, s.Sighting, s.hash, sent, n.rng) {
		return false
	}
	if !n.book.lost.Seeks(p.ID) {
		n.book.lost.Remove(p.ID)
	}
	n.shuffle.learnt = true
	return true
}

// cut shortens the sample of a message to twice what this node would send itself.
func (n *Node) cut(m *Message) {
	most := 2 * answerSample
	switch m.Kind {
	case Shuffle, ShuffleReply:
		most = 2 * n.mostSample()
	case Join, JoinReply:
		most = 2 * joinSample
	case ForwardJoin, Neighbor, NeighborReply, Disconnect, Heartbeat:
	}
	if len(m.Sample) > most {
		n.stats.CutSightings += uint64(len(m.Sample) - most)
		m.Sample = m.Sample[:most]
	}
}

// visited remembers a visitor that has neighbors, and whom it names. Nobody has reached
// it, and what it says is as good as anonymous: it is taken for old news, and only now
// and then. A healthy node is visited once in RecontactInterval.
func (n *Node) visited(m *Message) {
	if m.Priority != Low || !n.write().visits.take(n.now, visitRate, visitBurst) {
		return
	}
	if n.requestTo(m.Peer) < 0 {
		n.hear(views.Sighting{Peer: m.Peer, Age: n.cfg.MaxAge / 2}, nil)
	}
	for _, s := range m.Sample {
		s.Age = max(s.Age, n.cfg.MaxAge/2)
		n.hear(s, nil)
	}
}

// visitRate is how many visitors a second are listened to, visitBurst how many at once.
// Our choice: one in ten seconds, and 5.
const (
	visitRate  = 0.1
	visitBurst = 5
)
