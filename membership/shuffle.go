// SHUFFLE (paper §4.4): random walks that keep the passive views fresh.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// exchange is a node's latest shuffle.
type exchange struct {
	number uint32        // of the Shuffle that may still be answered, else 0
	last   uint32        // the latest number used
	sent   []*views.Peer // the spare peers it carried, first to make room
	given  []*views.Peer // the spare peers that the latest answer carried, likewise
	idle   int           // shuffles in a row without a new spare peer
	learnt bool          // the passive view has gained one since the latest
}

// mostIdle is after how many shuffles in vain a short passive view is taken for
// all there is: a small cluster has no more peers to offer. Our choice: 3.
const mostIdle = 3

// period is the time until the next shuffle: short while the passive view is
// under half and still growing.
func (x *exchange) period(n *Node) time.Duration {
	x.idle++
	if x.learnt {
		x.idle, x.learnt = 0, false
	}
	if x.idle < mostIdle && 2*n.passive.Len() < n.cfg.PassiveSize {
		return min(n.cfg.ShuffleFast, n.cfg.ShuffleInterval)
	}
	return n.cfg.ShuffleInterval
}

// sendShuffle starts a walk with this node's ID, ka neighbors and kp spare peers.
// Deviation: neighbors and spare peers that lack on one side are not replaced by
// the other's.
func (n *Node) sendShuffle() {
	target := n.active.Pick(n.rng, "", "")
	if target == nil {
		return
	}
	from := len(n.samples)
	n.samples = n.active.Sample(n.samples, n.cfg.ShuffleActive, target.ID, n.rng)
	spares := len(n.samples)
	n.samples = n.passive.Sample(n.samples, n.cfg.ShufflePassive, n.now, target.ID, n.rng)
	sample := n.samples[from:len(n.samples):len(n.samples)]

	x := &n.shuffle
	x.last = max(1, x.last+1)
	x.number = x.last
	x.sent = appendPeers(x.sent[:0], n.samples[spares:])
	_, info := n.active.Get(target.ID)
	n.send(target, info.Link, Message{
		Kind: Shuffle, Request: x.number, TTL: n.cfg.ShuffleTTL, Peer: n.self, Sample: sample,
	})
}

// onShuffle passes a walk on, or ends it: the paper's order is to count down
// first, and to end where the count is 0 or there is nobody to pass it to. The
// origin stays as it is, and the walk does not return to it.
func (n *Node) onShuffle(from *views.Peer, link uint64, m *Message) {
	if !n.fromNeighbor(from, link) || n.isSelf(m.Peer) {
		return
	}
	ttl := min(m.TTL, n.cfg.ShuffleTTL)
	if ttl > 1 {
		if next := n.active.Pick(n.rng, from.ID, m.Peer.ID); next != nil {
			_, info := n.active.Get(next.ID)
			n.send(next, info.Link, Message{
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
	n.samples = n.passive.Sample(n.samples, min(len(m.Sample)+1, n.mostSample()), n.now, m.Peer.ID, n.rng)
	sample := n.samples[start:len(n.samples):len(n.samples)]

	var link uint64 // 0: dialed for this answer alone, unless there is one
	if known, info := n.active.Get(m.Peer.ID); known != nil {
		link = info.Link
	}
	if len(sample) > 0 && !n.left.has(m.Peer) {
		if link == 0 && !n.replies.take(n.now, n.cfg.ShuffleReplyRate) {
			n.stats.LimitedShuffles++
			return
		}
		n.send(m.Peer, link, Message{Kind: ShuffleReply, Request: m.Request, Sample: sample})
	}
	n.shuffle.given = appendPeers(n.shuffle.given[:0], sample)
	sent := n.shuffle.given
	n.learn(views.Sighting{Peer: m.Peer}, &sent)
	n.merge(m.Sample, &sent)
}

// mostSample bounds an answer by what a shuffle of this configuration carries.
func (n *Node) mostSample() int { return 1 + n.cfg.ShuffleActive + n.cfg.ShufflePassive }

// onShuffleReply takes in the answer to the latest shuffle, once.
func (n *Node) onShuffleReply(m *Message) {
	x := &n.shuffle
	if x.number == 0 || m.Request != x.number {
		n.stats.UnmatchedReplies++
		return
	}
	x.number = 0
	sent := x.sent
	n.merge(m.Sample, &sent)
}

func appendPeers(dst []*views.Peer, sample []views.Sighting) []*views.Peer {
	for _, s := range sample {
		dst = append(dst, s.Peer)
	}
	return dst
}
