// Subjects, as NATS has them.

package kith

import (
	"errors"
	"fmt"
	"strings"
)

// MaxSubject is the longest subject, in bytes.
const MaxSubject = 1 << 10

// ErrSubject is matched by every [SubjectError].
var ErrSubject = errors.New("kith: invalid subject")

// SubjectError names a subject that is not well formed, and what was wanted.
type SubjectError struct {
	Subject, Want string
}

// Error implements error.
func (e *SubjectError) Error() string {
	return fmt.Sprintf("kith: subject is %q, want %s", e.Subject, e.Want)
}

// Is makes every SubjectError match [ErrSubject].
func (e *SubjectError) Is(target error) bool { return target == ErrSubject }

// The wildcards of patterns: for one token, and for one or more at the end.
const (
	anyToken = "*"
	anyRest  = ">"
)

// validSubject says what is wrong with a subject to publish on.
func validSubject(subject string) error {
	return checkSubject(subject, func(string, bool) bool { return false }, "tokens separated by dots, none empty, no wildcards, no white space")
}

// validPattern says what is wrong with a subject to subscribe to.
func validPattern(pattern string) error {
	return checkSubject(pattern, func(token string, last bool) bool { return token == anyToken || token == anyRest && last },
		"tokens separated by dots, none empty, no white space; * for any one token, > for all that follow")
}

// checkSubject checks the tokens of a subject; a wildcard is one if wild says so.
// A * or > within a longer token is an ordinary character, as in NATS.
func checkSubject(subject string, wild func(token string, last bool) bool, want string) error {
	if subject == "" || len(subject) > MaxSubject || strings.ContainsAny(subject, " \t\r\n\f\x00") {
		return &SubjectError{clipped(subject), fmt.Sprintf("1 to %d bytes, %s", MaxSubject, want)}
	}
	rest, more := subject, true
	for more {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == "" || (token == anyToken || token == anyRest) && !wild(token, !more) {
			return &SubjectError{subject, want}
		}
	}
	return nil
}

// clipped keeps an error readable.
func clipped(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// matches reports whether a subject is one of those that the pattern stands for.
func matches(pattern, subject string) bool {
	for {
		want, patternRest, morePattern := strings.Cut(pattern, ".")
		have, subjectRest, moreSubject := strings.Cut(subject, ".")
		switch {
		case want == anyRest && !morePattern:
			return true
		case want != anyToken && want != have, morePattern != moreSubject:
			return false
		case !morePattern:
			return true
		}
		pattern, subject = patternRest, subjectRest
	}
}
