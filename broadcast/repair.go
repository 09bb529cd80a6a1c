// What is missing, and who is asked for it.

package broadcast

import (
	"slices"
	"time"
)

// maxLate bounds what is measured for a message that was announced before it came.
const maxLate = time.Second

// maxRounds bounds how often the pause is doubled after which all announcers are asked
// again.
const maxRounds = 4

// wanted notes that something of s is missing: stored says that it is not on its way, as
// a neighbor has had it for long, or as it was announced where it would have come.
func (n *Node) wanted(s *source, stored bool) {
	switch k := s.lack; {
	case k == nil:
		s.lack = &lack{since: n.now}
		n.stats.Lacks++
		if !s.lacking {
			s.lacking = true
			n.lacking = append(n.lacking, s)
		}
		n.askIn(s, n.patience(s, stored))
	case s.top > s.upto:
		// If nobody has the first one that is missing, what comes is the answer.
		if d := n.retryDelay(s); k.askAt > n.now+d || !k.has(s.upto+1) {
			n.askIn(s, d)
		}
	case stored && k.asked == 0:
		n.askIn(s, min(k.askAt-n.now, n.patience(s, true)))
	}
}

// patience is how long what s lacks may come by itself (paper: timeout1). Deviation: not at
// all, if it is known that it will not. If no message of s has been
// here, that alone does not show that the tree is torn.
func (n *Node) patience(s *source, stored bool) time.Duration {
	switch {
	case stored, s.parent < 0 && (s.own != nil || n.torn):
		return 0
	case s.top > s.upto: // links keep the order: it will not come by itself
		return n.cfg.GraftRetry
	}
	return n.due(s)
}

// askIn sets when somebody is asked for what s lacks.
func (n *Node) askIn(s *source, d time.Duration) {
	k := s.lack
	k.askAt = n.now + d
	n.chaseAt = min(n.chaseAt, k.askAt, k.since+n.cfg.GapWait)
}

// graftDelay is the time that a message gets to come by itself after it was
// announced (paper: timeout1).
func (n *Node) graftDelay() time.Duration { return n.cfg.GraftDelay + 2*n.late }

// seldomShare, in percent, is which part of GraftDelay there is for origins without a tree of
// their own, where there are such trees.
const seldomShare = 40

// due is the time that messages of s get to come by themselves. Deviation: less for those who
// seldom speak, as theirs are not many, and it is their tree that is new or torn.
func (n *Node) due(s *source) time.Duration {
	if s.own == nil && n.cfg.OwnTree > 0 {
		return n.cfg.GraftDelay*seldomShare/100 + 2*n.late
	}
	return n.graftDelay()
}

// arrived measures how much later than its announcement a message of s comes, if
// that is how it came.
func (n *Node) arrived(s *source, sequence uint64) {
	k := s.lack
	if k == nil || k.probe == 0 || sequence < k.probe {
		return
	}
	k.probe = 0
	if late := min(n.now-k.heard, maxLate); late > n.late {
		n.late += (late - n.late) / 4
	} else {
		n.late -= (n.late - late) / 64
	}
}

// offered notes that l has the messages of s from low to high. In an origin's own tree a
// parent does not announce what it pushes, and a digest is never of what is pushed.
func (n *Node) offered(s *source, l *link, said *Mark, digest bool) {
	low, high := said.Low, said.High
	if !s.heard && s.told == 0 && low <= s.upto {
		s.begin(low) // whoever was heard first has less
	}
	if high <= s.upto {
		return
	}
	stored := digest && s.parent < 0
	if s.parent == l.slot {
		stored = digest || s.own != nil && !n.awaits(s)
	}
	n.wanted(s, stored)
	k := s.lack
	if k.probe == 0 && k.asked == 0 && high > s.top {
		k.probe, k.heard = high, n.now
	}
	m := k.of(l.slot)
	m.low, m.hop = low, said.Hop
	m.high = max(high, m.high)
	if k.askAt == never {
		n.askIn(s, 0)
	}
}

// beyond notes that l has brought a message of s that is too far ahead of what is
// missing to be taken.
func (n *Node) beyond(s *source, l *link, sequence uint64) {
	n.stats.Ahead++
	n.wanted(s, true)
	k := s.lack
	if k.ahead == 0 || sequence < k.ahead {
		k.ahead = sequence
	}
	m := k.of(l.slot)
	if m.high == 0 {
		m.low = sequence
	}
	m.high = max(m.high, sequence)
	if k.askAt == never {
		n.askIn(s, 0)
	}
}

// of returns what a link has, which may be nothing yet.
func (k *lack) of(slot int) *offer {
	for i := range k.marks {
		if k.marks[i].slot == slot {
			return &k.marks[i]
		}
	}
	k.marks = append(k.marks, offer{slot: slot})
	return &k.marks[len(k.marks)-1]
}

func (k *lack) forget(slot int) {
	k.marks = slices.DeleteFunc(k.marks, func(m offer) bool { return m.slot == slot })
	k.tried &^= only(slot)
}

// nearest returns the hop that a message would arrive with on the link that announced it
// from nearest to its origin, and the slot of that link, -1 if none has announced it.
func (k *lack) nearest(sequence uint64) (slot int, hop uint8) {
	slot = -1
	for _, m := range k.marks {
		if m.low <= sequence && sequence <= m.high && m.hop > 0 && (slot < 0 || m.hop < hop) {
			slot, hop = m.slot, m.hop
		}
	}
	return slot, hop
}

