// The table, as text and as Markdown.

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kithmesh/kith/bench/row"
)

// columns are those of both.
var columns = []string{"what", "nodes", "bytes", "form", "Kith", "versus", "there", "ratio", "goal"}

func cells(r *row.Row) []string {
	return []string{
		r.Title(), row.Count(r.Nodes), row.Count(r.Bytes), r.Form, r.Kith.Text(), r.Versus, r.Peer.Text(), r.Ratio.Text(), r.Verdict(),
	}
}

// groups are the parts of the table in the order in which they came.
func groups(rows []row.Row) []string {
	var names []string
	for i := range rows {
		if !slices.Contains(names, rows[i].Group) {
			names = append(names, rows[i].Group)
		}
	}
	return names
}

func of(rows []row.Row, group string) (some []*row.Row) {
	for i := range rows {
		if rows[i].Group == group {
			some = append(some, &rows[i])
		}
	}
	return some
}

// verdict is how the goals stand.
type verdict struct {
	goals, met           int
	missed, open, failed []*row.Row
}

// judge counts the goals, and lists the rows that miss theirs, those that cannot be judged and those
// that failed.
func judge(rows []row.Row) (v verdict) {
	for i := range rows {
		r := &rows[i]
		if r.Goal != nil {
			v.goals++
		}
		switch {
		case r.Fault != "":
			v.failed = append(v.failed, r)
		case r.Met():
			v.met++
		case r.Open():
			v.open = append(v.open, r)
		case r.Goal != nil:
			v.missed = append(v.missed, r)
		}
	}
	return v
}

// writeText writes the table for a terminal.
func (s *session) writeText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, group := range groups(s.Rows) {
		_, _ = fmt.Fprintf(t, "\n%s\n%s\n", strings.ToUpper(group), strings.Join(columns, "\t"))
		for _, r := range of(s.Rows, group) {
			_, _ = fmt.Fprintln(t, strings.Join(cells(r), "\t"))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	v := judge(s.Rows)
	_, err := fmt.Fprintf(w, "\n%d of %d goals met, %d missed, %d open, %d rows failed, in %v\n",
		v.met, v.goals, len(v.missed), len(v.open), len(v.failed), s.Took.Round(time.Second))
	return err
}

// page is Markdown in the making.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { _, _ = fmt.Fprintf(p, format+"\n", args...) }

// table writes rows as a table.
func (p *page) table(rows []*row.Row) {
	p.line("| %s |", strings.Join(columns, " | "))
	p.line("|%s", strings.Repeat("---|", len(columns)))
	for _, r := range rows {
		line := cells(r)
		for i := range line {
			line[i] = escape(line[i])
		}
		p.line("| %s |", strings.Join(line, " | "))
	}
	p.line("")
}

// escape keeps text within a cell.
func escape(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "|", `\|`)), " ")
}

// writeMarkdown writes the results, with the charts of each group below its table.
func (s *session) writeMarkdown(w io.Writer, charts map[string][]string) error {
	var p page
	s.head(&p)
	s.verdict(&p)
	for _, group := range groups(s.Rows) {
		p.line("## %s\n", group)
		rows := of(s.Rows, group)
		p.table(rows)
		p.remarks(rows)
		for _, file := range charts[group] {
			p.line("![%s](charts/%s)\n", strings.TrimSuffix(file, ".svg"), file)
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(p.String(), "\n")+"\n")
	return err
}

// head says where the figures come from.
func (s *session) head(p *page) {
	m := s.Machine
	p.line("# Results\n")
	p.line("Written by `make bench`; [README.md](README.md) says what each row means and how it is measured. Figures are medians of rounds [least to most];")
	p.line("ratios are Kith's figure by the other's, taken within each round.\n")
	if s.Quick {
		p.line("**A quick run**, to see that everything works: its figures say little.\n")
	}
	p.line("- machine: %s, %d processors, %.0f GiB, Linux %s", m.Processor, m.Processors, m.MemoryGiB, m.Kernel)
	versions := []string{m.Go}
	for _, module := range slices.Sorted(maps.Keys(s.Versions)) {
		versions = append(versions, module+" "+s.Versions[module])
	}
	p.line("- versions: %s", strings.Join(versions, ", "))
	p.line("- date: %s, took %v", s.Began.UTC().Format("2006-01-02 15:04 UTC"), s.Took.Round(time.Second))
	p.line("- commands, how long each took, and how many processors others kept busy meanwhile:\n")
	p.line("| command | took | others |\n|---|---|---|")
	for _, c := range s.Commands {
		p.line("| `%s` | %v | %.2f |", c.line, c.took.Round(time.Second), c.foreign)
	}
	p.line("")
}

// verdict lists what was missed before everything else.
func (s *session) verdict(p *page) {
	v := judge(s.Rows)
	p.line("## Goals\n")
	p.line("%d of %d met.\n", v.met, v.goals)
	if len(v.missed) > 0 {
		p.line("Missed:\n")
		p.table(v.missed)
	}
	if len(v.open) > 0 {
		p.line("Open, as the other side has no figure:\n")
		p.table(v.open)
	}
	if len(v.failed) > 0 {
		p.line("Failed:\n")
		for _, r := range v.failed {
			p.line("- %s: %s", r.Subject(), escape(r.Fault))
		}
		p.line("")
	}
}

// remarks lists notes, each once for the rows that share it.
func (p *page) remarks(rows []*row.Row) {
	var order []string
	about := make(map[string][]string)
	for _, r := range rows {
		note := escape(r.Note)
		if note == "" {
			continue
		}
		if about[note] == nil {
			order = append(order, note)
		}
		about[note] = append(about[note], r.Subject())
	}
	for _, note := range order {
		subjects := about[note]
		const most = 3
		if more := len(subjects) - most; more > 0 {
			subjects = append(subjects[:most:most], fmt.Sprintf("and %d more", more))
		}
		p.line("- %s: %s", strings.Join(subjects, "; "), note)
	}
	if len(order) > 0 {
		p.line("")
	}
}
