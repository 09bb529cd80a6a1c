// The elements of a picture, as SVG.

package chart

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
)

// spot is a place in a picture, in points from its upper left corner.
type spot struct{ x, y float64 }

// picture is an SVG document that is being written.
type picture struct{ b bytes.Buffer }

// newPicture begins a document of that many points, on a white ground.
func newPicture(width, height float64) *picture {
	p := &picture{}
	w, h := coordinate(width), coordinate(height)
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s" font-family="%s">`+"\n", w, h, w, h, typeface)
	fmt.Fprintf(&p.b, `<rect width="%s" height="%s" fill="%s"/>`+"\n", w, h, groundColor)
	return p
}

// bytes ends the document and returns it.
func (p *picture) bytes() []byte {
	p.b.WriteString("</svg>\n")
	return p.b.Bytes()
}

// coordinate shows a number of points, to a hundredth.
func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// line draws from point to point. The look is attributes of SVG.
func (p *picture) line(look string, points ...spot) { p.path(look+` fill="none"`, points, "") }

// area fills what is within the points.
func (p *picture) area(look string, points ...spot) { p.path(look, points, "Z") }

func (p *picture) path(look string, points []spot, end string) {
	if len(points) == 0 {
		return
	}
	p.b.WriteString(`<path d="`)
	for i, at := range points {
		p.b.WriteByte("ML"[min(i, 1)])
		p.b.WriteString(coordinate(at.x) + " " + coordinate(at.y))
	}
	fmt.Fprintf(&p.b, `%s" %s/>`+"\n", end, look)
}

func (p *picture) circle(look string, at spot, radius float64) {
	fmt.Fprintf(&p.b, `<circle cx="%s" cy="%s" r="%s" %s/>`+"\n", coordinate(at.x), coordinate(at.y), coordinate(radius), look)
}

// The places of a text beside the spot at which it is.
const (
	begins = "start"
	middle = "middle"
	ends   = "end"
)

// text writes a line whose baseline is at the spot, where it begins, ends, or has its middle.
func (p *picture) text(s string, at spot, anchor string, size float64) {
	p.textWith("", s, at, anchor, size)
}

// upright writes a line from below to above.
func (p *picture) upright(s string, at spot, size float64) {
	p.textWith(fmt.Sprintf(` transform="rotate(-90 %s %s)"`, coordinate(at.x), coordinate(at.y)), s, at, middle, size)
}

func (p *picture) textWith(more, s string, at spot, anchor string, size float64) {
	if s == "" {
		return
	}
	fmt.Fprintf(&p.b, `<text x="%s" y="%s" text-anchor="%s" font-size="%g" fill="%s"%s>%s</text>`+"\n",
		coordinate(at.x), coordinate(at.y), anchor, size, inkColor, more, html.EscapeString(s))
}

// textWidth is about how wide a text is, rather too wide than too narrow: which font it is shown in
// is not known here.
func textWidth(s string, size float64) float64 {
	const narrow, usual, wide = 0.34, 0.58, 0.8 // of the size
	sum := 0.0
	for _, r := range s {
		switch {
		case r == ' ' || r >= '!' && r <= '/' && r != '%' && r != '&' || r == 'i' || r == 'j' || r == 'l' || r == 'f' || r == 't' || r == 'r' || r == 'I':
			sum += narrow
		case r >= 'A' && r <= 'Z' || r == 'm' || r == 'w' || r == '%' || r == '&' || r == '@':
			sum += wide
		default:
			sum += usual
		}
	}
	return sum * size
}
