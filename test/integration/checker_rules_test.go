// The checker of histories finds what is planted, and nothing else.

//go:build unix

package integration_test

import (
	"strings"
	"testing"
	"time"
)

// plain is a history without a fault: a says ten messages, one a second, b and c hear them.
func plain() *history {
	h := &history{
		active: 2,
		network: []moment{{
			part:   map[string]int{"a": 0, "b": 0, "c": 0},
			direct: map[[2]string]bool{{"a", "b"}: true, {"b", "a"}: true, {"a", "c"}: true, {"c", "a"}: true},
		}},
		calm:   []span{{0, 100 * time.Second}},
		limits: limits{kept: 25 * time.Second, giveUp: 5 * time.Second, repair: 4 * time.Second, notice: 10 * time.Second},
	}
	for _, node := range []string{"a", "b", "c"} {
		l := &lifetime{node: node, life: node + "/1", joined: 0, died: forever}
		l.told = []told{{kind: "snapshot"}, {kind: "neighbor_up", peer: "x"}, {kind: "neighbor_update", peer: "x"}, {kind: "neighbor_down", peer: "x"}, {kind: "isolated"}}
		for n := uint64(1); n <= 10; n++ {
			at := time.Duration(n) * time.Second
			if node == "a" {
				l.said = append(l.said, entry{"a/1", n, n, at, false})
			}
			l.heard = append(l.heard, entry{"a/1", n, n, at, false})
		}
		h.lives = append(h.lives, l)
	}
	return h
}

// cut takes what c hears from an index on, and puts something else there.
func cut(h *history, from, until int, instead ...entry) {
	c := h.lives[2]
	c.heard = append(append(append([]entry{}, c.heard[:from]...), instead...), c.heard[until:]...)
}

func gap(from, until uint64, at time.Duration) entry { return entry{"a/1", from, until, at, true} }

