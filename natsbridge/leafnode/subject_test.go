// What may be written as a subject, a pattern and the name of a queue group.

package leafnode_test

import (
	"strings"
	"testing"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("x", leafnode.MaxName)
	tests := []struct {
		name                    string
		subject, pattern, queue bool
	}{
		{"a", true, true, true},
		{"a.b.c", true, true, true},
		{"$JS.API", true, true, true},
		{"ü", true, true, true},
		{"a*.b>", true, true, true},
		{"*", false, true, true},
		{">", false, true, true},
		{"a.*.c", false, true, true},
		{"a.>", false, true, true},
		{"*.a", false, true, true},
		{">.a", false, false, true},
		{"a.>.b", false, false, true},
		{"", false, false, false},
		{".", false, false, true},
		{"a.", false, false, true},
		{".a", false, false, true},
		{"a..b", false, false, true},
		{"a b", false, false, false},
		{"a\tb", false, false, false},
		{"a\r\nb", false, false, false},
		{"a\x00", false, false, false},
		{"a\x7f", false, false, false},
		{long, true, true, true},
		{long + "x", false, false, false},
	}
	for _, tt := range tests {
		if got := leafnode.ValidSubject(tt.name); got != tt.subject {
			t.Errorf("subject %.20q: %v, want %v", tt.name, got, tt.subject)
		}
		if got := leafnode.ValidPattern([]byte(tt.name)); got != tt.pattern {
			t.Errorf("pattern %.20q: %v, want %v", tt.name, got, tt.pattern)
		}
		if got := leafnode.ValidQueue(tt.name); got != tt.queue {
			t.Errorf("queue %.20q: %v, want %v", tt.name, got, tt.queue)
		}
	}
}

func TestPermissions(t *testing.T) {
	some := leafnode.Permissions{Allow: []string{"a.*", "b.>"}, Deny: []string{"a.secret", "b.*.x"}}
	for subject, want := range map[string]bool{
		"a.1": true, "a": false, "a.1.2": false, "a.secret": false,
		"b.1": true, "b.1.2": true, "b": false, "b.1.x": false, "c": false,
	} {
		if got := some.Permits(subject); got != want {
			t.Errorf("%s: %v, want %v", subject, got, want)
		}
	}
	if !new(leafnode.Permissions).Permits("a") {
		t.Error("without lists a subject is not permitted, want everything permitted")
	}
	if denying := (leafnode.Permissions{Deny: []string{"a"}}); denying.Permits("a") || !denying.Permits("b") {
		t.Error("a list of what is denied alone does not permit the rest only")
	}
}
