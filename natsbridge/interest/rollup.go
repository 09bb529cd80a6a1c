// The roll-up: many plain keys under one prefix are told as one.

package interest

import (
	"slices"
	"strings"
)

// prefix is a node of the tree of plain keys, of the tokens up to it.
type prefix struct {
	next   map[string]*prefix
	key    bool // there is a key of exactly these tokens
	rolled bool // the keys below are told as one
	// told is how many keys below are told, or would be if no prefix above were rolled up.
	told int
}

// counts is what a prefix adds to that above it.
func (p *prefix) counts() int {
	n := p.told
	if p.rolled {
		n = 1
	}
	if p.key {
		n++
	}
	return n
}

// rolls is the tree. Its root is never rolled up: that would be everything.
type rolls struct {
	root   prefix
	limit  int
	rolled int
	// touched are keys that may be told otherwise since the last set.
	touched []Key
}

// set adds a plain key or takes it out.
func (r *rolls) set(subject string, on bool) {
	r.touched = append(r.touched[:0], Key{Subject: subject})
	r.walk(&r.root, "", subject, on)
}

// walk goes down to the key, and on the way back counts and rolls up or unrolls, so that the
// deepest prefix is the first.
func (r *rolls) walk(p *prefix, above, rest string, on bool) {
	token, rest, more := strings.Cut(rest, ".")
	below := p.next[token]
	if below == nil {
		if !on {
			return
		}
		below = &prefix{}
		if p.next == nil {
			p.next = make(map[string]*prefix)
		}
		p.next[token] = below
	}
	name := token
	if above != "" {
		name = above + "." + token
	}
	before := below.counts()
	if more {
		r.walk(below, name, rest, on)
		r.judge(below, name)
	} else {
		below.key = on
	}
	p.told += below.counts() - before
	if len(below.next) == 0 && !below.key {
		delete(p.next, token)
	}
}

// judge rolls a prefix up or unrolls it.
func (r *rolls) judge(p *prefix, name string) {
	switch {
	case !p.rolled && p.told > r.limit:
		r.rolled++
	case p.rolled && p.told < r.limit/2:
		r.rolled--
	default:
		return
	}
	p.rolled = !p.rolled
	r.touched = append(r.touched, Key{Subject: name + ".>"})
	r.touched = p.below(r.touched, name)
}

// below appends the keys below a prefix that are told unless it is rolled up.
func (p *prefix) below(keys []Key, name string) []Key {
	for token, q := range p.next { // order-free: what is touched is sorted before it is told
		full := token
		if name != "" {
			full = name + "." + token
		}
		if q.key {
			keys = append(keys, Key{Subject: full})
		}
		if q.rolled {
			keys = append(keys, Key{Subject: full + ".>"})
		} else {
			keys = q.below(keys, full)
		}
	}
	return keys
}

// tells reports whether a plain key is to be told: itself, or as a prefix that is rolled up.
func (r *rolls) tells(subject string) bool {
	p := &r.root
	for rest, more := subject, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if p.rolled {
			return token == ">" && !more
		}
		if p = p.next[token]; p == nil {
			return false
		}
	}
	return p.key
}

// prefixes returns the prefixes that are told as one, sorted.
func (r *rolls) prefixes() []string {
	var found []string
	for _, k := range r.root.below(nil, "") {
		if name, is := strings.CutSuffix(k.Subject, ".>"); is && r.isRolled(name) {
			found = append(found, k.Subject)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (r *rolls) isRolled(name string) bool {
	p := &r.root
	for rest, more := name, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if p = p.next[token]; p == nil {
			return false
		}
	}
	return p.rolled
}
