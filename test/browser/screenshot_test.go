// The pictures of the README: run with -screenshot.

package browser_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var screenshot = flag.Bool("screenshot", false, "draw docs/dashboard.png and docs/dashboard-dark.png anew")

// mostBytes is how large such a picture may be in the repository.
const mostBytes = 300 << 10

// TestScreenshot looks at 24 nodes, some of which were killed, with a message half way.
func TestScreenshot(t *testing.T) {
	if !*screenshot {
		t.Skip("it draws the pictures of the README anew; run it with -screenshot (make screenshot)")
	}
	d := startDemo(t, "cluster", "--nodes", "24", "--for", "1h")
	p := open(t, d.url, 1280, 800)
	p.waitRows("up", 24)
	p.waitWhole()
	for i, id := range []string{"n07", "n16"} {
		p.click(`tr[data-node="` + id + `"] .node-name`)
		p.wait("the target", `document.querySelector("#target").textContent === "`+id+`"`)
		p.click(`[data-do="kill"]`)
		p.waitRows("killed", i+1)
		p.press("\x1b")
		p.waitWhole()
	}
	// Some time, so that the charts have something to tell.
	p.wait("half a minute", `parseFloat(document.querySelector("#moment").textContent.split(":")[1]) > 25`)
	p.picture("light", "dashboard.png")
	p.picture("dark", "dashboard-dark.png")
}

// picture publishes a message and saves what is seen when it is half way.
func (p *tab) picture(theme, name string) {
	p.Helper()
	p.media("prefers-color-scheme", theme)
	p.wait("no message on its way", `document.querySelector("#wave").hidden`)
	p.click(`[data-do="publish"]`)
	eval[any](p, `(() => { document.activeElement.blur(); scrollTo(0, 0); document.querySelector("#toast").classList.add("hidden"); })()`)
	p.wait("half way", `!document.querySelector("#wave").hidden && document.querySelector("#wave").dataset.progress > 0.6 && document.querySelector("#wave").dataset.progress < 0.8`)
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.must(err)
	small, err := reduce(shot)
	p.must(err)
	if len(small) > mostBytes {
		p.Errorf("%s has %d bytes, want at most %d", name, len(small), mostBytes)
	}
	p.must(os.WriteFile(filepath.Join("..", "..", "docs", name), small, 0o644)) //nolint:gosec // a file of the repository
	p.Logf("%s: %d bytes", name, len(small))
}

// reduce writes a picture with the 256 colors that are most of it.
func reduce(shot []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	small := image.NewPaletted(full.Bounds(), mostUsed(full))
	draw.Draw(small, small.Bounds(), full, full.Bounds().Min, draw.Src)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(&out, small)
	return out.Bytes(), err
}

// mostUsed returns the colors of a picture that are used most, of those that differ enough to be seen.
func mostUsed(picture image.Image) color.Palette {
	const step = 12 // of a channel
	type bucket struct{ r, g, b uint8 }
	counts, shades := map[bucket]int{}, map[bucket]map[color.NRGBA]int{}
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c, ok := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			if !ok {
				continue // cannot be: the model makes nothing else
			}
			b := bucket{c.R / step, c.G / step, c.B / step}
			if counts[b]++; shades[b] == nil {
				shades[b] = map[color.NRGBA]int{}
			}
			shades[b][c]++
		}
	}
	buckets := sortedBy(counts)
	palette := make(color.Palette, 0, 256)
	for _, b := range buckets[:min(len(buckets), 256)] {
		palette = append(palette, sortedBy(shades[b])[0])
	}
	return palette
}
