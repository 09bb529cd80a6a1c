// SHUFFLE (paper §4.4): random walks that keep the passive views fresh.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// exchange is a node's latest shuffle.
type exchange struct {
	sent   []*views.Peer // the spare peers it carried, first to make room
	number uint32        // of the Shuffle
	open   bool          // it may still be answered
	learnt bool          // the passive view has gained a peer since
	heard  uint8         // how many shuffles of others were counted since
	idle   uint8         // shuffles in a row without a new spare peer, up to mostIdle
}

// mostIdle is after how many shuffles in vain a short passive view is taken for
// all there is: a small cluster has no more peers to offer. Our choice: 3.
const mostIdle = 3

// period is the time until the next shuffle: short while the passive view is
// under half and still growing.
func (x *exchange) period(n *Node) time.Duration {
	x.idle = min(x.idle+1, mostIdle)
	if x.learnt {
		x.idle, x.learnt = 0, false
	}
	if x.idle < mostIdle && n.knowsFew() {
		return min(n.cfg.ShuffleFast, n.cfg.ShuffleInterval)
	}
	return n.cfg.ShuffleInterval
}

// sendShuffle starts a walk with this node's ID, ka neighbors and kp spare peers.
// Deviation: neighbors and spare peers that lack on one side are not replaced by
// the other's.
func (n *Node) sendShuffle() {
	target, link := n.active.Pick(n.rng, nil, nil)
	if target == nil {
		return
	}
	from := len(n.samples)
	n.samples = n.active.Sample(n.samples, n.cfg.ShuffleActive, target, n.rng)
	spares := len(n.samples)
	n.samples = n.passive.Sample(n.samples, n.cfg.ShufflePassive, n.now, target, n.rng)
	sample := n.samples[from:len(n.samples):len(n.samples)]

	x := &n.shuffle
	x.number = max(1, x.number+1)
	x.open, x.heard = true, 0
	x.sent = appendPeers(x.sent[:0], n.samples[spares:])
	n.send(target, link, Message{
		Kind: Shuffle, Request: x.number, TTL: n.cfg.ShuffleTTL, Peer: n.self, Sample: sample,
	})
}

// onShuffle passes a walk on, or ends it: the paper's order is to count down
// first, and to end where the count is 0 or there is nobody to pass it to. The
// origin stays as it is, and the walk does not return to it.
func (n *Node) onShuffle(from *views.Peer, m *Message) {
	if n.isSelf(m.Peer) {
		return
	}
	ttl := min(m.TTL, n.cfg.ShuffleTTL)
	if ttl > 1 {
		if next, link := n.active.Pick(n.rng, from, m.Peer); next != nil {
			if !n.mayPass() {
				return
			}
			n.send(next, link, Message{
				Kind: Shuffle, Request: m.Request, TTL: ttl - 1, Peer: m.Peer, Sample: m.Sample,
			})
			return
		}
	}
	n.acceptShuffle(m)
}

// acceptShuffle answers the origin with as many spare peers as it sent, itself
// included, and takes in what it sent. Whoever has none to offer does not dial to
// say so. Who the origin is, and so who is dialed, is the choice of whoever sent
// the walk: beyond a rate a shuffle of somebody who is no neighbor is dropped.
func (n *Node) acceptShuffle(m *Message) {
	start := len(n.samples)
	n.samples = n.passive.Sample(n.samples, min(len(m.Sample)+1, n.mostSample()), n.now, m.Peer, n.rng)
	sample := n.samples[start:len(n.samples):len(n.samples)]

	link := n.active.Link(m.Peer) // 0: dialed for this answer alone, unless there is one
	if len(sample) > 0 && !n.book.left.has(m.Peer) {
		if link == 0 && !n.replies.take(n.now, n.cfg.ShuffleReplyRate, 2*n.cfg.ShuffleReplyRate) {
			n.stats.LimitedShuffles++
			return
		}
		n.send(m.Peer, link, Message{Kind: ShuffleReply, Request: m.Request, Sample: sample})
	}
	n.given = appendPeers(n.given[:0], sample)
	sent := n.given
	n.hear(views.Sighting{Peer: m.Peer}, &sent)
	n.hearAll(m.Sample, &sent)
	if n.shuffle.heard < 2 {
		n.shuffle.heard++
		n.named(1) // neighbors of the origin have an age of 0, and are no random nodes
	}
}

// mayPass limits the walks that are passed on, so that nobody can make others send
// whatever it likes. A crowd of 10,000 newcomers makes 60 a second for a node.
func (n *Node) mayPass() bool {
	most := passRate * n.cfg.JoinRate
	if n.walks.take(n.now, most, most) {
		return true
	}
	n.stats.LimitedPasses++
	return false
}

// passRate is how many walks a second are passed on for each newcomer a second that may
// be let in, and as many at once. Our choice: 10, which is 250 by default.
const passRate = 10

// mostSample bounds an answer by what a shuffle of this configuration carries.
func (n *Node) mostSample() int { return 1 + n.cfg.ShuffleActive + n.cfg.ShufflePassive }

// onShuffleReply takes in the answer to the latest shuffle, once, and whoever gives it: at
// the end of a random walk it is a random node, and proved. Deviation: in the paper it is
// as anonymous as a sample.
func (n *Node) onShuffleReply(from *views.Peer, link uint64, m *Message) {
	x := &n.shuffle
	if !x.open || m.Request != x.number {
		n.stats.UnmatchedReplies++
		return
	}
	x.open = false
	n.meet(from)
	sent := x.sent
	n.merge(m.Sample, &sent)
	n.named(0)
	if n.full() && !n.active.Has(from.ID) && n.requestToLife(from) < 0 {
		n.closeLink(from, link) // it was made for this answer, and nobody is wanted
	}
}

func appendPeers(dst []*views.Peer, sample []views.Sighting) []*views.Peer {
	for _, s := range sample {
		dst = append(dst, s.Peer)
	}
	return dst
}
