// The subject plan, and the matching of subjects against that of nats-server.

package linker

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"pgregory.net/rapid"

	"github.com/kithmesh/kith/internal/testkit"
)

func TestPlan(t *testing.T) {
	a, b := newPlan("c", "a"), newPlan("c", "b")
	for _, tt := range []struct {
		got, want string
	}{
		{a.fromSelf + "x.y", "kith.c.from.a.x.y"},
		{a.toPeer("b") + "x.y", "kith.c.to.b.a.x.y"},
		{a.toPeer("b"), b.toSelf + "a."},
		{a.fromSelf, b.from + "a."},
		{a.helloTo("b"), "kith.c.link.b.a"},
		{a.helloTo("b"), b.helloFrom("a")},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

func TestRead(t *testing.T) {
	p := newPlan("c", "b")
	for _, tt := range []struct {
		subject, sender, rest string
		direct, ok            bool
	}{
		{"kith.c.from.a.x.y", "a", "x.y", false, true},
		{"kith.c.to.b.a.x", "a", "x", true, true},
		{"kith.c.to.z.a.x", "", "", false, false},
		{"kith.d.from.a.x", "", "", false, false},
		{"", "", "", false, false},
	} {
		sender, rest, direct, ok := p.read(tt.subject)
		if sender != tt.sender || rest != tt.rest || direct != tt.direct || ok != tt.ok {
			t.Errorf("read %q: %q, %q, %v, %v", tt.subject, sender, rest, direct, ok)
		}
	}
	if _, _, _, ok := p.read("kith.c.from.a"); ok {
		t.Error("a message without a subject was read")
	}
}

// anySubject draws subjects of few tokens, good and bad, so that many match.
func anySubject() *rapid.Generator[string] {
	token := rapid.SampledFrom([]string{"a", "b", "*", ">", "", "a*", "ab", " ", "ü"})
	return rapid.Map(rapid.SliceOfN(token, 1, 5), func(tokens []string) string { return strings.Join(tokens, ".") })
}

func TestMatchesAsNATS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := anySubject().Filter(func(s string) bool { return checkSubject(s, true) == nil }).Draw(t, "pattern")
		subject := anySubject().Filter(func(s string) bool { return checkSubject(s, false) == nil }).Draw(t, "subject")
		want := pattern == subject || server.SubjectsCollide(pattern, subject)
		if got := matches(pattern, subject); got != want {
			t.Fatalf("%q matches %q: %v, NATS says %v", pattern, subject, got, want)
		}
	})
}

// TestCheckSubjectAsNATS: what is allowed is valid for nats-server, and a subject
// to publish on is literal for it.
func TestCheckSubjectAsNATS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := anySubject().Draw(t, "subject")
		if checkSubject(subject, true) == nil && !server.IsValidSubject(subject) {
			t.Fatalf("%q is allowed, but not valid", subject)
		}
		if checkSubject(subject, false) == nil && !server.IsValidPublishSubject(subject) {
			t.Fatalf("%q is allowed, but not valid to publish on", subject)
		}
		// A * or > inside a token is literal in NATS, and not allowed here.
		if err := checkSubject(subject, false); err != nil && server.IsValidPublishSubject(subject) && !strings.ContainsAny(subject, "*>") {
			t.Fatalf("%q is valid, but not allowed: %v", subject, err)
		}
	})
}

func TestSubjectErrorIsShort(t *testing.T) {
	err := checkSubject(strings.Repeat("x", maxSubject+1), false)
	var fault *SubjectError
	if !errors.As(err, &fault) || len(fault.Subject) > 80 {
		t.Errorf("error is %v", err)
	}
	if err := checkSubject(strings.Repeat("x", maxSubject), false); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeHello(f *testing.F) {
	f.Add(string(hello{Word: wordRefuse, From: 1, To: 2, Seq: 3, Why: whyUnwanted}.encode()))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, data string) {
		var h hello
		var err error
		testkit.Greed(t, len(data), func() { h, err = decodeHello([]byte(data)) })
		if err != nil {
			return
		}
		again, err := decodeHello(h.encode())
		if err != nil && len(h.encode()) <= maxHello {
			t.Fatalf("%+v cannot be read again: %v", h, err)
		}
		if err == nil && again != h {
			t.Fatalf("%+v becomes %+v", h, again)
		}
	})
}
