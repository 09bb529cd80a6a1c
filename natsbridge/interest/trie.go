// The trie of tokens: which interest a subject matches.

package interest

import (
	"bytes"
	"slices"
	"strings"
)

// entry is one key of a trie and who is interested: in that of the own server its clients, in
// that of the others the nodes.
type entry struct {
	key     Key
	nodes   int
	weight  int64    // the sum
	members []member // of a queue group, by ID
	round   uint64   // of the own server: in which snapshot it was told last
}

// member is a node with members of a queue group.
type member struct {
	of     *record
	weight uint32
}

// trie finds the entries that match a subject.
type trie struct {
	root level
	size int
}

// level is a node of the trie, of the tokens up to it.
type level struct {
	next       map[string]*level // by token
	star, tail *level            // for * and >
	entries    []*entry          // with exactly these tokens
}

func (l *level) empty() bool {
	return len(l.next) == 0 && l.star == nil && l.tail == nil && len(l.entries) == 0
}

// child returns the level below for a token of a key, nil if there is none.
func (l *level) child(token string) *level {
	switch token {
	case "*":
		return l.star
	case ">":
		return l.tail
	}
	return l.next[token]
}

func (l *level) set(token string, to *level) {
	switch token {
	case "*":
		l.star = to
	case ">":
		l.tail = to
	default:
		if to == nil {
			delete(l.next, token)
			return
		}
		if l.next == nil {
			l.next = make(map[string]*level)
		}
		l.next[token] = to
	}
}

func (t *trie) add(e *entry) {
	l, rest, more := &t.root, e.key.Subject, true
	for more {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		below := l.child(token)
		if below == nil {
			below = &level{}
			l.set(token, below)
		}
		l = below
	}
	l.entries = append(l.entries, e)
	t.size++
}

func (t *trie) remove(e *entry) { t.root.remove(t, e, e.key.Subject) }

func (l *level) remove(t *trie, e *entry, rest string) {
	token, rest, more := strings.Cut(rest, ".")
	below := l.child(token)
	if below == nil {
		return
	}
	if more {
		below.remove(t, e, rest)
	} else if i := slices.Index(below.entries, e); i >= 0 {
		below.entries = slices.Delete(below.entries, i, i+1)
		t.size--
	}
	if below.empty() {
		l.set(token, nil)
	}
}

// match appends the entries that match a subject, which has no wildcards.
func (l *level) match(dst []*entry, subject []byte) []*entry {
	if l.tail != nil {
		dst = append(dst, l.tail.entries...)
	}
	token, rest, more := bytes.Cut(subject, []byte{'.'})
	dst = l.next[string(token)].matchRest(dst, rest, more)
	return l.star.matchRest(dst, rest, more)
}

func (l *level) matchRest(dst []*entry, rest []byte, more bool) []*entry {
	switch {
	case l == nil:
		return dst
	case more:
		return l.match(dst, rest)
	}
	return append(dst, l.entries...)
}
