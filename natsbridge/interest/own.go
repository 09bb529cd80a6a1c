// The interest of the own server, and what others are told of it.

package interest

import (
	"slices"
	"time"
)

// own is what the own server wants, and what of it was told.
type own struct {
	attached bool
	group    string
	local    map[Key]*entry
	trie     trie
	round    uint64
	rolls    rolls

	version   uint64
	beats     uint64
	toldGroup string
	told      map[Key]uint32
	dirty     map[Key]struct{} // may have to be told otherwise
	flushAt   time.Duration
}

func newOwn(rollUp int) own {
	return own{
		local: make(map[Key]*entry), told: make(map[Key]uint32), dirty: make(map[Key]struct{}),
		flushAt: never, rolls: rolls{limit: rollUp},
	}
}

// attach begins a snapshot. Another group is another server. Its name is told at once, as all
// who are attached to the same cluster have to know each other.
func (n *Node) attach(group string) {
	if len(group) > MaxGroup || !printable(group) {
		group = ""
	}
	if n.own.attached && n.own.group != group {
		n.detach()
		n.elect()
	}
	n.own.round++
	if n.own.attached {
		n.rewant()
		return
	}
	n.own.attached, n.own.group = true, group
	n.settle()
	if n.own.toldGroup != group {
		n.own.flushAt = n.now
	}
}

// detach forgets what the server wanted.
func (n *Node) detach() {
	if !n.own.attached {
		return
	}
	n.own.attached, n.own.group = false, ""
	n.election.changed = true
	n.own.round++
	n.synced()
	n.own.flushAt = n.now
}

// synced forgets what was not told again in the snapshot.
func (n *Node) synced() {
	gone := make(map[Key]struct{})
	for k, e := range n.own.local { // order-free: sorted below
		if e.round != n.own.round {
			gone[k] = struct{}{}
		}
	}
	for _, k := range sortedKeys(gone) { // what is rolled up depends on the order
		n.setLocal(k, 0)
	}
}

// setLocal takes note of what the server wants. Plain interest has no weight.
func (n *Node) setLocal(k Key, weight int) {
	o := &n.own
	e := o.local[k]
	weight = min(max(weight, 0), MaxWeight)
	if k.Queue == "" {
		weight = min(weight, 1)
	}
	switch {
	case weight == 0 && e == nil:
		return
	case weight == 0:
		delete(o.local, k)
		o.trie.remove(e)
	case e != nil:
		e.round = o.round
		if e.weight == int64(weight) {
			return
		}
		e.weight = int64(weight)
	case !o.attached || !k.Valid() || !n.cfg.allows(k):
		n.stats.LocalIgnored++
		return
	case len(o.local) >= n.cfg.MaxLocal:
		n.stats.RefusedKeys++
		return
	default:
		e = &entry{key: k, weight: int64(weight), round: o.round}
		o.local[k] = e
		o.trie.add(e)
	}
	n.cache.generation++
	if k.Queue != "" {
		n.touch(k)
		return
	}
	o.rolls.set(k.Subject, weight > 0)
	for _, touched := range o.rolls.touched {
		n.touch(touched)
	}
}

// touch notes that a key may have to be told otherwise, when others have had time to join it.
func (n *Node) touch(k Key) {
	o := &n.own
	if n.tells(k) == o.told[k] {
		delete(o.dirty, k)
		return
	}
	o.dirty[k] = struct{}{}
	o.flushAt = min(o.flushAt, n.now+n.cfg.Coalesce)
}

// tells returns the weight with which others should know a key: 0 if not at all.
func (n *Node) tells(k Key) uint32 {
	if !n.election.won {
		return 0
	}
	if k.Queue != "" {
		if e := n.own.local[k]; e != nil {
			return uint32(e.weight) //nolint:gosec // setLocal bounds it
		}
		return 0
	}
	if n.own.rolls.tells(k.Subject) {
		return 1
	}
	return 0
}

// touchAll notes that all may have to be told otherwise.
func (n *Node) touchAll() {
	for k := range n.own.told { // order-free: what changes is sorted before it is told
		n.touch(k)
	}
	for k := range n.own.local { // order-free: the same
		n.touch(k)
	}
	for _, subject := range n.own.rolls.prefixes() {
		n.touch(Key{Subject: subject})
	}
	n.own.flushAt = n.now
}

// flush tells the changes that have waited long enough, each message a version of its own. What
// is beyond MaxKeys waits until there is room.
func (n *Node) flush() {
	o := &n.own
	if n.now < o.flushAt {
		return
	}
	o.flushAt = never
	var changes []Change
	size := messageOverhead
	toldAny := false
	tell := func() {
		n.stats.DeltasSent++
		toldAny = true
		o.version++
		o.toldGroup = o.group
		n.publish(&Message{
			Kind: Delta, Epoch: n.life.epoch, From: o.version - 1, Version: o.version, Group: o.group, Keys: changes,
			Beat: n.beat(),
		})
		changes, size = changes[:0], messageOverhead
	}
	for _, k := range sortedKeys(o.dirty) {
		weight, before := n.tells(k), o.told[k]
		switch {
		case weight == before:
			delete(o.dirty, k)
			continue
		case before == 0 && len(o.told) >= n.cfg.MaxKeys:
			n.stats.RefusedKeys++
			continue
		case weight == 0:
			delete(o.told, k)
		default:
			o.told[k] = weight
		}
		delete(o.dirty, k)
		if size+changeSize(k) > n.cfg.MaxMessage {
			tell()
		}
		changes = append(changes, Change{Key: k, Weight: weight})
		size += changeSize(k)
	}
	if len(changes) > 0 || o.toldGroup != o.group {
		tell()
	}
	if toldAny {
		n.said()
	}
}

// sortedKeys returns the keys of a map in their order.
func sortedKeys[V any](m map[Key]V) []Key {
	keys := make([]Key, 0, len(m))
	for k := range m { // order-free: sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}
