// What the page makes of its server: one that restarts, and one that forbids.

package browser_test

import (
	"strings"
	"testing"
)

// isLost tells a complaint about a server that is not there.
func isLost(complaint string) bool {
	return strings.Contains(complaint, "ERR_CONNECTION_REFUSED") || strings.Contains(complaint, "ERR_INCOMPLETE_CHUNKED_ENCODING") ||
		strings.Contains(complaint, "ERR_CONNECTION_RESET") || strings.Contains(complaint, "ERR_EMPTY_RESPONSE")
}

func TestReconnect(t *testing.T) {
	args := []string{"cluster", "--links", "none", "--for", "1h", "--dashboard", freeAddr(t), "--nodes"}
	d := startDemo(t, append(args, "6")...)
	p := open(t, d.url, 1000, 700)
	p.waitRows("up", 6)
	p.expect(isLost)
	d.stop()
	p.wait("that it is lost", `/^reconnecting, last seen \d+ s ago$/.test(document.querySelector("#status-text").textContent)`)
	p.wait("no controls", `document.querySelector("#controls").hidden`)
	startDemo(t, append(args, "9")...)
	p.waitRows("up", 9)
	p.wait("that it is there", `document.querySelector("#status").dataset.status === "live"`)
	p.wait("its own past", `document.querySelectorAll("tr[data-node]").length === 9`)
}

// TestSignsOfLife wants the page to take a server that has nothing to tell for one that lives.
func TestSignsOfLife(t *testing.T) {
	p := open(t, startDemo(t, "cluster", "--nodes", "3", "--links", "none", "--for", "1h").url, 1000, 700)
	p.waitRows("up", 3)
	eval[any](p, `(async () => {
		const { Stream } = await import("./stream.js");
		const real = window.EventSource;
		window.EventSource = class extends EventTarget { close() {} };
		window.quiet = new Stream({ onEvent() {}, onStatus() {}, onFile() {} });
		window.quiet.open();
		window.EventSource = real;
		window.quiet.source.dispatchEvent(new MessageEvent("here", { data: "{}" }));
	})()`)
	p.wait("that it is heard", `window.quiet?.lastHeard > 0`)
}

// TestPolicy wants the browser to refuse what a name that becomes markup would be used for.
func TestPolicy(t *testing.T) {
	p := open(t, startDemo(t, "cluster", "--nodes", "3", "--links", "none", "--for", "1h").url, 1000, 700)
	p.waitRows("up", 3)
	refused := make(chan struct{}, 8)
	p.expect(func(complaint string) bool {
		if !strings.Contains(complaint, "Content Security Policy") && !strings.Contains(complaint, "Content-Security-Policy") {
			return false
		}
		refused <- struct{}{}
		return true
	})
	eval[any](p, `(() => {
		const script = document.createElement("script");
		script.textContent = "window.broken = true";
		document.body.append(script);
	})()`)
	p.wait("no script in the page runs", `window.broken === undefined`)
	eval[any](p, `(() => { document.body.insertAdjacentHTML("beforeend", "<p id=odd style='color: red'>x</p>"); })()`)
	p.wait("no style in the page counts", `getComputedStyle(document.querySelector("#odd")).color !== "rgb(255, 0, 0)"`)
	for range 2 { // one each
		<-refused
	}
	if header := eval[string](p, `(() => { const r = new XMLHttpRequest(); r.open("GET", location.pathname, false); r.send(); return r.getResponseHeader("Content-Security-Policy"); })()`); !strings.Contains(header, "script-src 'self'") {
		t.Errorf("the policy is %q", header)
	}
}
