// What text may be in a label or a help.

package text

import "testing"

func TestEscapes(t *testing.T) {
	s := &Source{
		Cluster: "c", Node: "n",
		families: []Family{{Name: "m", Kind: Gauge, Help: "a\nb\\", Labels: []string{"l"}}},
		read:     func(give func(Sample)) { give(Sample{Labels: []string{"a\"b\\\n"}, Value: 2.5}) },
	}
	want := "# HELP m a\\nb\\\\\n# TYPE m gauge\nm{cluster=\"c\",node=\"n\",l=\"a\\\"b\\\\\\n\"} 2.5\n"
	if got := string(s.Append(nil)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
