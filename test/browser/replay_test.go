// Traces: one that is played from a file, by the server and by the page alone, and a large one.

package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/kithmesh/kith/test/browser/made"
)

// frameTime is what a picture of 300 nodes may take on a normal machine, so that 60 fit in a second.
// What it takes here is logged: this machine may have much else to do, and no graphics processor.
const frameTime = 16.0

func TestRecordAndReplay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace.jsonl")
	d := startDemo(t, "cluster", "--nodes", "8", "--for", "1h", "--record", file)
	p := open(t, d.url, 1280, 800)
	p.waitRows("up", 8)
	p.waitWhole()
	p.wait("the controls", `!document.querySelector("#controls").hidden`)
	p.press("k")
	p.waitRows("killed", 1)
	p.waitWhole()
	p.expect(isLost)
	d.stop()
	p.wait("the end is told", `["ended", "lost"].includes(document.querySelector("#status").dataset.status)`)

	p = open(t, startDemo(t, "watch", "--replay", file).url, 1280, 800)
	p.wait("the trace", `document.querySelector("#status").dataset.status === "file"`)
	p.wait("no controls", `document.querySelector("#controls").hidden`)
	p.waitRows("killed", 1)
	p.waitWhole()
}

// TestLarge plays a trace of 300 nodes in three zones.
func TestLarge(t *testing.T) {
	p := open(t, startDemo(t, "watch", "--replay", write(t, made.Trace(300, 20, 3, 7))).url, 1280, 800)
	p.waitRows("up", 298)
	p.wait("three zones", `document.querySelectorAll("#zones li").length === 3`)
	p.wait("frames", `Number(document.querySelector("#graph").dataset.frames) > 30`)
	ms := eval[string](p, `document.querySelector("#graph").dataset.frameMs`)
	t.Logf("300 nodes, a wave under way: %s ms a frame of %.0f; drawn by the processor", ms, frameTime)
	p.click("#play")
	p.wait("a pause", `document.documentElement.dataset.mode === "held"`)
}

// TestOpenFile opens files in the page of a cluster that lives.
func TestOpenFile(t *testing.T) {
	p := open(t, startDemo(t, "cluster", "--nodes", "4", "--links", "none", "--for", "1h").url, 1000, 700)
	p.waitRows("up", 4)
	p.upload(write(t, []byte("this is no trace\n")))
	p.wait("what is wrong with it", `/Line 1: not JSON/.test(document.querySelector("#banner").textContent)`)
	p.upload(write(t, []byte(strings.Replace(string(made.Trace(3, 1, 0, 1)), `"version":1`, `"version":99`, 1))))
	p.wait("that it is too new", `/version 99, this page knows 1/.test(document.querySelector("#banner").textContent)`)
	p.upload(write(t, hostile()))
	p.wait("the trace", `document.querySelectorAll("tr[data-node]").length === 2`)
	p.wait("the message of so many hops", `/1000000000000000 hops/.test(document.querySelector("#wave-head").textContent)`)
	p.wait("an odd state", `document.querySelector('tr[data-node="b"]').dataset.state === "constructor"`)
	if n := eval[int](p, `document.querySelectorAll("b[onclick], td img, li img").length`); n != 0 {
		t.Errorf("%d elements come from a trace", n)
	}
	eval[any](p, `(() => { const s = document.querySelector("#speed"); s.value = "16"; s.dispatchEvent(new Event("change")); })()`)
	p.upload(write(t, made.Trace(24, 30, 0, 3)))
	p.wait("the end", `document.documentElement.dataset.mode === "held" && document.querySelectorAll('tr[data-state="killed"]').length > 5`)
	p.click("#back")
	p.waitRows("up", 4)
}

// hostile returns a trace that is well formed and whose names are not.
func hostile() []byte {
	const id = `"<img src=x onerror=alert(1)><b onclick=x>"`
	return fmt.Appendf(nil, `{"seq":0,"t":0,"kind":"hello","version":1,"cluster":%[1]s}
{"seq":1,"t":0,"kind":"picture","picture":{"nodes":[{"id":%[1]s,"state":"__proto__","about":{"zone":%[1]s},"edges":[{"peer":"b","link":"odd","eager":true}]},{"id":"b","state":"up"}]}}
{"seq":2,"t":1,"kind":"constructor","node":"b"}
{"seq":3,"t":2,"kind":"sample","figures":{"degrees":"none","components":"x","kith":7}}
{"seq":4,"t":3,"kind":"node","node":"b","state":"up","about":{"zone":7}}
{"seq":5,"t":4,"kind":"action","action":%[1]s,"nodes":["b"]}
{"seq":6,"t":5,"kind":"wave","node":"b","message":"m"}
{"seq":7,"t":6,"kind":"hop","node":%[1]s,"message":"m","ms":1,"hops":1e15}
{"seq":8,"t":7,"kind":"reached","node":"b","message":"m","count":2,"of":2,"ms":1,"hops":1e15}
{"seq":9,"t":8,"kind":"node","node":"b","state":"constructor"}
{"seq":10,"t":9,"kind":"down","node":"nobody","peer":"b"}
`, id)
}

func (p *tab) upload(file string) {
	p.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}, chromedp.NodeReady))
}

// write writes a trace into a file of its own.
func write(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.jsonl")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
