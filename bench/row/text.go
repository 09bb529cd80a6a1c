// The rows as a table for a terminal.

package row

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report as a table, one line a row, and the notes below it.
func (r *Report) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s: median of the rounds, %d of them [least to most]; others kept %.2f processors busy\n\n",
		r.Command, r.Rounds, r.Foreign); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "nodes\tbytes\tform\tmeasure\tKith\tversus\t\tratio\tgoal")
	for i := range r.Rows {
		row := &r.Rows[i]
		_, _ = fmt.Fprintln(t, strings.Join([]string{
			Count(row.Nodes), Count(row.Bytes), row.Form, row.Title(), row.Kith.Text(), row.Versus,
			row.Peer.Text(), row.Ratio.Text(), row.Verdict(),
		}, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, remark := range Remarks(r.Rows) {
		_, _ = fmt.Fprintf(w, "- %s\n", remark)
	}
	return nil
}

// Remarks are the notes of the rows and what went wrong with them, each once, after what it is about.
func Remarks(rows []Row) []string {
	var texts []string
	about := make(map[string][]string)
	for i := range rows {
		text := strings.Join(strings.Fields(rows[i].Note+" "+rows[i].Fault), " ")
		if text == "" {
			continue
		}
		if about[text] == nil {
			texts = append(texts, text)
		}
		about[text] = append(about[text], rows[i].Subject())
	}
	for i, text := range texts {
		subject := about[text][0]
		if more := len(about[text]) - 1; more > 0 {
			subject += fmt.Sprintf(", and %d more", more)
		}
		texts[i] = subject + ": " + text
	}
	return texts
}

// Title is what was measured, with its unit.
func (r *Row) Title() string {
	if r.Unit == "" {
		return r.Measure
	}
	return r.Measure + ", " + r.Unit
}

// Subject is what the row is about, in words.
func (r *Row) Subject() string {
	words := []string{r.Measure}
	if r.Nodes > 0 {
		words = append(words, Count(r.Nodes)+" nodes")
	}
	if r.Bytes > 0 {
		words = append(words, Count(r.Bytes)+" bytes")
	}
	if r.Form != "" {
		words = append(words, r.Form)
	}
	return strings.Join(words, ", ")
}

// Verdict says what the goal is and whether it is met. It is empty without a goal.
func (r *Row) Verdict() string {
	if r.Goal == nil {
		if r.Fault != "" {
			return "FAILED"
		}
		return ""
	}
	switch goal := r.Goal.String(); {
	case r.Fault != "":
		return goal + ": FAILED"
	case r.Met():
		return goal + ": met"
	case r.Open():
		return goal + ": open"
	default:
		return goal + ": MISSED"
	}
}

// String says what is wanted.
func (g *Goal) String() string {
	var bounds []string
	if g.Least != nil {
		bounds = append(bounds, "≥ "+short(*g.Least))
	}
	if g.Most != nil {
		bounds = append(bounds, "≤ "+short(*g.Most))
	}
	text := strings.Join(bounds, ", ")
	if g.Own {
		return "own " + text
	}
	return text
}

// Text shows the median and, when there is one, the spread. It is empty where nothing was
// measured.
func (f Figure) Text() string {
	switch {
	case f.Rounds == 0:
		return ""
	case f.Min == f.Max:
		return short(f.Median)
	default:
		return fmt.Sprintf("%s [%s to %s]", short(f.Median), short(f.Min), short(f.Max))
	}
}

// short writes a number with three digits, or all of a whole number.
func short(x float64) string {
	switch {
	case x >= 100 || x <= -100:
		return thousands(strconv.FormatFloat(x, 'f', 0, 64))
	case x == float64(int(x)):
		return strconv.Itoa(int(x))
	default:
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
}

// thousands puts commas into a whole number.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count writes a number of nodes or of bytes; 0 is nothing.
func Count(n int) string {
	if n == 0 {
		return ""
	}
	return thousands(strconv.Itoa(n))
}
