// Who needs no announcement, as it has made the same one.

package broadcast

// informed are the neighbors that are known to have everything of a source up to a message.
type informed struct {
	slots Slots
	upto  uint64
}

// announcedBy notes what l has announced of s, unless it would have come to l on fewer links from
// here: that is news for it.
func (s *source) announcedBy(l *link, m *Mark) {
	if int(m.Hop) > int(s.hop)+2 {
		return
	}
	if m.High > s.peers.upto {
		s.peers = informed{upto: m.High}
	}
	if m.High == s.peers.upto {
		s.peers.slots |= only(l.slot)
	}
}

// informed returns the links on which it is no news what is here of s up to a message.
func (s *source) informed(upto uint64) Slots {
	if s.peers.upto < upto {
		return 0
	}
	return s.peers.slots
}
