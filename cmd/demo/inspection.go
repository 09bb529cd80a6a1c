// What the members of a cluster say about themselves, put together.

package main

import (
	"fmt"
	"io"
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
	Passive     int      `json:"passive"`
	Lost        int      `json:"lost"`
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
	return in
}

func newMemberInfo(v natstransport.Views, neighbors []string) memberInfo {
	return memberInfo{
		ID: v.Self.ID, Incarnation: v.Self.Incarnation, Addr: v.Self.Addr, NATS: v.Self.NATS, Zone: v.Self.Zone,
		Version: v.Version, AgeSeconds: v.Uptime.Round(time.Millisecond).Seconds(),
		Neighbors: neighbors, Passive: len(v.Passive), Lost: v.Lost,
	}
}

// fault says what is wrong with the overlay, nil when nothing is.
func (in *inspection) fault() error {
	var faults []string
	if in.Components != 1 {
		sizes := make([]string, 0, len(in.Sizes))
		for _, n := range in.Sizes {
			sizes = append(sizes, strconv.Itoa(n))
		}
		faults = append(faults, fmt.Sprintf("the nodes are %d components, of %s nodes, want 1",
			in.Components, strings.Join(sizes, ", ")))
	}
	if !in.Symmetric {
		faults = append(faults, "asymmetric: "+plural(len(in.Asymmetric), "link")+" known to one side only")
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("cluster %s: %s", in.Cluster, strings.Join(faults, "; "))
}

// writeText writes the inspection for a human.
func (in *inspection) writeText(w io.Writer) error {
	var b strings.Builder
	overlay := "symmetric"
	if !in.Symmetric {
		overlay = "asymmetric"
	}
	fmt.Fprintf(&b, "cluster %s: %s, %s, %s, %s\n", in.Cluster, plural(in.Nodes, "node"),
		plural(in.Components, "component"), plural(in.Edges, "pair"), overlay)
	for degree, nodes := range in.Degrees {
		if nodes > 0 {
			fmt.Fprintf(&b, "  %2d neighbors: %5d  %s\n", degree, nodes, bar(nodes, in.Nodes))
		}
	}
	id := len("node")
	for i := range in.Members {
		id = max(id, len(in.Members[i].ID))
	}
	fmt.Fprintf(&b, "\n%-*s  %-8s  %8s  %5s  %4s  %-21s  %s\n", id, "node", "version", "age", "spare", "lost", "address", "neighbors")
	for i := range in.Members {
		m := &in.Members[i]
		age := short(time.Duration(m.AgeSeconds * float64(time.Second)))
		fmt.Fprintf(&b, "%-*s  %-8s  %8s  %5d  %4d  %-21s  %s\n",
			id, m.ID, m.Version, age, m.Passive, m.Lost, m.Addr, strings.Join(m.Neighbors, " "))
	}
	for _, p := range in.Asymmetric {
		what := "which does not have it"
		if slices.Contains(in.Silent, p.To) {
			what = "which did not answer"
		}
		fmt.Fprintf(&b, "asymmetric: %s has %s as a neighbor, %s\n", p.From, p.To, what)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// bar draws a share of the whole.
func bar(n, whole int) string {
	const width = 40
	return strings.Repeat("#", max(n*width/max(whole, 1), 1))
}
