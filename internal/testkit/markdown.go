// What a document in Markdown shows: its blocks of code, and what it has between backquotes.

package testkit

import (
	"regexp"
	"strings"
)

// Block is a block of code in a document.
type Block struct {
	// Line is where it begins, from 1.
	Line int
	// Fenced says that it stands between fences and not only indented; Language is the word
	// after the first fence.
	Fenced   bool
	Language string
	// Text is what it has, without fences, and without the indentation of an indented one.
	Text string
}

// indentation is that of a block that is not fenced.
const indentation = "    "

// Blocks returns the blocks of a document. An indented one begins after a blank line.
func Blocks(document string) []Block {
	var all []Block
	var open *Block // its last line has not been seen
	blank := true
	for i, line := range strings.Split(document, "\n") {
		fence, language, _ := strings.Cut(line, "```")
		switch fenced := strings.TrimSpace(fence) == "" && strings.Contains(line, "```"); {
		case fenced && open != nil && open.Fenced:
			open = nil
		case fenced:
			all = append(all, Block{Line: i + 1, Fenced: true, Language: strings.TrimSpace(language)})
			open = &all[len(all)-1]
		case open != nil && open.Fenced:
			open.Text += line + "\n"
		case strings.HasPrefix(line, indentation) && (open != nil || blank) && strings.TrimSpace(line) != "":
			if open == nil {
				all = append(all, Block{Line: i + 1})
				open = &all[len(all)-1]
			}
			open.Text += strings.TrimPrefix(line, indentation) + "\n"
		case strings.TrimSpace(line) != "":
			open = nil
		}
		blank = strings.TrimSpace(line) == ""
	}
	return all
}

// spans is what stands between backquotes in a line.
var spans = regexp.MustCompile("`([^`\n]+)`")

// Spans returns what a document has between backquotes outside its fenced blocks, in order.
func Spans(document string) []string {
	var all []string
	fenced := false
	for line := range strings.Lines(document) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		for _, found := range spans.FindAllStringSubmatch(line, -1) {
			all = append(all, found[1])
		}
	}
	return all
}
