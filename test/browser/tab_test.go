// A tab of the browser, with what one does in it, and what must never happen in it.

package browser_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browserContext is that of the one browser of all tests.
var browserContext context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	path, err := findBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the browser refuses to run as root with it
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s does not start: %v\n", path, err)
		return 1
	}
	browserContext = ctx
	defer func() {
		if path, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}()
	return m.Run()
}

// findBrowser looks for a browser of the Chromium family.
func findBrowser() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser: want one of %s in PATH; on Debian: apt-get install chromium", strings.Join(names, ", "))
}

// tab is a page that is open.
type tab struct {
	*testing.T

	ctx  context.Context
	mu   sync.Mutex
	host string
	// expected tells of a complaint of the browser whether it belongs to the test.
	expected func(complaint string) bool
	faults   []string
}

// open opens a page in a tab of its own. When the test ends, the page must have complained of
// nothing and have asked nobody but its server.
func open(t *testing.T, address string, width, height int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browserContext, chromedp.WithNewBrowserContext())
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{T: t, ctx: ctx, host: at.Host, expected: func(string) bool { return false }}
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.faults {
			t.Errorf("the page: %s", f)
		}
	})
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	p.must(err)
	_, err = chromedp.Call(ctx, log.Enable, struct{}{})
	p.must(err)
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	return p
}

// hear notes what must not happen.
func (p *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		p.fault("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			p.fault(fmt.Sprintf("console: %v", e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			p.fault(fmt.Sprintf("log: %s %s", e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		to, err := url.Parse(e.Request.URL)
		if err != nil || (to.Host != p.host && to.Scheme != "data" && to.Scheme != "blob") {
			p.fault("request to another host: " + e.Request.URL)
		}
	}
}

func (p *tab) fault(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.expected(text) {
		p.faults = append(p.faults, text)
	}
}

// expect says which complaints belong to the test from now on.
func (p *tab) expect(f func(complaint string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = f
}

func (p *tab) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// do carries out actions one after the other.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	p.must(chromedp.Do(ctx, actions...))
}

// on returns the tab for a part of the test.
func (p *tab) on(t *testing.T) *tab {
	return &tab{T: t, ctx: p.ctx, host: p.host}
}

// eval returns the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression is true in the page.
func (p *tab) wait(what, expression string) {
	p.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void]("Boolean("+expression+")",
		chromedp.WithPollingTimeout(patience), chromedp.WithPollingInterval(pollEvery)))
	if err == nil {
		return
	}
	shown, seen := chromedp.Run(p.ctx, chromedp.Evaluate[string](whatIsShown))
	p.Fatalf("%s: %v\n%s", what, errors.Join(err, seen), shown)
}

// whatIsShown is what somebody who looks into a failure wants to know.
const whatIsShown = `JSON.stringify({
	status: document.querySelector("#status-text")?.textContent, banner: document.querySelector("#banner")?.textContent,
	toast: document.querySelector("#toast")?.textContent, mode: document.documentElement.dataset.mode,
	tiles: document.querySelector(".tiles")?.innerText.replace(/\n+/g, " "),
	rows: [...document.querySelectorAll("tr[data-node]")].slice(0, 60).map((r) => r.dataset.node + ":" + r.dataset.state + ":" + r.dataset.degree).join(" "),
	events: document.querySelector("#event-list")?.innerText.slice(0, 1500),
}, null, 1)`

// click clicks the element as a hand would.
func (p *tab) click(selector string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// press presses keys, wherever the focus is. A key whose press is taken writes nothing, as it is with a hand.
func (p *tab) press(keys string) {
	p.Helper()
	for _, r := range keys {
		k := kb.Keys[r]
		event := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code,
			WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native,
		}
		if k.Print {
			event.Text = k.Text
		}
		_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, event)
		p.must(err)
		event.Type, event.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err = chromedp.Call(p.ctx, input.DispatchKeyEvent, event)
		p.must(err)
	}
}

// waitRows waits until so many rows of the table have that state.
func (p *tab) waitRows(state string, n int) {
	p.Helper()
	p.wait(fmt.Sprintf("%d rows that are %s", n, state), fmt.Sprintf(`document.querySelectorAll('tr[data-node][data-state="%s"]').length === %d`, state, n))
}

// waitWhole waits until the mesh is one, and every node that is up has several neighbors that know it.
func (p *tab) waitWhole() {
	p.Helper()
	p.wait("one component", `document.querySelector("#tile-components b").textContent === "1"`)
	p.wait("several neighbors for each, on both sides", `
		[...document.querySelectorAll('tr[data-state="up"]')].every((r) => Number(r.dataset.degree) >= 3) &&
		document.querySelector("#tile-pairs span").textContent === "all two-sided"`)
}
