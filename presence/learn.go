// How a newcomer learns the list: it asks a neighbor, page by page.

package presence

import (
	"slices"
	"time"
)

// learning is the state of a node that asks for the list.
type learning struct {
	on    bool
	until time.Duration
	askAt time.Duration // when somebody is asked, unless an answer comes before
	asked string        // who has not answered yet, empty for nobody
	after string        // up to here the list has been told
	tried []string      // who was asked
}

// learn begins to ask. It ends when a neighbor has told all of its list, or after half a TTL:
// everybody who lives has announced itself by then.
func (d *Directory) learn() {
	d.learning = learning{on: true, until: d.now + d.cfg.TTL/2, askAt: d.now}
}

// lose asks another when the one who was asked is no neighbor any more.
func (l *learning) lose(d *Directory) {
	if l.asked != "" && !slices.Contains(d.neighbors, l.asked) {
		l.asked, l.askAt = "", d.now
	}
}

// due is when there is something to do.
func (l *learning) due(d *Directory) time.Duration {
	switch {
	case !l.on:
		return never
	case len(d.neighbors) == 0:
		return l.until
	}
	return min(l.askAt, l.until)
}

// ask asks a neighbor when it is time to: one that was not asked before, if there is
// one.
func (d *Directory) ask() {
	l := &d.learning
	if l.on && d.now >= l.until {
		d.learning = learning{}
	}
	if !l.on || len(d.neighbors) == 0 || d.now < l.askAt {
		return
	}
	candidates := slices.DeleteFunc(slices.Clone(d.neighbors), func(id string) bool { return slices.Contains(l.tried, id) })
	if len(candidates) == 0 {
		candidates, l.tried = d.neighbors, nil
	}
	l.asked = candidates[d.rng.IntN(len(candidates))]
	l.tried = append(l.tried, l.asked)
	d.askNext()
}

// askNext asks the neighbor at hand for the next page.
func (d *Directory) askNext() {
	d.learning.askAt = d.now + d.cfg.AskTimeout
	d.stats.Asked++
	d.send(d.learning.asked, &Message{Kind: Ask, After: d.learning.after})
}

// onPage takes in an answer, if it is one.
func (d *Directory) onPage(from string, m *Message) {
	l := &d.learning
	if !l.on || from != l.asked || m.After != l.after {
		d.stats.Unasked++
		return
	}
	for i := range m.Told {
		d.hearsay(&m.Told[i])
	}
	switch n := len(m.Told); {
	case m.More && n > 0:
		l.after = m.Told[n-1].Peer.ID
		d.askNext()
	case m.Partial: // what it did not know another may
		l.asked, l.after = "", ""
	default:
		d.learning = learning{}
	}
}

// pagesPerSecond is how many pages are sent at most, whoever asks: 2 MiB.
const pagesPerSecond = 64

// answer sends a page of the list.
func (d *Directory) answer(to, after string) {
	if !d.spare() {
		d.stats.Declined++
		return
	}
	d.stats.Answered++
	m := Message{Kind: Page, After: after, Partial: d.learning.on}
	at, found := d.find(after)
	if found {
		at++
	}
	size := pageOverhead
	for _, r := range d.sorted[at:] {
		t := Told{Peer: &r.Peer, Left: d.left(r)}
		size += toldSize(&t)
		if size > MaxMessage || len(m.Told) == MaxTold {
			m.More = true
			break
		}
		m.Told = append(m.Told, t)
	}
	d.send(to, &m)
}

// left is how long a node lives, as far as is known.
func (d *Directory) left(r *record) time.Duration {
	if r == d.self {
		return d.cfg.TTL
	}
	return max(r.expires-d.now, time.Microsecond) // the least that can be told
}

// spare reports whether one more page may be sent now.
func (d *Directory) spare() bool {
	const each = time.Second / pagesPerSecond
	idle := d.now - d.pagesAt
	d.pages = min(d.pages+int(idle/each), pagesPerSecond)
	d.pagesAt = d.now - idle%each
	if d.pages == 0 {
		return false
	}
	d.pages--
	return true
}
