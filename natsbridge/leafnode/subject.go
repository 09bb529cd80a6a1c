// What a subject, a pattern and the name of a queue group may be, and what matches.

package leafnode

// MaxName is the longest subject, pattern or name of a queue group that is written,
// in bytes: the longest control line that a server takes from its clients unless
// told otherwise.
const MaxName = 4096

// text is what names come as.
type text interface{ ~string | ~[]byte }

// ValidSubject reports whether s is a subject without wildcards that a message may
// have: 1 to [MaxName] bytes, no empty token, no white space and no control
// characters, so that it cannot end a protocol line.
func ValidSubject[T text](s T) bool { return validTokens(s, false) }

// ValidPattern reports whether s is what may be subscribed to: a subject of which
// tokens may be "*", and the last ">".
func ValidPattern[T text](s T) bool { return validTokens(s, true) }

// ValidQueue reports whether s may name a queue group: 1 to [MaxName] bytes
// without white space and control characters.
func ValidQueue[T text](s T) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if isControl(s[i]) {
			return false
		}
	}
	return true
}

func isControl(b byte) bool { return b <= ' ' || b == 0x7f }

func validTokens[T text](s T, wildcards bool) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	start := 0
	for i := range len(s) {
		b := s[i]
		if b != '.' {
			if isControl(b) {
				return false
			}
			continue
		}
		if i == start || i == start+1 && isWildcard(s[start]) && (!wildcards || s[start] == '>') {
			return false
		}
		start = i + 1
	}
	last := len(s) - start
	return last > 1 || last == 1 && (wildcards || !isWildcard(s[start]))
}

func isWildcard(b byte) bool { return b == '*' || b == '>' }

// isLiteral reports whether a valid pattern has no wildcard.
func isLiteral(pattern string) bool { return ValidSubject(pattern) }

// token cuts the first token off s.
func token[T text](s T) (first, rest T, more bool) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, s[len(s):], false
}

// covers reports whether everything that matches s, a pattern or a subject, also
// matches pattern.
func covers[T text](pattern string, s T) bool {
	for {
		p, prest, pmore := token(pattern)
		t, srest, smore := token(s)
		switch {
		case p == ">" && !pmore:
			return true
		case string(t) == ">" && !smore:
			return false
		case p != "*" && p != string(t):
			return false
		case pmore != smore:
			return false
		case !pmore:
			return true
		}
		pattern, s = prest, srest
	}
}

// overlap reports whether some subject matches both patterns.
func overlap(a, b string) bool {
	for {
		p, arest, amore := token(a)
		t, brest, bmore := token(b)
		switch {
		case p == ">" && !amore, t == ">" && !bmore:
			return true
		case p != "*" && t != "*" && p != t:
			return false
		case amore != bmore:
			return false
		case !amore:
			return true
		}
		a, b = arest, brest
	}
}
