// The live table of a cluster, as text: nothing here touches the terminal.

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// frame is what one drawing of the table shows.
type frame struct {
	Elapsed time.Duration
	Phase   string // what the cluster is doing
	Report  report
	Members []member
	Events  []string // the newest last
	Page    string   // where it is, if there is one
}

// member is one node in the table.
type member struct {
	ID        string
	State     memberState
	Neighbors []string
	Spare     int
	Wanted    int // links
	Up        int
}

// memberState says what became of a node.
type memberState uint8

// The states, those of the living first.
const (
	alive     memberState = iota
	restarted             // alive in another life, or again after a pause or a cut
	added                 // alive, since somebody wanted more
	paused                // by hand
	killed
	left
)

// String returns the word for the table.
func (s memberState) String() string {
	switch s {
	case alive:
		return "alive"
	case restarted:
		return "again"
	case added:
		return "added"
	case paused:
		return "paused"
	case killed:
		return "killed"
	case left:
		return "left"
	}
	return "?"
}

// ink colors parts of the table, or does not.
type ink bool

func (i ink) paint(code, s string) string {
	if !i {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (i ink) bold(s string) string { return i.paint("1", s) }
func (i ink) dim(s string) string  { return i.paint("2", s) }

func (i ink) judged(good bool, s string) string {
	if good {
		return i.paint("32", s)
	}
	return i.paint("31", s)
}

// mostEvents is how many events are shown at most, leastEvents how many there is
// always room for.
const (
	mostEvents  = 8
	leastEvents = 3
)

// render draws the frame into at most height lines of at most width characters.
func render(f *frame, width, height int, color ink) []string {
	lines := header(f, width, color)
	const around = 5 // the titles of the two lists, a blank line before each, the footer
	room := max(height-len(lines)-around, 0)
	events := min(len(f.Events), mostEvents, max(leastEvents, room-len(f.Members)))
	lines = append(lines, "")
	lines = append(lines, memberLines(f.Members, width, max(room-events, 1), color)...)
	lines = append(lines, "", color.bold("events"))
	for _, e := range f.Events[len(f.Events)-events:] {
		lines = append(lines, cut(e, width))
	}
	footer := color.dim(cut("Ctrl-C ends the demo, a second one at once", width))
	if len(lines) >= height {
		lines = lines[:max(height-1, 0)]
	}
	return append(lines, footer)
}

// header is the state of the whole cluster, in a few lines.
func header(f *frame, width int, color ink) []string {
	r := &f.Report
	state := "symmetric"
	if !r.Symmetric {
		state = "asymmetric"
	}
	whole := r.Components == 1 && r.Symmetric
	first := fmt.Sprintf("Kith demo  %s  %d of %d nodes alive, ", short(f.Elapsed), r.Alive, r.Nodes)
	overlay := fmt.Sprintf("%s, %s", plural(r.Components, "component"), state)
	lines := []string{
		color.bold(cut(first, width)) + color.judged(whole, cut(overlay, width-len(first))),
		cut(f.Phase, width),
		cut(fmt.Sprintf("neighbors %s  spare peers %s  pairs %d  TCP %d",
			r.Active, r.Passive, r.Edges, r.TCP), width),
	}
	if f.Page != "" {
		lines = append(lines, cut("page "+f.Page, width))
	}
	if r.Links.Mode != linksNone {
		links := fmt.Sprintf("%s: %d of %d up", r.Links.Mode, r.Links.Up, r.Links.Wanted)
		lines = append(lines, "NATS "+color.judged(r.Links.Up == r.Links.Wanted, cut(links, width-5)))
	}
	if r.Repair.Killed > 0 {
		lines = append(lines, cut(fmt.Sprintf("%d killed: noticed p50 %s, p99 %s; neighbors again p50 %s, p99 %s",
			r.Repair.Killed, ms(r.Repair.DetectP50), ms(r.Repair.DetectP99),
			ms(r.Repair.RepairedP50), ms(r.Repair.RepairedP99)), width))
	}
	if b := r.Broadcast; b != nil {
		text := fmt.Sprintf("%d published, %.0f a second to all, %d lost, %d twice; p50 %s, p99 %s",
			b.Published, b.Rate, b.Lost, b.Duplicates, ms(b.LatencyP50), ms(b.LatencyP99))
		const title = "broadcast "
		lines = append(lines, title+color.judged(b.faults() == nil, cut(text, width-len(title))))
	}
	return lines
}

// String shows the range and the mean.
func (s spread) String() string { return fmt.Sprintf("%d to %d (mean %.1f)", s.Min, s.Max, s.Mean) }

// memberLines lists the nodes in at most room lines below a title. Nodes that are
// alive come first, and the last line says how many did not fit.
func memberLines(members []member, width, room int, color ink) []string {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.State, b.State), strings.Compare(a.ID, b.ID))
	})
	id := len("node")
	for i := range sorted {
		id = max(id, utf8.RuneCountInString(sorted[i].ID))
	}
	title := fmt.Sprintf("%-*s  state   links  spare  neighbors", id, "node")
	lines := []string{color.bold(cut(title, width))}
	shown := len(sorted)
	if shown > room {
		shown = max(room-1, 0)
	}
	for i := range shown {
		lines = append(lines, sorted[i].line(id, width, color))
	}
	if rest := len(sorted) - shown; rest > 0 {
		lines = append(lines, color.dim(cut(fmt.Sprintf("and %d more", rest), width)))
	}
	return lines
}

// line is one node.
func (m *member) line(id, width int, color ink) string {
	if m.State >= killed {
		return color.dim(cut(fmt.Sprintf("%-*s  %s", id, m.ID, m.State), width))
	}
	links := "-"
	if m.Wanted > 0 {
		links = fmt.Sprintf("%d/%d", m.Up, m.Wanted)
	}
	text := cut(fmt.Sprintf("%-*s  %-6s  %5s  %5d  %s", id, m.ID, m.State, links, m.Spare,
		strings.Join(m.Neighbors, " ")), width)
	if len(m.Neighbors) == 0 {
		return color.paint("31", text)
	}
	if m.Up < m.Wanted {
		return color.paint("33", text)
	}
	return text
}

// cut shortens text to width characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width <= 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}
