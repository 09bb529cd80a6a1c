// What the tests see of a node: its tables, and whether it agrees with itself.

package interest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Check returns what is wrong with a node: what it keeps step by step is compared with what its
// tables come to.
func (n *Node) Check() error {
	keys, bytes, hearsays, outstanding, pending := 0, 0, 0, 0, 0
	union, sums := map[Key]int{}, map[Key]int64{}
	members := map[Key][]string{}
	last := ""
	for _, r := range n.remote.sorted {
		if r.id <= last || n.remote.known[r.id] != r || r.id == n.self {
			return fmt.Errorf("node %q after %q", r.id, last)
		}
		last = r.id
		own := 0
		for k, weight := range r.keys {
			if weight == 0 || weight > MaxWeight || !k.Valid() {
				return fmt.Errorf("%s wants %v with %d", r.id, k, weight)
			}
			own += k.size()
			if !r.withdrawn && n.cfg.allows(k) {
				union[k]++
				sums[k] += int64(weight)
				if k.Queue != "" {
					members[k] = append(members[k], r.id)
				}
			}
		}
		waiting := sizeOfAll(r.asking.later)
		if p := r.asking.partial; p != nil {
			for _, page := range p.pages {
				waiting += sizeOf(page) + 64
			}
		}
		switch {
		case own != r.bytes:
			return fmt.Errorf("%s has %d bytes, counted %d", r.id, own, r.bytes)
		case waiting != r.asking.bytes:
			return fmt.Errorf("%s has %d bytes waiting, counted %d", r.id, waiting, r.asking.bytes)
		case len(r.keys) > n.cfg.MaxKeys:
			return fmt.Errorf("%s has %d keys", r.id, len(r.keys))
		case r.withdrawn && !r.doubted:
			return fmt.Errorf("%s is withdrawn and not doubted", r.id)
		case r.asking.from != "" && (!r.needs() || r.withdrawn):
			return fmt.Errorf("%s is asked for and not needed", r.id)
		case r.needs() && !r.withdrawn && r.asking.wait == 0:
			return fmt.Errorf("%s is needed and not asked for", r.id)
		case r.needs() && !r.withdrawn && r.asking.from == "" && n.repair.outstanding < maxOutstanding && n.repair.at > r.asking.at:
			return fmt.Errorf("%s is never asked for: at %v, next %v", r.id, r.asking.at, n.repair.at)
		}
		keys, bytes, pending = keys+len(r.keys), bytes+own, pending+waiting
		if r.hearsay {
			hearsays++
		}
		if r.asking.from != "" {
			outstanding++
		}
	}
	switch {
	case keys != n.remote.keys || bytes != n.remote.bytes || hearsays != n.remote.hearsays:
		return fmt.Errorf("%d keys of %d bytes, %d hearsay; counted %d, %d, %d", keys, bytes, hearsays, n.remote.keys, n.remote.bytes, n.remote.hearsays)
	case outstanding != n.repair.outstanding || pending != n.repair.pending:
		return fmt.Errorf("%d asked, %d bytes wait; counted %d, %d", outstanding, pending, n.repair.outstanding, n.repair.pending)
	case bytes > n.cfg.MaxBytes || pending > n.cfg.MaxBytes || len(n.remote.sorted) > n.cfg.MaxNodes || len(n.remote.graves) > n.cfg.MaxNodes:
		return fmt.Errorf("%d bytes, %d waiting, %d nodes, %d tombstones", bytes, pending, len(n.remote.sorted), len(n.remote.graves))
	case len(n.remote.known) != len(n.remote.sorted):
		return fmt.Errorf("%d nodes, %d by name", len(n.remote.sorted), len(n.remote.known))
	}
	if err := n.checkUnion(union, sums, members); err != nil {
		return err
	}
	return n.checkOwn()
}

