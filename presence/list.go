// The list: who is in it, in order, and what the application sees of it.

package presence

import (
	"slices"
	"strings"
)

// add takes a node into the list.
func (d *Directory) add(r *record) {
	r.Since, r.hash = d.epoch.Add(d.now), hash(r.ID)
	d.known[r.ID] = r
	at, _ := d.find(r.ID)
	d.sorted = slices.Insert(d.sorted, at, r)
	d.entries = nil
	d.oldest = min(d.oldest, r.expires)
	if r.hearsay {
		d.hearsays++
	}
	d.emit(Joined, r)
}

// remove takes a node out of the list, for whatever reason.
func (d *Directory) remove(r *record, reason EventKind) {
	delete(d.known, r.ID)
	if at, found := d.find(r.ID); found {
		d.sorted = slices.Delete(d.sorted, at, at+1)
	}
	d.entries = nil
	if r.hearsay {
		d.hearsays--
	}
	d.emit(reason, r)
}

func (d *Directory) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(d.sorted, id, func(r *record, id string) int { return strings.Compare(r.ID, id) })
}

// Entries returns all nodes, this one included, by ID. The slice is shared, and never
// changed.
func (d *Directory) Entries() []Entry {
	if d.entries == nil {
		d.entries = make([]Entry, len(d.sorted))
		for i, r := range d.sorted {
			d.entries[i] = r.Entry
		}
	}
	return d.entries
}

// Get returns the entry of a node.
func (d *Directory) Get(id string) (Entry, bool) {
	if r := d.known[id]; r != nil {
		return r.Entry, true
	}
	return Entry{}, false
}

// Len returns the number of nodes, this one included.
func (d *Directory) Len() int { return len(d.sorted) }

// Owners returns the n nodes to which a key belongs, the owner first; see [Rank].
func (d *Directory) Owners(key string, n int) []Entry {
	best := ranking{key: hash(key), most: n}
	for i, r := range d.sorted {
		best.add(candidate{id: r.ID, place: i}, r.hash)
	}
	owners := make([]Entry, len(best.top))
	for i, c := range best.top {
		owners[i] = d.sorted[c.place].Entry
	}
	return owners
}

// expire removes who has not been heard for too long. The list is looked through when
// the earliest time is over that was known when that was last done: it
// is a time when most have been heard again.
func (d *Directory) expire() {
	if d.now < d.oldest {
		return
	}
	var over []*record
	d.oldest = never
	for _, r := range d.sorted {
		if r.expires <= d.now {
			over = append(over, r)
		} else {
			d.oldest = min(d.oldest, r.expires)
		}
	}
	for _, r := range over {
		d.stats.Expired++
		d.remove(r, Expired)
	}
	for id, g := range d.graves { // order-free: it removes the old ones, and takes a minimum
		if g.expires <= d.now {
			delete(d.graves, id)
		} else {
			d.oldest = min(d.oldest, g.expires)
		}
	}
}

// makeRoom reports whether there is room for one more; somebody who was never heard
// makes it for one who was.
func (d *Directory) makeRoom(hearsay bool) bool {
	if len(d.sorted) < d.cfg.MaxNodes {
		return true
	}
	if hearsay || d.hearsays == 0 {
		d.stats.Refused++
		return false
	}
	var first *record
	for _, r := range d.sorted {
		if r.hearsay && (first == nil || r.expires < first.expires) {
			first = r
		}
	}
	d.stats.Displaced++
	d.remove(first, Expired)
	return true
}
