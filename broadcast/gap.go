// What will not come any more: given up, reported, or skipped.

package broadcast

// forgo gives up the first missing messages of s. Deviation: and they are reported. Only a message that has come says
// where it goes on: what is announced and not sent is waited for no longer, but may
// still come.
func (n *Node) forgo(s *source) {
	next := s.next(s.upto + 1)
	if next > s.top {
		next, s.lack.ahead = s.lack.ahead, 0
	}
	if next <= s.upto {
		s.lack = nil
		return
	}
	n.giveUp(s, next-1)
}

// giveUp goes on after until without what is missing up to there, and reports that.
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

// skip goes on after until, without a report: what is missing up to there was sent
// before this node came.
func (n *Node) skip(s *source, until uint64) {
	s.told = max(s.told, until)
	n.giveUp(s, until)
}

// missed reports what will not come any more, once. Whatever was older than this node
// is behind it then.
func (n *Node) missed(s *source, from, until uint64) {
	if from = max(from, s.told+1); from > until {
		return
	}
	s.told, s.heard, s.young = until, true, false
	n.stats.Gaps++
	n.stats.Missed += until - from + 1
	n.effects = append(n.effects, Effect{Kind: Miss, Life: s.life, From: from, Until: until})
}

// onGone notes that the neighbor cannot help.
func (n *Node) onGone(l *link, m *Mark) {
	s := n.sources[m.Life]
	if s == nil || s.lack == nil {
		return
	}
	if s.young && m.Age > 0 && m.Low > s.upto {
		n.comeOfAge(s, m.Low)
		return
	}
	k := s.lack
	if m.Low == 0 {
		k.forget(l.slot)
		k.tried |= only(l.slot)
	} else {
		k.of(l.slot).low = m.Low
	}
	n.askIn(s, 0)
}

// comeOfAge goes on at low, as what is missing before that is older than this node;
// but a message that is here already says better where its time began.
func (n *Node) comeOfAge(s *source, low uint64) {
	s.young = false
	if s.heard {
		low = min(low, s.next(s.upto+1))
	}
	n.skip(s, low-1)
}
