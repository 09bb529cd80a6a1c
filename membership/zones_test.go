// What a node does to keep some links in its zone, and some out of it.

package membership_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithmesh/kith/membership"
)

// zoned is a node of zone a with five neighbors, of the zones given by letters, as a0 and b1.
func zoned(t *testing.T, seed uint64, neighbors string) *one {
	t.Helper()
	o := newOne(t, seed, func(cfg *membership.Config) { cfg.ZoneShare = 0.6 })
	o.zones, o.node.Self().Zone = true, "a"
	for i, zone := range neighbors {
		o.has(fmt.Sprintf("%c%d", zone, i))
	}
	return o
}

// inZones counts the neighbors of zone a and the others.
func (o *one) inZones() (near, far int) {
	for i := range o.node.Active().Len() {
		if p, _ := o.node.Active().At(i); p.Zone == "a" {
			near++
		} else {
			far++
		}
	}
	return near, far
}

func (o *one) swaps() []membership.Effect {
	return sends(o.step(membership.Input{
		Kind: membership.Expired, Timer: membership.Timer{Kind: membership.RotateTimer},
	}), membership.Neighbor)
}

// A free slot is filled from the side that is lacking, if anybody is there; links that lead
// out come first.
func TestZonesFillSlots(t *testing.T) {
	for _, c := range []struct{ neighbors, want string }{
		{"aaab", "b"}, {"abb", "a"}, {"aabb", "a"}, {"aaaa", "b"},
	} {
		for seed := range uint64(10) {
			o := zoned(t, seed, c.neighbors)
			asked := sends(o.knows("a8", "a9", "b8", "b9"), membership.Neighbor)
			if len(asked) == 0 || asked[0].Peer.Zone != c.want {
				t.Fatalf("with %s it asks %v first, want one of %s", c.neighbors, asked, c.want)
			}
		}
	}
	o := zoned(t, 1, "aaaa")
	if asked := sends(o.knows("a8"), membership.Neighbor); len(asked) != 1 {
		t.Fatal("one of the wrong zone is better than nobody")
	}
}

// A full node that lacks a side asks for an exchange with one of it; one that lacks nothing
// rotates as always.
func TestZonesRotate(t *testing.T) {
	for _, c := range []struct{ neighbors, want string }{
		{"aabbb", "a"}, {"aaaab", "b"}, {"bbbbb", "a"}, {"aaaaa", "b"}, {"aaabb", ""},
	} {
		seen := map[string]bool{}
		for seed := range uint64(20) {
			o := zoned(t, seed, c.neighbors)
			o.knows("a5", "a6", "a7", "a8", "b5", "b6", "b7", "b8")
			asked := o.swaps()
			if len(asked) != 1 || asked[0].Message.Priority != membership.Swap {
				t.Fatalf("asks %v", asked)
			}
			seen[asked[0].Peer.Zone] = true
		}
		if c.want == "" && len(seen) != 2 || c.want != "" && (len(seen) != 1 || !seen[c.want]) {
			t.Errorf("with %s it asks %v, want %q", c.neighbors, seen, c.want)
		}
	}
}

// In small clusters, where nobody rotates, it asks all the same.
func TestZonesAskInSmallClusters(t *testing.T) {
	o := zoned(t, 1, "abbbb")
	o.knows("a8")
	if asked := o.swaps(); len(asked) != 1 || asked[0].Peer.ID != "a8" {
		t.Fatalf("asks %v", asked)
	}
}

// A contact that was unknown, perhaps of another part of the cluster, has its turn although a
// side is lacking, and that side has its own.
func TestZonesLeaveRoomForContacts(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(20) {
		o := zoned(t, seed, "aaaab")
		for i := range 20 {
			o.knows(fmt.Sprintf("b%d", 10+i))
		}
		o.step(membership.Input{Kind: membership.Answered, Message: membership.Message{
			Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: o.made("a9"),
		}})
		asked := o.swaps()
		if len(asked) != 1 || asked[0].Message.Priority != membership.Swap {
			t.Fatalf("asks %v", asked)
		}
		seen[asked[0].Peer.Zone] = true
	}
	if !seen["a"] || !seen["b"] {
		t.Errorf("it asks one of %v each time, want both", seen)
	}
}

