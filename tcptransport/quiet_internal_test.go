// How often the same thing is logged, and how much is remembered of that.

package tcptransport

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuietAllowsOncePerPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q quieter
		k := complaint{"hello_refused", "busy", "192.0.2.1"}
		others := []complaint{
			{"bad_hello", "busy", "192.0.2.1"},
			{"hello_refused", "crossed", "192.0.2.1"},
			{"hello_refused", "busy", "192.0.2.2"},
		}
		if !q.allow(k) || q.allow(k) {
			t.Fatal("not once")
		}
		for _, other := range others {
			if !q.allow(other) {
				t.Errorf("%v is taken for %v", other, k)
			}
		}
		time.Sleep(quietPeriod - time.Nanosecond)
		if q.allow(k) {
			t.Fatal("twice within a period")
		}
		time.Sleep(time.Nanosecond)
		if !q.allow(k) || q.allow(k) {
			t.Fatal("not once again")
		}
	})
}

// New keys do not push out the old ones: who changes its address all the time
// gets a table full of lines a period, and who was noted before gets none more.
func TestQuietWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q quieter
		key := func(i int) complaint { return complaint{"bad_hello", "no hello", strconv.Itoa(i)} }
		for i := range quietKeys / 2 {
			q.allow(key(i))
		}
		time.Sleep(quietPeriod / 2)
		allowed := 0
		for i := range 3 * quietKeys {
			if q.allow(key(i)) {
				allowed++
			}
		}
		if allowed != quietKeys/2 || len(q.last) != quietKeys {
			t.Fatalf("%d more allowed, %d remembered", allowed, len(q.last))
		}
		time.Sleep(quietPeriod / 2) // the first half has expired
		allowed = 0
		for i := 3 * quietKeys; i > 0; i-- {
			if q.allow(key(i)) {
				allowed++
			}
		}
		if allowed != quietKeys/2 || len(q.last) != quietKeys {
			t.Fatalf("%d allowed after the first have expired, %d remembered", allowed, len(q.last))
		}
	})
}

func TestClip(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"plain – dash":     "plain ? dash",
		"a\x1b[31m\nb\xff": "a?[31m?b?",
	} {
		if got := clip(text); got != want {
			t.Errorf("clip(%q) is %q, want %q", text, got, want)
		}
	}
	long := make([]byte, 10*maxQuoted)
	if got := clip(string(long)); len(got) > maxQuoted+len("...") {
		t.Errorf("%d bytes", len(got))
	}
}
