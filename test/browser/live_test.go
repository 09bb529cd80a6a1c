// The page of a cluster that lives: what it shows, and what its buttons do.

package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	nodes     = 12
	pollEvery = 50 * time.Millisecond
)

// upPixels counts what is drawn in the color of a node that is up, and notes a place well inside of one.
const upPixels = `(() => {
	const canvas = document.querySelector("#graph"), probe = document.body.appendChild(document.createElement("i"));
	probe.style.color = "var(--up)";
	const want = getComputedStyle(probe).color.match(/\d+/g).map(Number);
	probe.remove();
	const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
	copy.drawImage(canvas, 0, 0);
	const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
	const up = (i) => data[i + 3] === 255 && want.every((c, j) => Math.abs(c - data[i + j]) < 6);
	window.inside = undefined;
	let n = 0;
	for (let i = 0; i < data.length; i += 4) {
		if (!up(i)) continue;
		n++;
		const x = (i / 4) % canvas.width, y = Math.floor(i / 4 / canvas.width), row = 4 * canvas.width;
		if ([4 * -5, 4 * 5, row * -5, row * 5].every((d) => up(i + d))) window.inside = [x, y];
	}
	return n;
})()`

func TestLive(t *testing.T) {
	d := startDemo(t, "cluster", "--nodes", fmt.Sprint(nodes), "--for", "1h")
	p := open(t, d.url, 1280, 800)
	first := func(t *testing.T) { testDraws(p.on(t)) }
	if !t.Run("draws", first) {
		t.FailNow() // there is nothing to see
	}
	for _, part := range []struct {
		name string
		test func(*tab)
	}{
		{"inspects a node", testInspects},
		{"kills", testKills},
		{"goes back in time", testGoesBack},
		{"cuts and heals", testCuts},
		{"adds", testAdds},
		{"sends a message", testWave},
		{"searches and sorts", testSearches},
		{"obeys keys", testKeys},
		{"can be heard", testAccessible},
		{"light and dark", testThemes},
		{"keeps still", testStill},
		{"saves the trace", testSaves},
		{"fits a small screen", testSmall},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(p.on(t)) })
	}
}

func testDraws(p *tab) {
	p.wait("the live mesh", `document.querySelector("#status").dataset.status === "live"`)
	p.waitRows("up", nodes)
	p.waitWhole()
	p.wait("all nodes drawn", fmt.Sprintf("%s > %d", upPixels, nodes*60))
	p.wait("the NATS links", `Number(document.querySelector("#tile-links b").textContent) > 0`)
	p.wait("the comparison", fmt.Sprintf(`document.querySelector("#cost-connections td:last-child b").textContent !== "–" && %d > 0`, nodes))
	p.wait("the charts", `document.querySelectorAll(".chart canvas").length === 4`)
	if controls := eval[bool](p, `!document.querySelector("#controls").hidden`); !controls {
		p.Error("there are no controls")
	}
}

func testInspects(p *tab) {
	p.click(`tr[data-node="n01"] .node-name`)
	p.wait("the node's own word", `document.querySelector("#inspector h2").textContent === "n01" && /Passive view/.test(document.querySelector("#inspector").textContent)`)
	p.wait("a round trip", `/\d ms/.test(document.querySelector("#inspector .small").textContent)`)
	p.click("#inspector .close")
	p.wait("the panel closed", `document.querySelector("#inspector").hidden`)

	for range 10 { // the picture may move under the pointer
		p.wait("a node in the picture", upPixels+" > 0 && window.inside")
		at := eval[[]float64](p, `(() => { const b = document.querySelector("#graph").getBoundingClientRect(); return [b.left + window.inside[0], b.top + window.inside[1]]; })()`)
		p.do(chromedp.MouseClickXY(at[0], at[1]))
		if eval[bool](p, `!document.querySelector("#inspector").hidden`) {
			break
		}
	}
	p.wait("a node that was clicked", `!document.querySelector("#inspector").hidden && document.querySelector("tr.selected")`)
	p.press(kb.Escape)
	p.wait("the panel closed by a key", `document.querySelector("#inspector").hidden`)
}

