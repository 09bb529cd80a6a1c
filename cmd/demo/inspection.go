// What the members of a cluster say about themselves, put together.

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/natstransport"
)

// inspection is the overlay as its members tell it. Each told its own part at
// about the same moment; while neighbors come and go, the parts may disagree.
type inspection struct {
	Cluster    string       `json:"cluster"`
	Nodes      int          `json:"nodes"` // that answered
	Components int          `json:"components"`
	Sizes      []int        `json:"component_sizes"`
	Symmetric  bool         `json:"symmetric"`
	Edges      int          `json:"edges"`
	Degrees    []int        `json:"degrees"` // how many nodes have 0, 1, 2 … neighbors
	Asymmetric []pair       `json:"asymmetric"`
	Silent     []string     `json:"silent"` // neighbors of somebody that did not answer
	Odd        []finding    `json:"odd"`    // what an operator should look at
	Members    []memberInfo `json:"members"`
}

// memberInfo is one node that answered.
type memberInfo struct {
	ID          string   `json:"id"`
	Incarnation uint64   `json:"incarnation"`
	Addr        string   `json:"addr"`
	NATS        string   `json:"nats,omitempty"`
	Zone        string   `json:"zone,omitempty"`
	Version     string   `json:"version"`
	AgeSeconds  float64  `json:"age_s"` // since its start
	Neighbors   []string `json:"neighbors"`
	Links       []link   `json:"links"`            // the neighbors again, and what is known of each
	Wanted      int      `json:"wanted,omitempty"` // neighbors
	Size        int      `json:"size,omitempty"`   // of the cluster, as the node estimates it
	Passive     int      `json:"passive"`
	Lost        int      `json:"lost"`
}

// link is a neighbor as one side sees it.
type link struct {
	ID         string  `json:"id"`
	Zone       string  `json:"zone,omitempty"`
	AgeSeconds float64 `json:"age_s"`
	RTT        float64 `json:"rtt_ms,omitempty"` // 0 when it is not known
}

// inspectionOf judges the views of a cluster. Of two lives of one node the newer
// counts.
func inspectionOf(cluster string, all []natstransport.Views) inspection {
	newest := make(map[string]natstransport.Views, len(all))
	for _, v := range all {
		if old, ok := newest[v.Self.ID]; !ok || old.Self.Incarnation < v.Self.Incarnation {
			newest[v.Self.ID] = v
		}
	}
	g := make(graph, len(newest))
	for id, v := range newest {
		g[id] = make([]string, 0, len(v.Active))
		for _, n := range v.Active {
			g[id] = append(g[id], n.Peer.ID)
		}
		slices.Sort(g[id])
	}
	in := inspection{
		Cluster: cluster, Nodes: len(g), Edges: g.edges(), Degrees: g.degrees(),
		Sizes: []int{}, Asymmetric: append([]pair{}, g.asymmetric()...), Silent: []string{}, Members: []memberInfo{},
	}
	for _, component := range g.components() {
		in.Sizes = append(in.Sizes, len(component))
	}
	in.Components, in.Symmetric = len(in.Sizes), len(in.Asymmetric) == 0
	for _, p := range in.Asymmetric {
		if _, answered := g[p.To]; !answered && !slices.Contains(in.Silent, p.To) {
			in.Silent = append(in.Silent, p.To)
		}
	}
	slices.Sort(in.Silent)
	for _, id := range g.nodes() {
		in.Members = append(in.Members, newMemberInfo(newest[id], g[id]))
	}
	in.Odd = in.findings()
	return in
}

func newMemberInfo(v natstransport.Views, neighbors []string) memberInfo {
	links := make([]link, 0, len(v.Active))
	for _, n := range v.Active {
		links = append(links, link{
			ID: n.Peer.ID, Zone: harmless(n.Peer.Zone),
			AgeSeconds: n.Age.Round(time.Millisecond).Seconds(), RTT: milliseconds(n.RTT),
		})
	}
	slices.SortFunc(links, func(a, b link) int { return strings.Compare(a.ID, b.ID) })
	return memberInfo{
		ID: v.Self.ID, Incarnation: v.Self.Incarnation, Addr: harmless(v.Self.Addr),
		NATS: harmless(redacted(v.Self.NATS)), Zone: harmless(v.Self.Zone),
		Version: harmless(v.Version), AgeSeconds: v.Uptime.Round(time.Millisecond).Seconds(),
		Neighbors: neighbors, Links: links, Wanted: v.Wanted, Size: v.Size, Passive: len(v.Passive), Lost: v.Lost,
	}
}

// fault says what is wrong with the overlay, nil when nothing is.
func (in *inspection) fault() error {
	var faults []string
	if in.Components != 1 {
		faults = append(faults, fmt.Sprintf("the nodes are %d components, of %s nodes, want 1",
			in.Components, in.sizes()))
	}
	if !in.Symmetric {
		faults = append(faults, "asymmetric: "+plural(len(in.Asymmetric), "link")+" known to one side only")
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("cluster %s: %s", in.Cluster, strings.Join(faults, "; "))
}

// sizes lists how many nodes the components have.
func (in *inspection) sizes() string {
	sizes := make([]string, 0, len(in.Sizes))
	for _, n := range in.Sizes {
		sizes = append(sizes, strconv.Itoa(n))
	}
	return strings.Join(sizes, ", ")
}

// harmless is a text that a node has sent, without what a terminal would obey.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
