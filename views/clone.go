// Copies of the views, for simulations that go on in several ways.

package views

import "slices"

// kept copies a slice with its capacity, which is the size of its view.
func kept[E any](s []E) []E {
	if s == nil {
		return nil
	}
	return append(make([]E, 0, cap(s)), s...)
}

// Clone returns a copy that shares nothing but the peers.
func (a *Active) Clone() Active { return Active{members: kept(a.members)} }

// Clone returns a copy that shares nothing but the peers.
func (v *Passive) Clone() Passive {
	return Passive{roster: v.clone(), seen: kept(v.seen), remarks: slices.Clone(v.remarks), proved: v.proved}
}

// Clone returns a copy that shares nothing but the peers.
func (l *Lost) Clone() Lost {
	return Lost{roster: l.clone(), info: slices.Clone(l.info), size: l.size}
}

func (r *roster) clone() roster {
	return roster{peers: kept(r.peers), prints: kept(r.prints)}
}