func testKills(p *tab) {
	p.click(`tr[data-node="n03"] .node-name`)
	p.wait("the target", `document.querySelector("#target").textContent === "n03"`)
	p.click(`[data-do="kill"]`)
	p.wait("the row that says so", `document.querySelector('tr[data-node="n03"]').dataset.state === "killed"`)
	p.waitRows("up", nodes-1)
	p.waitWhole()
	p.wait("the event", `[...document.querySelectorAll("#event-list li")].some((li) => li.textContent.includes("n03 is killed"))`)
	p.wait("a reader of the screen is told", `document.querySelector("#announce").textContent !== ""`)
	p.click("#inspector .close")
}

// testGoesBack goes to the moment before n03 was killed.
func testGoesBack(p *tab) {
	p.press(" ")
	p.wait("a pause", `document.documentElement.dataset.mode === "held"`)
	p.wait("the event in the list", `[...document.querySelectorAll("#event-list li")].some((li) => li.textContent.includes("n03 is killed"))`)
	eval[any](p, `(() => {
		const button = [...document.querySelectorAll("#event-list button")].find((b) => b.textContent.includes("n03 is killed"));
		button.click();
	})()`)
	p.press(kb.ArrowLeft)
	p.wait("the past", `document.querySelector('tr[data-node="n03"]').dataset.state === "up"`)
	slider := `Number(document.querySelector("#slider").value)`
	before := eval[float64](p, slider)
	p.press(",,,,,,,,")
	p.wait("some events earlier", fmt.Sprintf(`%s < %v`, slider, before))
	eval[any](p, `(() => { const s = document.querySelector("#slider"); s.value = s.max; s.dispatchEvent(new Event("input")); })()`)
	p.wait("the end", `document.querySelector('tr[data-node="n03"]').dataset.state === "killed"`)
	p.press("l" + kb.Escape)
	p.wait("live again", `document.documentElement.dataset.mode === "live"`)
}

func testCuts(p *tab) {
	p.click(`[data-do="cut"]`)
	p.wait("two components", `document.querySelector("#tile-components b").textContent === "2"`)
	p.click(`[data-do="heal"]`)
	p.waitWhole()
}

func testAdds(p *tab) {
	p.click(`[data-do="add"]`)
	p.waitRows("up", nodes-1+10)
	p.waitWhole()
}

func testWave(p *tab) {
	p.click(`[data-do="publish"]`)
	p.wait("the wave on its way", `!document.querySelector("#wave").hidden && /Coverage/.test(document.querySelector("#wave-head").textContent)`)
	p.wait("all reached", `/^Coverage 100 %/.test(document.querySelector("#wave-head").textContent) && document.querySelector("#tile-wave b").textContent === "100 %"`)
	if note := eval[string](p, `document.querySelector("#wave-note").textContent`); !strings.Contains(note, "slowed down") {
		p.Errorf("the note is %q, want it to say that this is slowed down", note)
	}
}

func testSearches(p *tab) {
	p.press("/")
	p.wait("the focus", `document.activeElement.id === "search"`)
	p.press("n01")
	p.wait("the one that fits", `document.querySelectorAll("tr[data-node]").length === 1 && document.querySelector('tr[data-node="n01"]')`)
	p.press(kb.Escape)
	p.wait("all of them", fmt.Sprintf(`document.querySelectorAll("tr[data-node]").length === %d`, nodes+10))
	p.press(kb.Escape)
	p.click(`[data-column="state"] button`)
	p.wait("the killed one first", `document.querySelector("tr[data-node]").dataset.state === "killed"`)
	p.click(`[data-column="id"] button`)
	p.wait("the first one first", `document.querySelector("tr[data-node]").dataset.node === "n00"`)
}

