// Keys: what a node can be interested in, and which subjects may cross the mesh.

package interest

import (
	"bytes"
	"cmp"
	"strings"
)

// Limits of a key, in bytes, and of its weight: higher ones are cut.
const (
	MaxSubject = 1024
	MaxQueue   = 256
	MaxWeight  = 1 << 20
)

// Key is one interest. Queue is empty for a plain subscription; Subject may have the
// wildcards * and >.
type Key struct{ Subject, Queue string }

// Compare orders keys by subject, and then by queue group.
func (k Key) Compare(o Key) int {
	if c := strings.Compare(k.Subject, o.Subject); c != 0 {
		return c
	}
	return strings.Compare(k.Queue, o.Queue)
}

// Valid reports whether the key is one: a subject of tokens that are not empty, with >
// only at the end, and neither spaces nor control characters anywhere.
func (k Key) Valid() bool {
	return validSubject(k.Subject) && len(k.Queue) <= MaxQueue && printable(k.Queue)
}

func validSubject(s string) bool {
	if s == "" || len(s) > MaxSubject || !printable(s) {
		return false
	}
	for more := true; more; {
		var token string
		token, s, more = strings.Cut(s, ".")
		if token == "" || token == ">" && more {
			return false
		}
	}
	return true
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// size is what a key counts for in the bounds of memory. Tokens beyond the first eight cost
// extra, as each is a node of the trie.
func (k Key) size() int {
	const each, cheapTokens, token = 16, 8, 96
	return len(k.Subject) + len(k.Queue) + each + token*max(0, strings.Count(k.Subject, ".")+1-cheapTokens)
}

// Reserved reports whether a subject, or a pattern, belongs to NATS or Kith itself: such
// never cross the mesh. $SRV is a matter of [Config.Services] and not reserved here.
func Reserved(subject []byte) bool {
	if len(subject) == 0 {
		return true
	}
	switch subject[0] {
	case '$', '_', 'k':
	default:
		return false
	}
	if i := bytes.IndexByte(subject, '.'); i >= 0 {
		subject = subject[:i]
	}
	switch string(subject) {
	case "$SYS", "$JS", "$KV", "$O", "$MQTT", "$LDS", "$NRG", "_INBOX", "_R_", "_GR_", "$GR", "_KITH_", "kith":
		return true
	}
	return false
}

// isService reports whether the first token is $SRV.
func isService(subject []byte) bool {
	rest, found := bytes.CutPrefix(subject, []byte("$SRV"))
	return found && (len(rest) == 0 || rest[0] == '.')
}

// Overlap reports whether there are subjects that both patterns match.
func Overlap(a, b string) bool {
	for moreA, moreB := true, true; moreA && moreB; {
		var tokenA, tokenB string
		tokenA, a, moreA = strings.Cut(a, ".")
		tokenB, b, moreB = strings.Cut(b, ".")
		if tokenA == ">" || tokenB == ">" {
			return true
		}
		if tokenA != tokenB && tokenA != "*" && tokenB != "*" || moreA != moreB {
			return false
		}
	}
	return true
}

// matches reports whether a pattern matches a subject without wildcards.
func matches(pattern string, subject []byte) bool {
	for {
		want, pattern2, morePattern := strings.Cut(pattern, ".")
		if want == ">" {
			return true
		}
		token, rest, more := bytes.Cut(subject, []byte{'.'})
		if want != "*" && want != string(token) || morePattern != more {
			return false
		}
		if !more {
			return true
		}
		pattern, subject = pattern2, rest
	}
}

// allows reports whether interest in a key may cross: it could be in some subject that may.
func (c *Config) allows(k Key) bool {
	subject := []byte(k.Subject)
	if Reserved(subject) || isService(subject) && !c.Services {
		return false
	}
	for _, pattern := range c.Subjects {
		if Overlap(pattern, k.Subject) {
			return true
		}
	}
	return false
}

// Crosses reports whether messages on a subject, which has no wildcards, may cross the mesh.
func (n *Node) Crosses(subject []byte) bool {
	if Reserved(subject) || isService(subject) && !n.cfg.Services {
		return false
	}
	for _, pattern := range n.cfg.Subjects {
		if matches(pattern, subject) {
			return true
		}
	}
	return false
}

// life is one life of a node, and in it one of its bridges.
type life struct{ incarnation, epoch uint64 }

func (l life) compare(o life) int {
	if c := cmp.Compare(l.incarnation, o.incarnation); c != 0 {
		return c
	}
	return cmp.Compare(l.epoch, o.epoch)
}
