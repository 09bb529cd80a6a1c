// What is missing, who is asked for it, and when it is given up.

package broadcast

import (
	"slices"
	"time"
)

// maxLate bounds what is measured for a message that was announced before it came.
const maxLate = time.Second

// orphanAge is how recent a message must be for its origin's branch to be
// mended at once when its link ends.
const orphanAge = 10 * time.Second

// wanted notes that something of s is missing.
func (n *Node) wanted(s *source) {
	if s.lack != nil {
		return
	}
	s.lack = &lack{since: n.now, heard: n.now, askAt: n.now + n.graftDelay()}
	if s.parent < 0 {
		s.lack.askAt = n.now
	}
	n.lacking = append(n.lacking, s)
	n.stats.Lacks++
}

// graftDelay is the time that a message gets to come by itself after it was
// announced (paper: timeout1).
func (n *Node) graftDelay() time.Duration { return n.cfg.GraftDelay + 2*n.late }

// arrived measures how much later than its announcement a message of s comes, if
// that is how it came.
func (n *Node) arrived(s *source) {
	if s.lack == nil || s.lack.asked {
		return
	}
	if late := min(n.now-s.lack.heard, maxLate); late > n.late {
		n.late += (late - n.late) / 4
	} else {
		n.late -= (n.late - late) / 64
	}
}

// offered notes that l has the messages of s from low to high.
func (n *Node) offered(s *source, l *link, low, high uint64) {
	if high <= s.upto {
		return
	}
	n.wanted(s)
	s.lack.offer(l.slot, low, high)
}

func (k *lack) offer(slot int, low, high uint64) {
	for i := range k.marks {
		if m := &k.marks[i]; m.slot == slot {
			m.low, m.high = low, max(high, m.high)
			return
		}
	}
	k.marks = append(k.marks, offer{slot, low, high})
}

func (k *lack) forget(slot int) {
	k.marks = slices.DeleteFunc(k.marks, func(m offer) bool { return m.slot == slot })
	k.tried &^= only(slot)
}

// high returns the highest sequence that somebody has.
func (k *lack) high() uint64 {
	var high uint64
	for _, m := range k.marks {
		high = max(high, m.high)
	}
	return high
}

// progress notes that upto has moved: whoever was asked answers, and nothing may
// be missing any more.
func (n *Node) progress(s *source) {
	k := s.lack
	if s.upto >= s.top && s.upto >= k.high() {
		s.lack = nil // leaves Node.lacking with the next look at it
		return
	}
	k.since, k.heard = n.now, n.now
	k.tried = 0
	k.askAt = n.now + n.retryDelay(s)
}

// retryDelay is the time that somebody who was asked gets (paper: timeout2).
func (n *Node) retryDelay(s *source) time.Duration {
	d := n.cfg.GraftRetry
	if s.asked >= 0 && n.links[s.asked] != nil {
		d += 2 * n.links[s.asked].rtt
	}
	return d
}

// chase asks for what is missing, and gives up what nobody has.
func (n *Node) chase() {
	n.lacking = slices.DeleteFunc(n.lacking, func(s *source) bool { return s.lack == nil })
	for _, s := range n.lacking {
		switch k := s.lack; {
		case k == nil: // given up in this very loop
		case n.now-k.since >= n.cfg.GapWait:
			n.forgo(s)
		case n.now >= k.askAt:
			n.ask(s)
		}
	}
	n.lacking = slices.DeleteFunc(n.lacking, func(s *source) bool { return s.lack == nil })
}

// chaseAt returns when chase has something to do.
func (n *Node) chaseAt() time.Duration {
	at := never
	for _, s := range n.lacking {
		if s.lack != nil {
			at = min(at, s.lack.askAt, s.lack.since+n.cfg.GapWait)
		}
	}
	return at
}

// ask asks the next announcer of what is missing (paper: the timer of a message).
func (n *Node) ask(s *source) {
	k := s.lack
	k.askAt = n.now + n.retryDelay(s)
	slot := n.announcer(s)
	if slot < 0 {
		if k.tried == 0 {
			k.askAt = never // nobody has it; somebody may still say so
			return
		}
		k.tried = 0 // begin again
		k.askAt = n.now + 2*n.retryDelay(s)
		return
	}
	k.tried |= only(slot)
	k.asked = true
	n.stats.Asks++
	n.graft(s, slot)
	k.askAt = n.now + n.retryDelay(s)
}

// announcer returns the link to ask next for what s lacks: one that has the first
// missing message and was not asked yet, or else the link on which later ones
// come.
func (n *Node) announcer(s *source) int {
	k := s.lack
	for _, m := range k.marks {
		if m.low <= s.upto+1 && m.high > s.upto && !k.tried.has(m.slot) && n.able.has(m.slot) {
			return m.slot
		}
	}
	if s.parent >= 0 && !k.tried.has(s.parent) && s.top > s.upto && n.able.has(s.parent) {
		return s.parent
	}
	return -1
}

// forgo gives up the first missing messages of s.
func (n *Node) forgo(s *source) {
	k := s.lack
	until := uint64(never)
	for sequence := s.upto + 1; sequence <= s.top; sequence++ {
		if s.at(sequence) != nil {
			until = sequence - 1
			break
		}
	}
	for _, m := range k.marks {
		if m.low > s.upto {
			until = min(until, m.low-1)
		}
	}
	if until != uint64(never) && until > s.upto {
		n.giveUp(s, until)
		return
	}
	// Announced, and perhaps still to come, but nobody sends it.
	n.missed(s, s.upto+1, min(k.high(), s.upto+uint64(n.cfg.Window)))
	s.lack = nil
}

// giveUp goes on after until without what is missing up to there.
func (n *Node) giveUp(s *source, until uint64) {
	for s.upto < until {
		next := s.upto + 1
		for next <= min(until, s.top) && s.at(next) == nil {
			next++
		}
		if next > s.top {
			next = until + 1
		}
		n.missed(s, s.upto+1, next-1)
		s.upto = next - 1
		n.release(s)
	}
}

// missed reports what will not come any more, once.
func (n *Node) missed(s *source, from, until uint64) {
	if from = max(from, s.told+1); from > until {
		return
	}
	s.told = until
	n.stats.Gaps++
	n.stats.Missed += until - from + 1
	n.effects = append(n.effects, Effect{Kind: Miss, Life: s.life, From: from, Until: until})
}

// orphan finds another link for a source whose messages came by that slot.
func (n *Node) orphan(s *source, slot int) {
	if s.parent != slot || s == n.self {
		return
	}
	s.drop(slot)
	next := s.best
	if next < 0 || !n.able.has(next) {
		next = -1
		for slot := range (s.offers & n.able).All() {
			next = slot
			break
		}
	}
	if next >= 0 {
		n.stats.Orphans++
		n.graft(s, next)
	}
}

// onGone notes that the neighbor cannot help.
func (n *Node) onGone(l *link, m *Mark) {
	s := n.sources[m.Life]
	if s == nil || s.lack == nil {
		return
	}
	k := s.lack
	for i := range k.marks {
		if k.marks[i].slot == l.slot {
			k.marks[i].low = m.Low
		}
	}
	if m.Low == 0 {
		k.forget(l.slot)
		k.tried |= only(l.slot)
	}
	k.askAt = n.now
}
