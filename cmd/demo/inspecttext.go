// An inspection as text: the verdict, who is odd, and then the table.

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// writeText writes the inspection for a human.
func (in *inspection) writeText(w io.Writer) error {
	_, err := io.WriteString(w, strings.Join(in.lines(), "\n")+"\n")
	return err
}

// lines are what a human reads, the most important first.
func (in *inspection) lines() []string {
	lines := []string{in.verdict()}
	lines = append(lines, in.oddLines()...)
	if len(in.Odd) == 0 && in.Nodes > 0 {
		lines = append(lines, "  nobody is odd")
	}
	if size := in.sizeLine(); size != "" {
		lines = append(lines, size)
	}
	lines = append(lines, "")
	for degree, nodes := range in.Degrees {
		if nodes > 0 {
			lines = append(lines, fmt.Sprintf("  %2d neighbors: %5d  %s", degree, nodes, bar(nodes, in.Nodes)))
		}
	}
	return append(append(lines, ""), in.table()...)
}

// mostAlike is how many findings of one kind are shown.
const mostAlike = 5

// oddLines are the findings, of which a human reads a few of each kind.
func (in *inspection) oddLines() []string {
	var lines []string
	of := make(map[string]int)
	for _, f := range in.Odd {
		if of[f.Kind]++; of[f.Kind] <= mostAlike {
			lines = append(lines, "  odd: "+f.String())
		}
	}
	for _, kind := range oddKinds() {
		if rest := of[kind] - mostAlike; rest > 0 {
			lines = append(lines, fmt.Sprintf("  odd: %d more (%s)", rest, kind))
		}
	}
	return lines
}

// sizeLine says how large the nodes take the cluster to be: the median, and the least and the most.
// It is empty when none says so.
func (in *inspection) sizeLine() string {
	var sizes []int
	for i := range in.Members {
		if size := in.Members[i].Size; size > 0 {
			sizes = append(sizes, size)
		}
	}
	if len(sizes) == 0 {
		return ""
	}
	slices.Sort(sizes)
	return fmt.Sprintf("  by their own estimates %s, from %d to %d",
		plural(sizes[len(sizes)/2], "node"), sizes[0], sizes[len(sizes)-1])
}

// verdict says in one line whether the nodes are one mesh.
func (in *inspection) verdict() string {
	what := "is one mesh"
	switch {
	case in.Nodes == 0:
		what = "is silent"
	case in.Components != 1:
		what = "is NOT one mesh"
	case !in.Symmetric:
		what = "is one mesh, but for links of one side only"
	}
	components := plural(in.Components, "component")
	if in.Components > 1 {
		components += " (" + in.sizes() + ")"
	}
	return fmt.Sprintf("cluster %s %s: %s, %s, %s", in.Cluster, what,
		plural(in.Nodes, "node"), components, plural(in.Edges, "pair"))
}

// table lists the nodes. The column of the zone is left out where nobody has one.
func (in *inspection) table() []string {
	id, zone := len("node"), 0
	for i := range in.Members {
		id = max(id, len(in.Members[i].ID))
		if z := len(in.Members[i].Zone); z > 0 {
			zone = max(zone, z, len("zone"))
		}
	}
	row := func(m [8]string) string {
		line := fmt.Sprintf("%-*s  ", id, m[0])
		if zone > 0 {
			line += fmt.Sprintf("%-*s  ", zone, m[1])
		}
		line += fmt.Sprintf("%-8s  %8s  %5s  %4s  %-21s  %s", m[2], m[3], m[4], m[5], m[6], m[7])
		return strings.TrimRight(line, " ")
	}
	lines := make([]string, 0, 1+len(in.Members))
	lines = append(lines, row([8]string{"node", "zone", "version", "age", "spare", "lost", "address", "neighbors"}))
	for i := range in.Members {
		m := &in.Members[i]
		lines = append(lines, row([8]string{
			m.ID, m.Zone, m.Version, short(time.Duration(m.AgeSeconds * float64(time.Second))),
			fmt.Sprint(m.Passive), fmt.Sprint(m.Lost), m.Addr, m.neighbors(),
		}))
	}
	return lines
}

// neighbors lists the neighbors, each with its round trip where that is known and its zone
// where that is not the node's own.
func (m *memberInfo) neighbors() string {
	all := make([]string, 0, len(m.Links))
	for _, l := range m.Links {
		var more []string
		if l.Zone != m.Zone && l.Zone != "" {
			more = append(more, l.Zone)
		}
		if l.RTT > 0 {
			more = append(more, strings.ReplaceAll(ms(l.RTT), " ", ""))
		}
		text := l.ID
		if len(more) > 0 {
			text += "(" + strings.Join(more, " ") + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// bar draws a share of the whole.
func bar(n, whole int) string {
	const width = 40
	return strings.Repeat("#", max(n*width/max(whole, 1), 1))
}