// Who is given up for a swap: never one of the last two that lead out, else of the side of
// which there are too many.
func TestZonesChooseWhoGoes(t *testing.T) {
	for _, c := range []struct {
		neighbors, asker string
		near, far        int
	}{
		{"aabbb", "a9", 3, 2},
		{"aaabb", "a9", 3, 2},
		{"aaaab", "a9", 4, 1},
		{"aaaab", "b9", 3, 2},
		{"aaabb", "b9", 3, 2},
		{"bbbbb", "b9", 0, 5},
		{"aaaaa", "a9", 5, 0},
		{"bbbbb", "a9", 1, 4},
	} {
		for seed := range uint64(10) {
			o := zoned(t, seed, c.neighbors)
			o.receives(c.asker, membership.Message{Kind: membership.Neighbor, Priority: membership.Swap, Request: 1, Degree: 5})
			if near, far := o.inZones(); near != c.near || far != c.far || !o.node.Active().Has(c.asker) {
				t.Errorf("with %s and %s there are %d and %d, want %d and %d", c.neighbors, c.asker, near, far, c.near, c.far)
			}
		}
	}
}

// Whoever has given up a peer of this zone for this node is not robbed: that peer gets a link
// like the one that it has lost.
func TestZonesRobNobody(t *testing.T) {
	for _, c := range []struct {
		neighbors, asked, given string
		near, far               int
	}{
		{"aabbb", "a8", "a9", 2, 3}, // near for near: nothing is won
		{"aabbb", "a8", "b9", 3, 2}, // far for near
		{"aaaab", "b8", "a9", 3, 2}, // links that lead out come first
		{"aaaab", "b8", "c9", 3, 2},
	} {
		for seed := range uint64(10) {
			o := zoned(t, seed, c.neighbors)
			o.knows(c.asked)
			asked := o.swaps()
			if len(asked) != 1 || asked[0].Peer.ID != c.asked {
				t.Fatalf("asks %v", asked)
			}
			o.receives(c.asked, membership.Message{
				Kind: membership.NeighborReply, Request: asked[0].Message.Request, Verdict: membership.Accepted, Degree: 5, Peer: o.made(c.given),
			})
			if near, far := o.inZones(); near != c.near || far != c.far {
				t.Errorf("with %s, %s for %s, there are %d and %d, want %d and %d", c.neighbors, c.given, c.asked, near, far, c.near, c.far)
			}
		}
	}
}

// One of a small zone that is named in between is remembered for the next exchange.
func TestZonesRememberTheirKin(t *testing.T) {
	forgotten := 0
	for seed := range uint64(10) {
		o := zoned(t, seed, "bbbbb")
		o.knows("a9")
		var others []string
		for i := range 60 {
			others = append(others, fmt.Sprintf("b%d", 10+i))
		}
		o.knows(others...)
		if !o.node.Passive().Has("a9") {
			forgotten++
		}
		if asked := o.swaps(); len(asked) != 1 || asked[0].Peer.ID != "a9" {
			t.Fatalf("asks %v", asked)
		}
	}
	if forgotten == 0 {
		t.Fatal("it was among the spare peers each time")
	}
}

// Without a share, or without a zone, zones make no difference.
func TestZonesOff(t *testing.T) {
	for _, share := range []float64{0, 0.6} {
		zones := map[string]bool{}
		for seed := range uint64(20) {
			o := newOne(t, seed, func(cfg *membership.Config) { cfg.ZoneShare = share })
			o.zones = true
			o.has("b0", "b1", "b2", "b3", "b4")
			if share == 0 {
				o.node.Self().Zone = "a"
			}
			o.knows("a5", "a6", "a7", "a8", "b5", "b6", "b7", "b8")
			zones[o.swaps()[0].Peer.Zone] = true
		}
		if len(zones) != 2 {
			t.Errorf("with a share of %v it asks %v", share, zones)
		}
	}
}

func TestZonesAreValidated(t *testing.T) {
	cfg := membership.DefaultConfig()
	cfg.ZoneShare, cfg.ZoneAcross = 1.5, 0
	err := cfg.Validate()
	if err == nil || !strings.Contains(err.Error(), "ZoneShare is 1.5") || !strings.Contains(err.Error(), "ZoneAcross is 0") {
		t.Fatal(err)
	}
}
