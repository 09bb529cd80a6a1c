// What is known of the other nodes: who lives, and the table of each.

package interest

import (
	"slices"
	"strings"
	"time"
)

// remote is what is known of the others.
type remote struct {
	known    map[string]*record
	sorted   []*record // by ID
	graves   map[string]grave
	oldest   time.Duration // nothing expires before, and no grace ends
	hearsays int
	bytes    int // of all tables
	keys     int
}

func newRemote() remote {
	return remote{known: make(map[string]*record), graves: make(map[string]grave), oldest: never}
}

// record is what is known of one node.
type record struct {
	id      string
	life    life
	group   string
	hops    int // of its latest message
	expires time.Duration
	hearsay bool // it was never heard itself

	keys    map[Key]uint32
	version uint64 // of keys
	bytes   int
	said    uint64 // the latest version that the node itself has named
	newest  uint64 // the latest version that anybody has named

	beat      uint64 // of the latest message
	doubted   bool
	overcome  uint64 // the beat from which on messages end the doubt
	graceEnds time.Duration
	withdrawn bool // the grace is over: keys are remembered, and do not count

	asking asking
}

// grave is the tombstone of a node that left.
type grave struct {
	life    life
	expires time.Duration
}

// farHops is how far a node is taken to be of which nothing came yet over the mesh.
const farHops = 4

// add takes a node in; it has no interest yet.
func (n *Node) add(id string, l life, expires time.Duration, hearsay bool) *record {
	if !n.makeRoom(hearsay) {
		return nil
	}
	r := &record{id: id, life: l, expires: expires, hearsay: hearsay, hops: farHops, keys: make(map[Key]uint32)}
	n.remote.known[id] = r
	at, _ := n.find(id)
	n.remote.sorted = slices.Insert(n.remote.sorted, at, r)
	n.remote.oldest = min(n.remote.oldest, expires)
	if hearsay {
		n.remote.hearsays++
	}
	return r
}

func (n *Node) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(n.remote.sorted, id, func(r *record, id string) int { return strings.Compare(r.id, id) })
}

// forget removes a node with all its interest.
func (n *Node) forget(r *record) {
	n.clearTable(r)
	n.confirm(r)
	delete(n.remote.known, r.id)
	if at, found := n.find(r.id); found {
		n.remote.sorted = slices.Delete(n.remote.sorted, at, at+1)
	}
	n.election.changed = true
}

// begin makes the record that of another life, with no interest yet.
func (n *Node) begin(r *record, l life) {
	n.clearTable(r)
	r.life, r.version, r.said, r.newest = l, 0, 0, 0
	r.beat, r.overcome, r.doubted, r.withdrawn = 0, 0, false, false
	n.setGroup(r, "")
}

// clearTable removes all keys of a node, and whatever it is asked for.
func (n *Node) clearTable(r *record) {
	n.stopAsking(r)
	r.asking.unsure = false
	for k := range r.keys { // order-free: what changes is sorted before it is told
		n.put(r, k, 0)
	}
}

// confirm notes that a node has been heard itself.
func (n *Node) confirm(r *record) {
	if r.hearsay {
		r.hearsay = false
		n.remote.hearsays--
	}
}

func (n *Node) setGroup(r *record, group string) {
	if r.group != group {
		r.group = group
		n.election.changed = true
	}
}

// put changes the weight of a key in the table of a node.
func (n *Node) put(r *record, k Key, weight uint32) {
	before := r.keys[k]
	if before == weight {
		return
	}
	if !r.withdrawn {
		n.count(r, k, before, weight)
	}
	switch {
	case weight == 0:
		delete(r.keys, k)
		r.bytes -= k.size()
		n.remote.bytes -= k.size()
		n.remote.keys--
		return
	case before == 0:
		r.bytes += k.size()
		n.remote.bytes += k.size()
		n.remote.keys++
	}
	r.keys[n.union.share(k)] = weight
}

// fits reports whether there is room for changes in the table of a node, or for a table instead
// of it.
func (n *Node) fits(r *record, changes []Change, instead bool) bool {
	keys, bytes := len(r.keys), n.remote.bytes
	if instead {
		keys, bytes = 0, bytes-r.bytes
	}
	for i := range changes {
		c := &changes[i]
		had := !instead && r.keys[c.Key] > 0
		switch {
		case c.Weight > 0 && !had:
			keys++
			bytes += c.Key.size()
		case c.Weight == 0 && had:
			keys--
			bytes -= c.Key.size()
		}
	}
	return keys <= n.cfg.MaxKeys && bytes <= n.cfg.MaxBytes
}

// expire removes who has not been heard for too long, and withdraws the interest of those whose
// grace is over. It looks when the earliest time is over that was known when
// that was last done.
func (n *Node) expire() {
	if n.now < n.remote.oldest {
		return
	}
	n.remote.oldest = never
	for _, r := range slices.Clone(n.remote.sorted) {
		if r.expires <= n.now {
			n.stats.Expired++
			n.forget(r)
			continue
		}
		n.remote.oldest = min(n.remote.oldest, r.expires)
		if r.doubted && !r.withdrawn {
			if r.graceEnds <= n.now {
				n.withdraw(r)
			} else {
				n.remote.oldest = min(n.remote.oldest, r.graceEnds)
			}
		}
	}
	for id, g := range n.remote.graves { // order-free: it removes the old ones, and takes a minimum
		if g.expires <= n.now {
			delete(n.remote.graves, id)
		} else {
			n.remote.oldest = min(n.remote.oldest, g.expires)
		}
	}
}

// makeRoom reports whether there is room for one more; somebody who was never heard
// makes it for one who was.
func (n *Node) makeRoom(hearsay bool) bool {
	if len(n.remote.sorted) < n.cfg.MaxNodes {
		return true
	}
	if hearsay || n.remote.hearsays == 0 {
		n.stats.RefusedNodes++
		return false
	}
	var first *record
	for _, r := range n.remote.sorted {
		if r.hearsay && (first == nil || r.expires < first.expires) {
			first = r
		}
	}
	n.stats.Displaced++
	n.forget(first)
	return true
}
