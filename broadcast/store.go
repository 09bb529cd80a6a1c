// What is kept for those who ask: the bounds of all rings together.

package broadcast

// overhead is what a message in store costs besides its frame, in bytes, and
// placeBytes what each place in a ring does: a ring may have many for few messages.
const (
	overhead   = 24
	placeBytes = 40
)

// store is the order in which messages came, so that the oldest can go. Some have
// gone already.
type store struct {
	queue []entry // a ring: head is the oldest
	head  int
	count int
	bytes int // of what is in store, with overhead
	held  int // messages in store
}

// entry names a message.
type entry struct {
	source   *source
	sequence uint64
}

func (st *store) push(e entry) {
	if st.count == len(st.queue) {
		queue := make([]entry, max(64, 2*len(st.queue)))
		for i := range st.count {
			queue[i] = *st.nth(i)
		}
		st.queue, st.head = queue, 0
	}
	st.count++
	*st.nth(st.count - 1) = e
}

func (st *store) nth(i int) *entry { return &st.queue[(st.head+i)&(len(st.queue)-1)] }

func (st *store) pop() entry {
	oldest := st.nth(0)
	e := *oldest
	*oldest = entry{}
	st.head = (st.head + 1) & (len(st.queue) - 1)
	st.count--
	if st.count == 0 && len(st.queue) > 1024 {
		st.queue, st.head = nil, 0
	}
	return e
}

// keep puts a message into store. The ring of its source never becomes much larger than
// what is in it and the window together: what was delivered before a long gap goes.
func (n *Node) keep(s *source, g *Gossip) {
	if g.Sequence > s.low+4*uint64(s.held+n.cfg.Window) && !s.empty() {
		n.shed(s)
	}
	places := len(s.ring)
	s.put(g.Sequence, kept{frame: g.Frame, at: n.now, hop: g.Hop, held: true})
	n.store.push(entry{s, g.Sequence})
	n.store.bytes += len(g.Frame) + overhead + placeBytes*(len(s.ring)-places)
	n.store.held++
	if n.sweepAt == never {
		n.sweepAt = n.now + sweepPeriod
	}
}

// shed lets go of everything of s up to upto.
func (n *Node) shed(s *source) {
	for sequence := s.low; sequence <= min(s.upto, s.top); sequence++ {
		n.take(s, sequence)
	}
}

// take removes a message from the store, if it is there.
func (n *Node) take(s *source, sequence uint64) {
	if m := s.at(sequence); m != nil {
		n.store.bytes -= len(m.frame) + overhead
		n.store.held--
		places := len(s.ring)
		s.take(sequence)
		n.store.bytes -= placeBytes * (places - len(s.ring))
	}
}

// trim lets the oldest messages go when there is too much.
func (n *Node) trim() {
	for n.store.bytes > n.cfg.StoreBytes && n.store.count > 1 {
		n.evict()
	}
}

// evict lets the oldest message go. If what came before it is still missing, that
// is given up, as the message must be delivered now or never.
func (n *Node) evict() {
	e := n.store.pop()
	if e.sequence > e.source.upto {
		n.giveUp(e.source, e.sequence-1)
	}
	n.take(e.source, e.sequence)
}

// expire lets go what is older than StoreAge.
func (n *Node) expire() {
	for n.store.count > 0 {
		oldest := n.store.nth(0)
		if m := oldest.source.at(oldest.sequence); m != nil && n.now-m.at < n.cfg.StoreAge {
			return
		}
		n.evict()
	}
}