func TestChecker(t *testing.T) {
	t.Parallel()
	apart := func(from, until time.Duration) []moment {
		all := map[string]int{"a": 0, "b": 0, "c": 0}
		return []moment{{part: all}, {at: from, part: map[string]int{"a": 0, "b": 0, "c": 1}}, {at: until, part: all}}
	}
	s := time.Second
	for _, tt := range []struct {
		name   string
		change func(h *history)
		want   string // of the one fault; none if empty
	}{
		{"nothing", func(*history) {}, ""},
		{"twice up", func(h *history) {
			h.lives[0].told = append(h.lives[0].told, told{kind: "neighbor_up", peer: "y"}, told{kind: "neighbor_up", peer: "y"})
		}, "already"},
		{"down without up", func(h *history) { h.lives[0].told = append(h.lives[0].told, told{kind: "neighbor_down", peer: "y"}) }, "not up"},
		{"update without up", func(h *history) { h.lives[0].told = append(h.lives[0].told, told{kind: "neighbor_update", peer: "y"}) }, "not up"},
		{"twice in a snapshot", func(h *history) { h.lives[0].told = []told{{kind: "snapshot", peers: []string{"y", "y"}}} }, "twice"},
		{"too many", func(h *history) { h.lives[0].told = []told{{kind: "snapshot", peers: []string{"x", "y", "z"}}} }, "at most 2"},
		{"isolated among others", func(h *history) {
			h.lives[0].told = []told{{kind: "snapshot", peers: []string{"x"}}, {kind: "isolated"}}
		}, "1 neighbors"},
		{"no such event", func(h *history) { h.lives[0].told = []told{{kind: "what"}} }, "no such"},
		{"a neighbor that cannot be heard", func(h *history) {
			h.lives[0].told = []told{{kind: "snapshot"}, {at: s, kind: "neighbor_up", peer: "b"}, {at: 20 * s, kind: "neighbor_down", peer: "b"}}
			h.network = []moment{h.network[0], {at: 8 * s, part: h.network[0].part}, {at: 90 * s, part: h.network[0].part}}
		}, "could not hear for 12s"},
		{"a neighbor that cannot be heard for a moment", func(h *history) {
			h.lives[0].told = []told{{kind: "snapshot"}, {at: s, kind: "neighbor_up", peer: "b"}, {at: 20 * s, kind: "neighbor_down", peer: "b"}}
			h.network = []moment{h.network[0], {at: 12 * s, part: h.network[0].part}, {at: 90 * s, part: h.network[0].part}}
		}, ""},
		{"twice", func(h *history) { cut(h, 5, 5, entry{"a/1", 5, 5, 5 * s, false}) }, "twice"},
		{"a silent hole", func(h *history) { cut(h, 5, 6) }, "no report"},
		{"a report that nobody needs", func(h *history) { cut(h, 2, 3, gap(3, 3, 14*s)) }, "given up a/1 3"},
		{"a report too early", func(h *history) { cut(h, 2, 3, gap(3, 3, 4*s)) }, "at 3s only"},
		{"a report just when somebody gets it", func(h *history) {
			h.network, h.calm = []moment{{part: map[string]int{"a": 0, "b": 1, "c": 1}}}, nil
			h.lives[1].heard[2].At = 11 * s
			cut(h, 2, 3, gap(3, 3, 14*s))
		}, ""},
		{"a report of what nobody has in store", func(h *history) { cut(h, 2, 3, gap(3, 3, 40*s)) }, ""},
		{"a report when they were apart", func(h *history) {
			h.network, h.calm = apart(2*s, 12*s), []span{{0, 2 * s}, {13 * s, 100 * s}}
			cut(h, 2, 3, gap(3, 3, 14*s))
		}, ""},
		{"a report long after they were apart", func(h *history) {
			h.network, h.calm = apart(2*s, 4*s), []span{{0, 2 * s}, {5 * s, 100 * s}}
			cut(h, 2, 3, gap(3, 3, 14*s))
		}, "given up a/1 3"},
		{"the end is missing", func(h *history) { cut(h, 8, 10) }, "never been given a/1 9"},
		{"all is missing", func(h *history) { cut(h, 0, 10) }, "never been given a/1 1"},
		{"the beginning is missing", func(h *history) { cut(h, 0, 3) }, "never been given a/1 1"},
		{"the beginning was before it came", func(h *history) {
			h.lives[2].joined = 3500 * time.Millisecond
			cut(h, 0, 3)
		}, ""},
		{"the end is missing where it has died", func(h *history) {
			h.lives[2].died = 9 * s
			cut(h, 8, 10)
		}, ""},
		{"the end is missing, and they were apart for long", func(h *history) {
			h.network, h.calm = apart(8500*time.Millisecond, 40*s), []span{{0, 8 * s}, {41 * s, 100 * s}}
			cut(h, 8, 10)
		}, ""},
		{"the end is missing, and they were apart for a while", func(h *history) {
			h.network, h.calm = apart(8500*time.Millisecond, 20*s), []span{{0, 8 * s}, {21 * s, 100 * s}}
			cut(h, 8, 10)
		}, "never been given a/1 9"},
		{"the end is missing, and the only one to have it has died", func(h *history) {
			h.lives[0].died = 9500 * time.Millisecond
			h.lives[1].heard = h.lives[1].heard[:8]
			cut(h, 8, 10)
		}, ""},
		{"it left, and took its last word along", func(h *history) {
			a := h.lives[0]
			a.died, a.left = 10500*time.Millisecond, true
			h.lives[1].heard = h.lives[1].heard[:9]
			cut(h, 9, 10)
		}, "has left"},
		{"it left while it was cut off", func(h *history) {
			a := h.lives[0]
			a.died, a.left = 10500*time.Millisecond, true
			h.network, h.calm = []moment{{part: map[string]int{"a": 0, "b": 1, "c": 1}}}, nil
			h.lives[1].heard = h.lives[1].heard[:9]
			cut(h, 9, 10)
		}, ""},
		{"the end is missing, the origin has died, and another one has it", func(h *history) {
			h.lives[0].died = 10500 * time.Millisecond
			cut(h, 8, 10)
		}, "never been given a/1 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := plain()
			tt.change(h)
			v := h.check()
			if tt.want == "" && len(v.faults) > 0 {
				t.Errorf("faults: %q, want none", v.faults)
			}
			if tt.want != "" && (len(v.faults) != 1 || !strings.Contains(v.faults[0], tt.want)) {
				t.Errorf("faults: %q, want one of %q", v.faults, tt.want)
			}
			if v.messages != 10 || v.members != 3 || v.deliveries == 0 {
				t.Errorf("%+v, want 3 lives, 10 messages, and deliveries", v)
			}
		})
	}
}