func (n *Node) checkUnion(union map[Key]int, sums map[Key]int64, members map[Key][]string) error {
	if len(n.union.entries) != len(union) || n.union.trie.size != len(union) {
		return fmt.Errorf("the union has %d keys, the trie %d, want %d", len(n.union.entries), n.union.trie.size, len(union))
	}
	for k, nodes := range union {
		e := n.union.entries[k]
		if e == nil || e.nodes != nodes || e.weight != sums[k] {
			return fmt.Errorf("%v is counted as %+v, want %d nodes, weight %d", k, e, nodes, sums[k])
		}
		var ids []string
		for _, m := range e.members {
			ids = append(ids, m.of.id)
		}
		if !slices.Equal(ids, members[k]) {
			return fmt.Errorf("%v has the members %v, want %v", k, ids, members[k])
		}
	}
	want := map[Key]int{}
	if n.election.won {
		for k, sum := range sums {
			if want[k] = int(min(sum, MaxWeight)); k.Queue == "" {
				want[k] = 1
			}
		}
	}
	if !maps.Equal(want, n.union.wanted) {
		return fmt.Errorf("wanted are %v, want %v", n.union.wanted, want)
	}
	return nil
}

func (n *Node) checkOwn() error {
	o := &n.own
	if len(o.local) != o.trie.size || len(o.local) > n.cfg.MaxLocal || len(o.told) > n.cfg.MaxKeys {
		return fmt.Errorf("%d local keys, %d in the trie, %d told", len(o.local), o.trie.size, len(o.told))
	}
	if !o.attached && (len(o.local) > 0 || n.election.won) {
		return fmt.Errorf("detached, with %d local keys, exporter %v", len(o.local), n.election.won)
	}
	plain := 0
	for k := range o.local {
		if k.Queue == "" {
			plain++
		}
		if n.tells(k) != o.told[k] {
			if _, dirty := o.dirty[k]; !dirty {
				return fmt.Errorf("%v is told with %d, want %d", k, o.told[k], n.tells(k))
			}
		}
	}
	for k := range o.told {
		if n.tells(k) != o.told[k] {
			if _, dirty := o.dirty[k]; !dirty {
				return fmt.Errorf("%v is told with %d, want %d", k, o.told[k], n.tells(k))
			}
		}
	}
	found, _, err := o.rolls.check(&o.rolls.root)
	if err != nil || found != plain {
		return fmt.Errorf("%d plain keys, %d to be rolled up: %w", plain, found, err)
	}
	return nil
}

func (r *rolls) check(p *prefix) (keys, told int, err error) {
	for token, q := range p.next {
		k, t, err := r.check(q)
		if err != nil {
			return 0, 0, err
		}
		keys += k
		if q.rolled {
			t = 1
		}
		if q.key {
			keys++
			t++
		}
		if t == 0 {
			return 0, 0, fmt.Errorf("%q is empty", token)
		}
		told += t
	}
	if told != p.told || p != &r.root && p.told > r.limit && !p.rolled || p.rolled && p.told < r.limit/2 {
		return 0, 0, fmt.Errorf("%d keys below, counted %d, rolled up: %v", told, p.told, p.rolled)
	}
	return keys, told, nil
}

// TableOf returns the table of a node, whether it counts, and its version.
func (n *Node) TableOf(id string) (keys map[Key]uint32, counts bool, version uint64) {
	r := n.remote.known[id]
	if r == nil {
		return nil, false, 0
	}
	return maps.Clone(r.keys), !r.withdrawn, r.version
}

// Told returns what others are told of this node, and the version.
func (n *Node) Told() (keys map[Key]uint32, version uint64) {
	return maps.Clone(n.own.told), n.own.version
}

// Overlap is what it says.

// MaxCached is how many subjects are cached.
const MaxCached = maxCached

// Cached is how many are.
func (n *Node) Cached() int { return len(n.cache.bySubject) }

// MaxOutstanding is how many tables are asked for at once.
const MaxOutstanding = maxOutstanding

// Left returns what is remembered of others, and of the own server, empty for nothing.
func (n *Node) Left() string {
	var left []string
	for _, what := range []struct {
		name  string
		count int
	}{
		{"nodes", len(n.remote.known) + len(n.remote.sorted)},
		{"tombstones", len(n.remote.graves)},
		{"bytes", n.remote.bytes},
		{"keys", n.remote.keys},
		{"keys in the union", len(n.union.entries) + len(n.union.changed) + len(n.union.wanted)},
		{"questions", n.repair.outstanding},
		{"bytes that wait", n.repair.pending},
		{"own keys", len(n.own.local) + len(n.own.dirty) + len(n.own.told)},
	} {
		if what.count != 0 {
			left = append(left, fmt.Sprintf("%d %s", what.count, what.name))
		}
	}
	return strings.Join(left, ", ")
}
