// How many nodes there are, judged by how often a node hears of the same ones. Deviation:
// in the paper somebody who knows the size of the cluster chooses the sizes of the views.

package membership

import (
	"time"
)

// headcount estimates how many other nodes there are by capture and recapture: of N
// nodes that are named equally often, one is among the M different ones named last with a
// probability of M/N, and if so at any depth down to N. The estimate needs some 16 such
// hits, which take N/M names each; a cluster that shrinks has them at once. The dead are
// forgotten as they are not named any more.
type headcount struct {
	// tries, hits and depth count names, those that were in the list, and the sum of
	// their depths, the latest is 1. With every hit what was counted before it fades.
	tries, hits, depth float32
	length             uint32
	latest             [recalled]uint32 // hashes of the IDs named last, the latest first
}

const (
	// recalled is how many names are compared with.
	recalled = 64
	// fade is the share of what was counted that is left after a hit: 16 hits count.
	fade = 1 - 1.0/16
	// evidence is how many hits make an estimate worth acting on, or recalled times as
	// many names without.
	evidence = 6
	// mostNodes bounds the estimate, and so for how long lies have an effect.
	mostNodes = 10_000_000
)

// name notes that somebody was named.
func (h *headcount) name(id uint32) {
	known := h.latest[:h.length]
	for i, other := range known {
		if other == id {
			copy(known[1:i+1], known[:i])
			known[0] = id
			// Each product is rounded for itself, so that all processors count alike.
			h.tries = float32(h.tries*fade) + 1
			h.hits = float32(h.hits*fade) + 1
			h.depth = float32(h.depth*fade) + float32(i+1)
			return
		}
	}
	if h.length < recalled {
		if h.length++; h.length == recalled {
			h.tries, h.hits, h.depth = 0, 0, 0
		}
	} else if h.tries < mostNodes/recalled/(1-fade) {
		h.tries++ // before the list is full, a miss says nothing
	}
	copy(h.latest[1:h.length], h.latest[:h.length])
	h.latest[0] = id
}

// others returns how many other nodes there seem to be, as if the next name were a hit; at
// first as many as were named.
func (h *headcount) others() float64 {
	if h.length < recalled && h.hits < evidence {
		return float64(h.length)
	}
	span := float64(recalled)
	if h.hits > h.tries/2 {
		span = 2*float64(h.depth/h.hits) - 1
	}
	return min(span*float64(float32(h.tries*fade)+1)/float64(float32(h.hits*fade)+1), mostNodes)
}

// settled reports whether the estimate is worth acting on.
func (h *headcount) settled() bool { return h.hits >= evidence || h.tries >= evidence*recalled }

// hashOf mixes all bytes of an ID. The fingerprint of package views looks at the last
// few only, in which the IDs of several services may be alike.
func hashOf(id string) uint32 {
	const offset, prime = 2166136261, 16777619 // FNV-1a
	h := uint32(offset)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * prime
	}
	return h
}

// countHeads begins to estimate the size of the cluster. Nodes of a group do so only if
// their views depend on it: it takes 272 bytes for each.
func (n *Node) countHeads() { n.heads = new(headcount) }

// named counts those in n.told who have been in contact with anybody of late. A spare peer
// that lives is seen once in some seven shuffle intervals.
func (n *Node) named(least time.Duration) {
	if n.heads == nil {
		return
	}
	for _, s := range n.told {
		if s.Age >= least && s.Age <= freshFor*n.cfg.ShuffleInterval {
			n.heads.name(hashOf(s.Peer.ID))
		}
	}
}

// freshFor is for how many shuffle intervals after the latest contact somebody counts.
// Our choice: 12, two minutes.
const freshFor = 12

// ClusterSize is how many nodes the cluster seems to have, this one included: an estimate
// within a factor of two, once there was time to hear of enough of them, and at most 10
// million. It is never less than what the node is linked to, and 0 before it has heard of
// anybody, and for a node of a [Group] without [Auto].
func (n *Node) ClusterSize() int {
	if n.heads == nil {
		return 0
	}
	others := n.others()
	if others == 0 {
		return 0
	}
	return min(1+int(others+0.5), mostNodes)
}

// others is the estimate of how many other nodes there are. Who knows nobody but its
// neighbors hears of nobody: they are all.
func (n *Node) others() float64 {
	neighbors := float64(n.active.Len())
	if n.passive.Len() == 0 {
		return neighbors
	}
	return max(neighbors, n.heads.others())
}
