// Digests: neighbors tell each other which tables they have, and who has older ones asks.

package interest

import (
	"encoding/binary"
	"time"

	"github.com/kithmesh/kith/views"
)

// digests is when neighbors are told.
type digests struct {
	at       time.Duration
	turn     int
	complete bool // a neighbor has told all that it knows
}

// tellInTurn tells one neighbor after the other.
func (n *Node) tellInTurn() {
	if n.now < n.digests.at || len(n.neighbors) == 0 {
		return
	}
	n.digests.at = n.now + views.Jitter(n.cfg.Digest, n.rng)
	n.digests.turn = (n.digests.turn + 1) % len(n.neighbors)
	n.tellAll(n.neighbors[n.digests.turn])
}

// tellAll tells a node of all tables that are here, in as many messages as it takes.
func (n *Node) tellAll(to string) {
	known := n.tables("", "", nil)
	after := ""
	for {
		page := n.fill(known)
		known = known[len(page):]
		n.stats.DigestsSent++
		n.send(to, &Message{Kind: Digest, After: after, More: len(known) > 0, Known: page})
		if len(known) == 0 {
			return
		}
		after = page[len(page)-1].Node
	}
}

// fill returns as many as there is room for in a message.
func (n *Node) fill(known []Known) []Known {
	size := messageOverhead
	for i := range known {
		size += knownSize(known[i].Node)
		if size > n.cfg.MaxMessage || i == MaxKnown {
			return known[:i]
		}
	}
	return known
}

// tables returns the tables that are here of nodes with IDs above after and up to last, if there
// is one, unless told has them as new.
func (n *Node) tables(after, last string, told []Known) []Known {
	var known []Known
	add := func(k Known) {
		if k.Node <= after || last != "" && k.Node > last {
			return
		}
		for len(told) > 0 && told[0].Node < k.Node {
			told = told[1:]
		}
		if len(told) > 0 && told[0].Node == k.Node && !newer(&k, &told[0]) {
			return
		}
		known = append(known, k)
	}
	self := Known{Node: n.self, Incarnation: n.life.incarnation, Epoch: n.life.epoch, Version: n.own.version, Left: n.cfg.TTL}
	done := n.own.version == 0
	for _, r := range n.remote.sorted {
		if !done && n.self < r.id {
			done = true
			add(self)
		}
		if r.tellable() {
			add(Known{Node: r.id, Incarnation: r.life.incarnation, Epoch: r.life.epoch, Version: r.version, Left: n.left(r)})
		}
	}
	if !done {
		add(self)
	}
	return known
}

// newer reports whether k is a later table than o.
func newer(k, o *Known) bool {
	if c := (life{k.Incarnation, k.Epoch}).compare(life{o.Incarnation, o.Epoch}); c != 0 {
		return c > 0
	}
	return k.Version > o.Version
}

// onDigest asks for what the sender has and is not here, and tells it what it lacks.
func (n *Node) onDigest(from string, m *Message) {
	n.stats.DigestsHeard++
	for i := range m.Known {
		n.hearsay(&m.Known[i], from)
	}
	if m.Reply {
		return
	}
	const most = 1 + views.MaxID + 4*binary.MaxVarintLen64
	last := ""
	if m.More {
		last = m.Known[len(m.Known)-1].Node
	} else {
		n.digests.complete = len(n.neighbors) > 0
	}
	for known := n.tables(m.After, last, m.Known); len(known) > 0; {
		page := n.fill(known)
		known = known[len(page):]
		if !n.mayAnswer() {
			return
		}
		n.spend(messageOverhead + len(page)*most)
		n.stats.DigestsSent++
		n.send(from, &Message{Kind: Digest, Reply: true, Known: page})
	}
}

// hearsay takes note of a table that another has. It is asked for if it is newer; but that a node
// which was heard itself has a newer life, nobody is believed but that node.
func (n *Node) hearsay(k *Known, from string) {
	l := life{k.Incarnation, k.Epoch}
	if g, ok := n.remote.graves[k.Node]; k.Node == n.self || k.Left <= 0 || ok && g.life.compare(l) >= 0 {
		return
	}
	r := n.remote.known[k.Node]
	if r == nil {
		if r = n.add(k.Node, l, n.now+min(k.Left, n.cfg.TTL), true); r == nil {
			return
		}
	}
	switch c := l.compare(r.life); {
	case c > 0 && r.hearsay:
		n.begin(r, l)
		r.expires = n.now + min(k.Left, n.cfg.TTL)
		n.remote.oldest = min(n.remote.oldest, r.expires)
	case c > 0:
		n.doubtTable(r)
		return
	case c < 0:
		return
	}
	if k.Version > r.version {
		r.newest = max(r.newest, k.Version)
		n.need(r, from)
	}
}
