// Subjects: what is one, and which patterns stand for which.

package kith

import (
	"errors"
	"strings"
	"testing"
)

func TestPatternsMatchAsInNATS(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a", "a.b", false},
		{"a.b", "a", false},
		{"*", "a", true},
		{"*", "a.b", false},
		{"*.b", "a.b", true},
		{"a.*", "a.b", true},
		{"a.*", "a", false},
		{"a.*.c", "a.b.c", true},
		{"a.*.c", "a.b.d", false},
		{">", "a", true},
		{">", "a.b.c", true},
		{"a.>", "a.b", true},
		{"a.>", "a.b.c", true},
		{"a.>", "a", false},
		{"a.>", "b.c", false},
		{"*.>", "a.b", true},
		{"*.>", "a", false},
		{"a.*.>", "a.b", false},
		{"a*", "ab", false},
		{"a*", "a*", true},
	} {
		if got := matches(c.pattern, c.subject); got != c.want {
			t.Errorf("%s stands for %s: %t, want %t", c.pattern, c.subject, got, c.want)
		}
	}
}

func TestSubjectsAreChecked(t *testing.T) {
	long := strings.Repeat("x", MaxSubject)
	for _, c := range []struct {
		text             string
		subject, pattern bool
	}{
		{"a", true, true},
		{"a.b-c_d.$e", true, true},
		{"a*.b>", true, true},
		{long, true, true},
		{"*", false, true},
		{"a.*.b", false, true},
		{"a.>", false, true},
		{">.a", false, false},
		{"", false, false},
		{".", false, false},
		{"a.", false, false},
		{".a", false, false},
		{"a..b", false, false},
		{"a b", false, false},
		{"a\tb", false, false},
		{"a\nb", false, false},
		{"a\x00b", false, false},
		{long + "x", false, false},
	} {
		if err := validSubject(c.text); c.subject != (err == nil) || err != nil && !errors.Is(err, ErrSubject) {
			t.Errorf("subject %.20q: %v", c.text, err)
		}
		if err := validPattern(c.text); c.pattern != (err == nil) || err != nil && !errors.Is(err, ErrSubject) {
			t.Errorf("pattern %.20q: %v", c.text, err)
		}
	}
}
