// One list per node in two flat arrays.

package overlay

import "slices"

// lists holds a sorted list of nodes for each node, end to end: that of node i
// is items[start[i]:start[i+1]]. Positions in items name single entries.
type lists struct {
	start []uint32
	items []uint32
}

// len returns the number of lists.
func (l *lists) len() int { return max(len(l.start)-1, 0) }

func (l *lists) of(i uint32) []uint32 { return l.items[l.start[i]:l.start[i+1]] }

// degree returns the length of a list.
func (l *lists) degree(i int) int { return int(l.start[i+1] - l.start[i]) }

// pairs calls pair once for every two nodes that list each other, with the
// positions of the two entries.
func (l *lists) pairs(pair func(p, q uint32)) {
	for i := range uint32(l.len()) {
		list := l.of(i)
		// Each pair is met at its smaller node.
		at, _ := slices.BinarySearch(list, i)
		for k := at; k < len(list); k++ {
			j := list[k]
			if other, found := slices.BinarySearch(l.of(j), i); found {
				pair(l.start[i]+uint32(k), l.start[j]+uint32(other))
			}
		}
	}
}

// mutual returns the entries whose other side lists them too. The result shares
// its arrays with l if that is every entry.
func (l *lists) mutual() lists {
	both := newBitmap(len(l.items))
	kept := 0
	l.pairs(func(p, q uint32) {
		both.set(p)
		both.set(q)
		kept += 2
	})
	if kept == len(l.items) {
		return *l
	}
	m := lists{start: make([]uint32, 1, len(l.start)), items: make([]uint32, 0, kept)}
	for i := range l.len() {
		for p := l.start[i]; p < l.start[i+1]; p++ {
			if both.has(p) {
				m.items = append(m.items, l.items[p])
			}
		}
		m.start = append(m.start, uint32(len(m.items)))
	}
	return m
}

// bitmap is a set of small numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }

func (b bitmap) set(i uint32) { b[i/64] |= 1 << (i % 64) }
