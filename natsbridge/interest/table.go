// Tables: the whole interest of a node, page by page.

package interest

import (
	"slices"
	"time"
)

// answerRate is how many bytes of tables and digests are sent in a second at most, whoever asks.
const answerRate = 16 << 20

// mayAnswer reports whether an answer may be sent now. What it takes is to be spent then, even
// if it is more than what is left.
func (n *Node) mayAnswer() bool {
	b := &n.repair
	idle := min(n.now-b.budgetAt, time.Second)
	b.budget = min(b.budget+int(idle)/int(time.Second/answerRate), answerRate)
	b.budgetAt = n.now
	if b.budget <= 0 {
		n.stats.Declined++
		return false
	}
	return true
}

func (n *Node) spend(bytes int) { n.repair.budget -= bytes }

// onAsk sends the tables that are wanted, as far as they are here.
func (n *Node) onAsk(to string, m *Message) {
	for i := range m.Known {
		k := &m.Known[i]
		if k.Node == n.self {
			n.tellTable(to, n.own.told, &Message{
				Node: n.self, Incarnation: n.life.incarnation, Epoch: n.life.epoch, Version: n.own.version,
				Group: n.own.toldGroup, Left: n.cfg.TTL,
			})
			continue
		}
		r := n.remote.known[k.Node]
		if r == nil || !r.tellable() {
			continue
		}
		if c := r.life.compare(life{k.Incarnation, k.Epoch}); c < 0 || c == 0 && r.version < k.Version {
			continue
		}
		n.tellTable(to, r.keys, &Message{
			Node: r.id, Incarnation: r.life.incarnation, Epoch: r.life.epoch, Version: r.version,
			Group: r.group, Left: n.left(r),
		})
	}
}

// tellable reports whether others may be told of the node.
func (r *record) tellable() bool { return !r.doubted && !r.asking.unsure && r.version > 0 }

// left is how long a node lives, as far as is known; the least that can be told is a microsecond.
func (n *Node) left(r *record) time.Duration { return max(r.expires-n.now, time.Microsecond) }

// tellTable sends a table in as many pages as it takes.
func (n *Node) tellTable(to string, keys map[Key]uint32, m *Message) {
	if !n.mayAnswer() {
		return
	}
	m.Kind = Table
	var pages [][]Change
	var page []Change
	size, total := messageOverhead, messageOverhead
	for _, k := range sortedKeys(keys) {
		if each := changeSize(k); size+each > n.cfg.MaxMessage {
			pages, page, size = append(pages, page), nil, messageOverhead
		}
		page = append(page, Change{k, keys[k]})
		size += changeSize(k)
		total += changeSize(k)
	}
	pages = append(pages, page)
	n.spend(total)
	if len(pages) > MaxPages {
		return
	}
	n.stats.TablesSent++
	m.Last = uint64(len(pages) - 1)
	for i, page := range pages {
		m.Index, m.Keys = uint64(i), page //nolint:gosec // an index
		n.send(to, m)
	}
}

// partial is a table of which pages are missing.
type partial struct {
	life    life
	version uint64
	last    uint64
	pages   map[uint64][]Change
}

// onTable takes in a page, if it was asked for. What a node says of itself counts; what others say
// of it, only if it is newer and does not contradict.
func (n *Node) onTable(in *Input, m *Message) {
	r := n.remote.known[m.Node]
	l := life{m.Incarnation, m.Epoch}
	itself := m.Node == in.From
	switch {
	case itself && m.Incarnation != in.Incarnation:
		n.stats.Forged++
		return
	case r == nil || r.asking.from != in.From:
		n.stats.Unasked++
		return
	case !itself && (m.Left <= 0 || !n.isNews(r, l, m.Version)): // of one whose time is over there is no news
		n.stats.Stale++
		return
	}
	keys, complete := n.assemble(r, m, l)
	if !complete {
		return
	}
	if itself && n.heardItself(in, m) == nil {
		return
	}
	n.stats.TablesHeard++
	n.replace(r, m, keys, itself)
}

