// What others say: of themselves, which counts, and of each other, which is hearsay.

package presence

import "time"

// hear takes in a message.
func (d *Directory) hear(in *Input) {
	if in.From == d.self.ID {
		return // its own, or that of another life, which ends or should not be
	}
	m, err := ParseMessage(in.Data)
	if err != nil {
		d.stats.Malformed++
		return
	}
	if toAll := m.Kind == Announce || m.Kind == Leave; toAll == in.Direct {
		d.stats.Forged++
		return
	}
	switch m.Kind {
	case Announce:
		d.onAnnounce(in, &m)
	case Leave:
		d.onLeave(in, &m)
	case Ask:
		d.answer(in.From, m.After)
	case Page:
		d.onPage(in.From, &m)
	}
}

// onAnnounce believes a node what it says of itself. Messages of one life come in
// order, so that what comes after a farewell was said after it. An older life counts no
// more, unless the newer one is hearsay.
func (d *Directory) onAnnounce(in *Input, m *Message) {
	if m.Peer.ID != in.From || m.Peer.Incarnation != in.Incarnation {
		d.stats.Forged++
		return
	}
	if g, ok := d.graves[in.From]; ok {
		if g.incarnation > in.Incarnation {
			d.stats.Stale++
			return
		}
		delete(d.graves, in.From)
	}
	d.stats.Heard++
	expires := d.now + d.believed(m.TTL)
	r := d.known[in.From]
	if r == nil {
		if d.makeRoom(false) {
			d.add(&record{Entry: Entry{Peer: *m.Peer}, expires: expires})
		}
		return
	}
	if r.Incarnation > in.Incarnation && !r.hearsay {
		d.stats.Stale++
		return
	}
	d.confirm(r)
	d.replace(r, m, expires)
}

// confirm notes that a node has been heard itself.
func (d *Directory) confirm(r *record) {
	if r.hearsay {
		r.hearsay = false
		d.hearsays--
	}
}

// replace renews what is known of a node.
func (d *Directory) replace(r *record, m *Message, expires time.Duration) {
	r.expires = expires
	d.oldest = min(d.oldest, expires)
	if r.Peer == *m.Peer {
		return
	}
	if !r.Same(m.Peer) {
		r.Since = d.epoch.Add(d.now)
	}
	r.Peer = *m.Peer
	d.entries = nil
	d.emit(Updated, r)
}

// onLeave removes a node, and remembers that it left.
func (d *Directory) onLeave(in *Input, m *Message) {
	r := d.known[in.From]
	old, buried := d.graves[in.From]
	if old.incarnation > in.Incarnation || r != nil && r.Incarnation > in.Incarnation && !r.hearsay {
		d.stats.Stale++
		return
	}
	d.stats.Left++
	if r != nil {
		d.remove(r, Left)
	}
	if !buried && len(d.graves) >= d.cfg.MaxNodes {
		d.stats.Refused++
		return
	}
	expires := d.now + d.believed(m.TTL)
	d.graves[in.From] = grave{incarnation: in.Incarnation, expires: expires}
	d.oldest = min(d.oldest, expires)
}

// hearsay takes in what somebody says of another node. It counts only if nothing is
// known, or other hearsay of an earlier life.
func (d *Directory) hearsay(t *Told) {
	id := t.Peer.ID
	if g, ok := d.graves[id]; id == d.self.ID || ok && g.incarnation >= t.Peer.Incarnation {
		return
	}
	expires := d.now + d.believed(t.Left)
	switch r := d.known[id]; {
	case r == nil:
		if d.makeRoom(true) {
			d.add(&record{Entry: Entry{Peer: *t.Peer}, expires: expires, hearsay: true})
		}
	case r.hearsay && r.Incarnation < t.Peer.Incarnation:
		d.replace(r, &Message{Peer: t.Peer}, expires)
	}
}

// believed is how long somebody is believed to live that claims it for this long.
func (d *Directory) believed(ttl time.Duration) time.Duration { return min(ttl, d.cfg.MaxTTL) }
