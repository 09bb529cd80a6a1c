// Anti-entropy: which tables are missing, and who is asked for them.

package interest

import (
	"slices"
	"strings"
	"time"
)

// repair is the state of a node that asks for tables.
type repair struct {
	at          time.Duration // when somebody may have to be asked
	outstanding int
	after       string // the last one asked for, so that all have their turn
	pending     int    // bytes of incomplete tables, and of deltas that wait for one

	budget   int // bytes that may be answered now
	budgetAt time.Duration
}

// asking is how the table of one node is asked for.
type asking struct {
	unsure  bool          // what is here may not be what the node has said: only itself is asked
	from    string        // who has been asked and has not answered yet
	at      time.Duration // when another is asked
	wait    time.Duration // how long the next one has; 0 when nothing is missing
	tries   int
	holders []string // who said that they have the table
	partial *partial
	later   []Message // deltas of later versions
	bytes   int       // of both
}

// maxOutstanding is how many tables are asked for at the same time, maxHolders how many nodes
// are remembered to have one, maxLater how many deltas wait for it, and maxBackoff how
// much longer than the first the last one asked has.
const (
	maxOutstanding = 32
	maxHolders     = 4
	maxLater       = 64
	maxBackoff     = 16
)

// needs reports whether the table of the node is not the newest.
func (r *record) needs() bool { return r.asking.unsure || r.newest > r.version }

// need has the table of a node asked for: from a holder if there is one, else from the node
// itself.
func (n *Node) need(r *record, holder string) {
	a := &r.asking
	if holder != "" && len(a.holders) < maxHolders && !slices.Contains(a.holders, holder) {
		a.holders = append(a.holders, holder)
	}
	if a.wait == 0 {
		a.wait, a.at, a.tries = n.cfg.AskTimeout, n.now, 0
		if holder != "" {
			a.tries = 1
		}
	}
	n.repair.at = min(n.repair.at, a.at)
}

// doubtTable asks the node itself for its table.
func (n *Node) doubtTable(r *record) {
	r.asking.unsure = true
	n.need(r, "")
}

// settleAsking ends the asking when nothing is missing any more.
func (n *Node) settleAsking(r *record) {
	if !r.needs() {
		n.stopAsking(r)
	}
}

// stopAsking forgets whom and what was asked.
func (n *Node) stopAsking(r *record) {
	n.giveUp(r)
	n.dropLater(r)
	r.asking = asking{unsure: r.asking.unsure}
}

// giveUp expects no answer any more from the one who was asked.
func (n *Node) giveUp(r *record) {
	a := &r.asking
	if a.from != "" {
		a.from = ""
		n.repair.outstanding--
		n.repair.at = min(n.repair.at, n.now) // another may have its turn
	}
	n.dropPartial(r)
}

// refuse waits before it asks again for a table for which there is no room.
func (n *Node) refuse(r *record) {
	n.stats.RefusedTables++
	n.stopAsking(r)
	r.asking.wait, r.asking.at = n.cfg.AskTimeout, n.now+n.cfg.Digest
	n.repair.at = min(n.repair.at, r.asking.at)
}

// keepForLater keeps a delta that cannot be applied before the table is here.
func (n *Node) keepForLater(r *record, m *Message) {
	a, size := &r.asking, sizeOf(m.Keys)
	if len(a.later) < maxLater && n.repair.pending+size <= n.cfg.MaxBytes {
		a.later = append(a.later, *m)
		a.bytes += size
		n.repair.pending += size
	}
}

func (n *Node) dropLater(r *record) []Message {
	later := r.asking.later
	for i := range later {
		size := sizeOf(later[i].Keys)
		r.asking.bytes -= size
		n.repair.pending -= size
	}
	r.asking.later = nil
	return later
}

func sizeOf(changes []Change) int {
	size := 0
	for i := range changes {
		size += changes[i].Key.size()
	}
	return size
}

// ask asks for what is missing, when it is time to. A neighbor that was asked in vain is not asked
// again before the node itself, and the other way round.
func (n *Node) ask() {
	if n.now < n.repair.at {
		return
	}
	for _, r := range n.remote.sorted {
		if a := &r.asking; a.from != "" && n.now >= a.at {
			n.stats.Unanswered++
			n.giveUp(r)
			a.wait = min(2*a.wait, maxBackoff*n.cfg.AskTimeout)
		}
	}
	n.repair.at = never
	var questions []question
	for _, hearsay := range []bool{false, true} { // who was never heard may not exist
		questions = n.askFor(questions, hearsay)
	}
	for _, q := range questions {
		slices.SortFunc(q.known, func(a, b Known) int { return strings.Compare(a.Node, b.Node) })
		n.stats.Asked += uint64(len(q.known))
		n.send(q.to, &Message{Kind: Ask, Known: q.known})
	}
}

// askFor adds questions for what is missing of nodes that were heard themselves, or of those that
// were not.
func (n *Node) askFor(questions []question, hearsay bool) []question {
	start, _ := n.find(n.repair.after + "\x00")
	for i := range n.remote.sorted {
		r := n.remote.sorted[(start+i)%len(n.remote.sorted)]
		a := &r.asking
		if r.hearsay != hearsay || r.withdrawn || !r.needs() {
			continue
		}
		if a.from == "" && n.now >= a.at && n.repair.outstanding < maxOutstanding {
			a.from, a.at = a.source(r.id), n.now+a.wait
			a.tries++
			n.repair.outstanding++
			n.repair.after = r.id
			questions = addQuestion(questions, a.from, r.wanted())
		}
		if a.from != "" || a.at > n.now {
			n.repair.at = min(n.repair.at, a.at)
		}
	}
	return questions
}

// question is what one node is asked for.
type question struct {
	to    string
	known []Known
}

func addQuestion(questions []question, to string, k Known) []question {
	i := slices.IndexFunc(questions, func(q question) bool { return q.to == to })
	if i < 0 {
		return append(questions, question{to, []Known{k}})
	}
	questions[i].known = append(questions[i].known, k)
	return questions
}

// source is who is asked next: the node itself and a holder in turn.
func (a *asking) source(id string) string {
	if a.unsure || a.tries%2 == 0 || len(a.holders) == 0 {
		return id
	}
	return a.holders[a.tries/2%len(a.holders)]
}

// wanted is the table that is asked for: any that is newer than what is here.
func (r *record) wanted() Known {
	k := Known{Node: r.id, Incarnation: r.life.incarnation, Epoch: r.life.epoch}
	if !r.asking.unsure {
		k.Version = r.version + 1
	}
	return k
}