// high returns the highest sequence that somebody has.
func (k *lack) high() uint64 {
	var high uint64
	for _, m := range k.marks {
		high = max(high, m.high)
	}
	return high
}

// has reports whether somebody says that it has a message.
func (k *lack) has(sequence uint64) bool {
	return slices.ContainsFunc(k.marks, func(m offer) bool { return m.low <= sequence && sequence <= m.high })
}

// missing returns the first sequence that is missing here and may be there.
func (s *source) missing(slot int) uint64 {
	first := s.upto + 1
	if s.lack == nil {
		return first
	}
	for _, m := range s.lack.marks {
		if m.slot == slot {
			first = max(first, m.low)
		}
	}
	for s.at(first) != nil {
		first++
	}
	return first
}

// progress notes that upto has moved: whoever was asked answers, and nothing may
// be missing any more. What was announced and not asked for still has time to come.
func (n *Node) progress(s *source) {
	k := s.lack
	if s.upto >= s.top && s.upto >= k.high() {
		s.lack = nil // leaves Node.lacking with the next look at it
		return
	}
	k.since, k.tried, k.rounds = n.now, 0, 0
	if s.upto >= k.asked {
		k.asked = 0
	}
	if k.asked == 0 && s.upto >= s.top {
		n.askIn(s, n.due(s))
		return
	}
	n.askIn(s, n.retryDelay(s))
}

// retryDelay is the time that somebody who was asked gets (paper: timeout2).
func (n *Node) retryDelay(s *source) time.Duration {
	d := n.cfg.GraftRetry
	if s.asked >= 0 && n.links[s.asked] != nil {
		d += 2 * n.links[s.asked].rtt
	}
	return d
}

// chase asks for what is missing, and gives up what nobody has. What many origins
// lack is looked at less often.
func (n *Node) chase() {
	for _, s := range n.lacking {
		switch k := s.lack; {
		case k == nil:
		case n.now-k.since >= n.cfg.GapWait:
			n.forgo(s)
		case n.now >= k.askAt:
			n.ask(s)
		}
	}
	n.chaseAt = never
	n.lacking = slices.DeleteFunc(n.lacking, func(s *source) bool {
		if s.lacking = s.lack != nil; s.lacking {
			n.chaseAt = min(n.chaseAt, s.lack.askAt, s.lack.since+n.cfg.GapWait)
		}
		return !s.lacking
	})
	if len(n.lacking) > 0 {
		n.chaseAt = max(n.chaseAt, n.now+time.Duration(len(n.lacking))*time.Microsecond)
	}
}

// ask asks the next announcer of what is missing (paper: the timer of a message).
func (n *Node) ask(s *source) {
	k := s.lack
	slot := n.announcer(s)
	switch {
	case slot >= 0:
		k.tried |= only(slot)
		k.probe = 0
		n.stats.Asks++
		if low := s.missing(slot); low < s.top && n.holed(s) {
			k.asked = n.mend(s, slot, low)
		} else {
			k.asked = max(s.top, k.high())
			n.graft(s, slot)
		}
		n.askIn(s, n.retryDelay(s))
	case k.tried != 0: // begin again, ever more slowly
		k.tried = 0
		k.rounds++
		n.askIn(s, n.retryDelay(s)<<min(k.rounds, maxRounds))
	default: // nobody has it; somebody may still say so
		k.askAt = never
	}
}

// announcer returns the link to ask next for what s lacks, -1 when there is none that
// was not asked yet. One that does not keep up is asked after all others.
func (n *Node) announcer(s *source) int {
	if slot := s.announcer(n.able); slot >= 0 {
		return slot
	}
	return s.announcer(n.up)
}

// announcer returns one of the links that has the first missing message, or else the
// one on which later ones come, or else the one that has the first of later ones that are
// missing.
func (s *source) announcer(among Slots) int {
	k := s.lack
	among &^= k.tried
	parent, later, first := s.parent, -1, uint64(never)
	if s.top <= s.upto && k.ahead == 0 {
		parent = -1
	}
	for _, m := range k.marks {
		if !among.has(m.slot) {
			continue
		}
		if m.low <= s.upto+1 && m.high > s.upto {
			return m.slot
		}
		if at := s.missing(m.slot); at <= m.high && at < first {
			later, first = m.slot, at
		}
		if m.slot == parent && m.low > s.upto+1 {
			parent = -1 // it has said so
		}
	}
	if among.has(parent) {
		return parent
	}
	return later
}

// holed reports whether s lacks something although its parent goes on bringing what comes
// after that.
func (n *Node) holed(s *source) bool {
	return s.own != nil && s.parent >= 0 && s.top > s.upto && n.now-s.followed < n.graftDelay()
}

// mend asks a link for a hole of s that begins at low, and for no more than that: the
// tree is as it should be. It returns where the hole ends. Deviation: in the
// paper every GRAFT changes the tree.
func (n *Node) mend(s *source, slot int, low uint64) uint64 {
	m := Mark{Life: s.life, Low: low, High: s.next(low) - 1, Own: true}
	s.patched = max(s.patched, m.High)
	n.grafts = append(n.grafts, request{slot, m})
	return m.High
}

// patch reports whether a message may be one that l was asked for to fill a hole. That it
// came by l says nothing about the tree.
func (s *source) patch(l *link, sequence uint64) bool {
	return s.own != nil && s.parent >= 0 && s.parent != l.slot && sequence <= s.patched
}