func testKeys(p *tab) {
	p.press("?")
	p.wait("the help", `document.querySelector("#help-dialog").open`)
	p.press(kb.Escape)
	p.wait("the help closed", `!document.querySelector("#help-dialog").open`)
	eval[any](p, `document.activeElement.blur()`)
	before := eval[int](p, `document.querySelectorAll('tr[data-state="killed"]').length`)
	p.press("k")
	p.waitRows("killed", before+1)
	p.press(" ")
	p.wait("a pause", `document.querySelector("#play").textContent === "Play"`)
	p.press(" ")
	p.wait("it goes on", `document.querySelector("#play").textContent === "Pause"`)
	p.press("l")
	p.wait("live", `document.documentElement.dataset.mode === "live"`)
	p.press(kb.Tab)
	p.wait("a focus that is seen", `document.activeElement !== document.body && getComputedStyle(document.activeElement).outlineStyle !== "none"`)
}

// testAccessible wants a name of everything that can be used.
func testAccessible(p *tab) {
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	p.must(err)
	seen := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, name := axText(n.Role), axText(n.Name)
		seen[role]++
		switch role {
		case "button", "link", "slider", "checkbox", "combobox", "searchbox", "img", "image", "meter", "table", "dialog", "region":
			if name == "" {
				p.Errorf("a %s has no name", role)
			}
		}
	}
	for _, role := range []string{"main", "banner", "navigation", "complementary", "table", "slider", "button", "heading", "status"} {
		if seen[role] == 0 {
			p.Errorf("there is no %s among %v", role, seen)
		}
	}
	if text := eval[string](p, `document.querySelector("#graph").getAttribute("aria-label")`); !strings.Contains(text, "one connected mesh") {
		p.Errorf("the picture is said to be %q", text)
	}
}

func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

func testThemes(p *tab) {
	ground := `getComputedStyle(document.body).backgroundColor`
	light := eval[string](p, ground)
	p.media("prefers-color-scheme", "dark")
	p.wait("dark", fmt.Sprintf(`%s !== %q`, ground, light))
	p.wait("nodes in the colors of the dark", upPixels+" > 100")
	p.press("t") // light, whatever the system has
	p.wait("light", fmt.Sprintf(`%s === %q`, ground, light))
	p.press("tt") // as the system
	p.wait("dark again", fmt.Sprintf(`%s !== %q`, ground, light))
	p.media("prefers-color-scheme", "light")
}

// media sets a preference of whoever sits before the screen.
func (p *tab) media(name, value string) {
	p.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: name, Value: value}},
	})
	p.must(err)
}

// testStill wants no motion where somebody does not want any: a message is shown as it ended, at once.
func testStill(p *tab) {
	p.media("prefers-reduced-motion", "reduce")
	p.wait("no message on its way", `document.querySelector("#wave").hidden`)
	eval[any](p, `(() => {
		const wave = document.querySelector("#wave");
		window.least = 1;
		new MutationObserver(() => { if (wave.dataset.progress) window.least = Math.min(window.least, Number(wave.dataset.progress)); }).observe(wave, { attributeFilter: ["data-progress"] });
		delete wave.dataset.progress;
	})()`)
	p.click(`[data-do="publish"]`)
	p.wait("the message", `!document.querySelector("#wave").hidden && document.querySelector("#wave").dataset.progress === "1.00"`)
	if least := eval[float64](p, `window.least`); least < 1 {
		p.Errorf("the message was shown from %v on, want all of it at once", least)
	}
	p.media("prefers-reduced-motion", "no-preference")
}

func testSaves(p *tab) {
	kinds := eval[[]string](p, `(() => {
		const link = document.querySelector("#save"), r = new XMLHttpRequest();
		r.open("GET", link.href, false);
		r.send();
		return [link.download, ...r.responseText.trim().split("\n").slice(0, 2).map((l) => JSON.parse(l).kind)];
	})()`)
	if want := []string{"trace.jsonl", "hello", "picture"}; !slices.Equal(kinds, want) {
		p.Errorf("what is saved begins with %q, want %q", kinds, want)
	}
}

// testSmall wants nothing to stick out to the side, on a telephone and at twice the size on a laptop.
func testSmall(p *tab) {
	for _, width := range []int64{400, 640} {
		p.do(chromedp.EmulateViewport(width, 800))
		p.wait("no more than the width", `document.documentElement.scrollWidth <= innerWidth`)
		p.wait("a picture", `document.querySelector("#graph").clientHeight > 150`)
	}
	p.do(chromedp.EmulateViewport(1280, 800))
}
