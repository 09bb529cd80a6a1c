// The subject plan, and which subjects are well formed.

package linker

import (
	"strings"
	"unicode"
)

// plan builds and reads the subjects on which linked nodes speak. Node A of
// cluster C uses, for a subject S of the application:
//
//	kith.C.from.A.S    what A says to all its neighbors
//	kith.C.to.B.A.S    what A says to B alone
//	kith.C.link.B.A    the hellos of A to B, and A's answers to those of B
//
// Everybody subscribes on its own (Connections) or the shared (Subscriptions)
// server to kith.C.to.<self>.> and kith.C.link.<self>.*, once.
//
// In mode Subscriptions a link adds from.<neighbor>.> to that.
//
// In mode Connections whoever dialed subscribes on the neighbor's server to
// from.<neighbor>.>, to.<self>.<neighbor>.> and link.<self>.<neighbor>. The one
// who was dialed needs no subscription for a link: whoever dialed says to it
// alone what it says to all. So what a node says to all is published once on
// its own server, for all who dialed it, and once on each connection that it
// dialed; and no message has more than one subscription to go to that its
// receiver takes it from, even if the servers exchange messages.
type plan struct {
	from     string // kith.C.from.
	fromSelf string // kith.C.from.<self>.
	to       string // kith.C.to.
	toSelf   string // kith.C.to.<self>.
	link     string // kith.C.link.
	linkSelf string // kith.C.link.<self>.
	self     string
}

func newPlan(cluster, self string) plan {
	root := "kith." + cluster + "."
	return plan{
		from:     root + "from.",
		fromSelf: root + "from." + self + ".",
		to:       root + "to.",
		toSelf:   root + "to." + self + ".",
		link:     root + "link.",
		linkSelf: root + "link." + self + ".",
		self:     self,
	}
}

// toPeer is the prefix of what is said to one peer.
func (p *plan) toPeer(peer string) string { return p.to + peer + "." + p.self + "." }

// helloTo is the subject of the hellos to a peer.
func (p *plan) helloTo(peer string) string { return p.link + peer + "." + p.self }

// helloFrom is the subject of the hellos of a peer.
func (p *plan) helloFrom(peer string) string { return p.linkSelf + peer }

// read returns who sent a message, and the subject that the sender gave it.
func (p *plan) read(subject string) (sender, rest string, direct, ok bool) {
	if rest, direct = strings.CutPrefix(subject, p.toSelf); !direct {
		if rest, ok = strings.CutPrefix(subject, p.from); !ok {
			return "", "", false, false
		}
	}
	sender, rest, ok = strings.Cut(rest, ".")
	return sender, rest, direct, ok
}

// maxSubject keeps a whole subject, prefix included, far below the 4096 bytes
// that a NATS server reads as one line.
const maxSubject = 1024

// checkSubject returns a [SubjectError] unless the application may publish on
// the subject or, with wildcards, subscribe to it.
func checkSubject(subject string, wildcards bool) error {
	fault := func(want string) error {
		clipped := subject[:min(len(subject), 80)]
		return &SubjectError{Subject: clipped, Want: want}
	}
	if subject == "" || len(subject) > maxSubject {
		return fault("1 to 1024 bytes")
	}
	if strings.ContainsFunc(subject, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fault("no spaces and no control characters")
	}
	for rest, more := subject, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		switch {
		case token == "":
			return fault("no empty token")
		case !strings.ContainsAny(token, "*>"):
		case !wildcards:
			return fault("no wildcards")
		case token == "*", token == ">" && !more:
		default:
			return fault("* as a whole token and > as the last one only")
		}
	}
	return nil
}

// matches reports whether a subject is one of those that the pattern stands for.
// Both are well formed.
func matches(pattern, subject string) bool {
	for {
		want, wantRest, wantMore := strings.Cut(pattern, ".")
		if want == ">" {
			return true
		}
		got, gotRest, gotMore := strings.Cut(subject, ".")
		if (want != "*" && want != got) || wantMore != gotMore {
			return false
		}
		if !wantMore {
			return true
		}
		pattern, subject = wantRest, gotRest
	}
}
