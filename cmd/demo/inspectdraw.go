// An inspection as a picture: for Graphviz, and as SVG.

package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"slices"

	"github.com/kithmesh/kith/cmd/demo/chart"
)

// The size of a picture of the mesh, and the colors besides those of the zones.
const (
	meshSide, meshMargin = 800, 60
	oddInk               = "#d00000"
	plainLink            = "#b0b0b0"
)

// drawing is what a picture shows: the nodes that answered, then those that did not.
type drawing struct {
	nodes []memberInfo
	links []pair // each once; From is a member, To does not have it where it is dashed
	odd   map[string][]string
	zones []string
	at    map[string]int
}

func (in *inspection) drawing() *drawing {
	d := &drawing{nodes: slices.Clone(in.Members), links: in.pairs(), odd: make(map[string][]string), at: make(map[string]int)}
	for _, id := range in.Silent {
		d.nodes = append(d.nodes, memberInfo{ID: id})
	}
	for i := range d.nodes {
		d.at[d.nodes[i].ID] = i
		if z := d.nodes[i].Zone; z != "" && !slices.Contains(d.zones, z) {
			d.zones = append(d.zones, z)
		}
	}
	slices.Sort(d.zones)
	for _, f := range in.Odd {
		d.odd[f.Node] = append(d.odd[f.Node], f.Text)
	}
	return d
}

// fill is the color of a node's zone.
func (d *drawing) fill(m *memberInfo) string {
	return chart.Color(max(slices.Index(d.zones, m.Zone), 0))
}

// oneSidedLink reports whether one side only has the link.
func (in *inspection) oneSidedLink(p pair) bool {
	return slices.Contains(in.Asymmetric, p) || slices.Contains(in.Asymmetric, pair{p.To, p.From})
}

// writeDOT writes the mesh in the language of Graphviz. IDs are subject tokens, which need no
// escaping between quotes.
func (in *inspection) writeDOT(w io.Writer) error {
	d := in.drawing()
	var b bytes.Buffer
	fmt.Fprintf(&b, "graph %q {\n\tlayout=neato; overlap=false; node [shape=circle, style=filled, fontcolor=white];\n", in.Cluster)
	for i := range d.nodes {
		m := &d.nodes[i]
		fmt.Fprintf(&b, "\t%q [fillcolor=%q", m.ID, d.fill(m))
		if len(d.odd[m.ID]) > 0 {
			fmt.Fprintf(&b, ", color=%q, penwidth=4", oddInk)
		}
		b.WriteString("];\n")
	}
	for _, p := range d.links {
		fmt.Fprintf(&b, "\t%q -- %q", p.From, p.To)
		if in.oneSidedLink(p) {
			fmt.Fprintf(&b, " [style=dashed, color=%q]", oddInk)
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// svg draws the mesh, always the same for the same inspection.
func (in *inspection) svg() []byte {
	d := in.drawing()
	numbers := make([][2]int, 0, len(d.links))
	for _, p := range d.links {
		numbers = append(numbers, [2]int{d.at[p.From], d.at[p.To]})
	}
	spots := layout(len(d.nodes), numbers)
	place := func(i int) (x, y float64) {
		const inner = meshSide - 2*meshMargin
		return meshMargin + inner*spots[i].x, meshMargin + inner*spots[i].y
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" font-family="sans-serif" font-size="12">`+"\n", meshSide)
	fmt.Fprintf(&b, `<rect width="%[1]d" height="%[1]d" fill="#ffffff"/>`+"\n", meshSide)
	fmt.Fprintf(&b, `<text x="12" y="22" font-size="14">%s</text>`+"\n", in.verdict())
	for i, p := range numbers {
		x1, y1 := place(p[0])
		x2, y2 := place(p[1])
		look := `stroke="` + plainLink + `"`
		if in.oneSidedLink(d.links[i]) {
			look = `stroke="` + oddInk + `" stroke-dasharray="6 4"`
		}
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>`+"\n", x1, y1, x2, y2, look)
	}
	for i := range d.nodes {
		x, y := place(i)
		d.drawNode(&b, &d.nodes[i], x, y)
	}
	d.drawLegend(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// drawNode draws a disk with a name, and what is odd about it as its title.
func (d *drawing) drawNode(b *bytes.Buffer, m *memberInfo, x, y float64) {
	radius := 9.0
	if len(d.nodes) > 100 {
		radius = 4
	}
	ring := ""
	if len(d.odd[m.ID]) > 0 {
		ring = fmt.Sprintf(` stroke="%s" stroke-width="3"`, oddInk)
	}
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.0f" fill="%s"%s><title>%s`, x, y, radius, d.fill(m), ring, m.ID)
	for _, text := range d.odd[m.ID] {
		fmt.Fprintf(b, "; %s", html.EscapeString(text))
	}
	b.WriteString("</title></circle>\n")
	if len(d.nodes) <= 100 {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, y-radius-4, m.ID)
	}
}

// drawLegend says which color is which zone.
func (d *drawing) drawLegend(b *bytes.Buffer) {
	const row = 16
	for i, zone := range d.zones {
		y := meshSide - row*(len(d.zones)-i)
		fmt.Fprintf(b, `<circle cx="18" cy="%d" r="5" fill="%s"/><text x="30" y="%d">%s</text>`+"\n",
			y, chart.Color(i), y+4, html.EscapeString(zone))
	}
}