// isNews reports whether the table of a node that another tells may count.
func (n *Node) isNews(r *record, l life, version uint64) bool {
	if g, ok := n.remote.graves[r.id]; r.asking.unsure || ok && g.life.compare(l) >= 0 {
		return false
	}
	if c := l.compare(r.life); c != 0 {
		return c > 0 && r.hearsay
	}
	return version > r.version
}

// assemble adds a page to those that are here, and returns all keys when none is missing.
func (n *Node) assemble(r *record, m *Message, l life) (keys []Change, complete bool) {
	p := r.asking.partial
	if p == nil || p.life != l || p.version != m.Version || p.last != m.Last {
		n.dropPartial(r)
		p = &partial{life: l, version: m.Version, last: m.Last, pages: make(map[uint64][]Change)}
		r.asking.partial = p
	}
	if _, had := p.pages[m.Index]; had {
		return nil, false
	}
	const page = 64 // bytes that each takes in addition
	size := sizeOf(m.Keys) + page
	if n.repair.pending+size > n.cfg.MaxBytes {
		n.refuse(r)
		return nil, false
	}
	p.pages[m.Index] = m.Keys
	r.asking.bytes += size
	n.repair.pending += size
	r.asking.at = n.now + r.asking.wait
	if uint64(len(p.pages)) <= p.last {
		return nil, false
	}
	for i := range p.last + 1 {
		next := p.pages[i]
		if len(keys) > 0 && len(next) > 0 && keys[len(keys)-1].Key.Compare(next[0].Key) >= 0 {
			n.stats.Malformed++
			n.dropPartial(r)
			return nil, false
		}
		keys = append(keys, next...)
	}
	n.dropPartial(r)
	return keys, true
}

func (n *Node) dropPartial(r *record) {
	a := &r.asking
	if a.partial == nil {
		return
	}
	a.partial = nil
	n.repair.pending -= a.bytes
	a.bytes = sizeOfAll(a.later)
	n.repair.pending += a.bytes
}

func sizeOfAll(messages []Message) int {
	size := 0
	for i := range messages {
		size += sizeOf(messages[i].Keys)
	}
	return size
}

// replace puts a whole table in the place of what is here, and then applies the deltas that have
// waited for it.
func (n *Node) replace(r *record, m *Message, keys []Change, itself bool) {
	l := life{m.Incarnation, m.Epoch}
	later := n.dropLater(r)
	if r.life != l {
		n.begin(r, l)
		later = nil
	}
	switch {
	case !itself:
		if r.hearsay {
			r.expires = n.now + min(m.Left, n.cfg.TTL)
			n.remote.oldest = min(n.remote.oldest, r.expires)
		}
		r.newest = max(r.newest, m.Version)
	case m.Version < r.version && r.said >= r.version:
		n.stats.Stale++ // it was made before what came meanwhile
		n.giveUp(r)
		r.asking.unsure = false
		n.settleAsking(r)
		return
	default:
		r.asking.unsure = false
		r.said = max(r.said, m.Version)
		r.newest = r.said
	}
	if !n.fits(r, keys, true) {
		n.refuse(r)
		return
	}
	for k := range r.keys { // order-free: what changes is sorted before it is told
		if _, found := slices.BinarySearchFunc(keys, k, func(c Change, k Key) int { return c.Key.Compare(k) }); !found {
			n.put(r, k, 0)
		}
	}
	for i := range keys {
		n.put(r, keys[i].Key, keys[i].Weight)
	}
	r.version = m.Version
	if m.Version >= r.said {
		n.setGroup(r, m.Group)
	}
	n.catchUp(r, later)
}

// catchUp applies deltas that have waited for a table. What is still missing is asked for later.
func (n *Node) catchUp(r *record, later []Message) {
	n.giveUp(r)
	r.asking.at = n.now + r.asking.wait
	for i := range later {
		switch m := &later[i]; {
		case m.Version <= r.version:
		case m.From > r.version:
			n.keepForLater(r, m)
		default:
			n.change(r, m)
			if m.Version >= r.said {
				n.setGroup(r, m.Group)
			}
		}
	}
	n.settleAsking(r)
	if r.needs() {
		n.need(r, "")
	}
}
