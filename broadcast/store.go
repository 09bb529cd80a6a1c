// What is kept for those who ask: the bounds of all rings together.

package broadcast

import "time"

// overhead is what a message in store costs besides its frame, in bytes.
const overhead = 128

// store is the order in which messages came, so that the oldest can go.
type store struct {
	queue []kept // a ring: head is the oldest
	head  int
	count int
	bytes int
}

type kept struct {
	source   *source
	sequence uint64
	bytes    int
	at       time.Duration
}

func (st *store) push(k kept) {
	if st.count == len(st.queue) {
		queue := make([]kept, max(64, 2*len(st.queue)))
		for i := range st.count {
			queue[i] = *st.nth(i)
		}
		st.queue, st.head = queue, 0
	}
	st.count++
	*st.nth(st.count - 1) = k
	st.bytes += k.bytes
}

func (st *store) nth(i int) *kept { return &st.queue[(st.head+i)&(len(st.queue)-1)] }

func (st *store) pop() kept {
	oldest := st.nth(0)
	k := *oldest
	*oldest = kept{}
	st.head = (st.head + 1) & (len(st.queue) - 1)
	st.count--
	st.bytes -= k.bytes
	if st.count == 0 && len(st.queue) > 1024 {
		st.queue, st.head = nil, 0
	}
	return k
}

// recent returns the sources with a message since then that is still in store,
// the latest first.
func (st *store) recent(since time.Duration) []*source {
	var all []*source
	known := make(map[*source]bool)
	for i := st.count - 1; i >= 0; i-- {
		k := st.nth(i)
		if k.at < since {
			break
		}
		if !known[k.source] {
			known[k.source] = true
			all = append(all, k.source)
		}
	}
	return all
}

// keep puts a message into store, and lets the oldest go when there is too much.
func (n *Node) keep(s *source, m *Message) {
	s.put(m, n.cfg.Window)
	n.store.push(kept{s, m.Sequence, len(m.Frame) + overhead, n.now})
	for n.store.bytes > n.cfg.StoreBytes && n.store.count > 1 {
		n.evict()
	}
}

// evict lets the oldest message go. If what came before it is still missing, that
// is given up, as the message must be delivered now or never.
func (n *Node) evict() {
	k := n.store.pop()
	if k.sequence > k.source.upto {
		n.giveUp(k.source, k.sequence-1)
	}
	k.source.take(k.sequence)
}

// expire lets go what is older than StoreAge.
func (n *Node) expire() {
	for n.store.count > 0 && n.now-n.store.nth(0).at >= n.cfg.StoreAge {
		n.evict()
	}
}
