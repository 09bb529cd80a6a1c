// The page of a run and of a mesh elsewhere, and the files that are recorded and played.

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
)

// browser is somebody who looks at a page.
type browser struct {
	t           *testing.T
	base, token string
}

// browse opens the page whose address a command has logged.
func browse(t *testing.T, n *runningNode) *browser {
	t.Helper()
	base, token, found := strings.Cut(n.await(t, "dashboard").URL, "#token=")
	if !found {
		t.Fatal("the address has no token")
	}
	return &browser{t, base, token}
}

func (b *browser) send(method, path, body string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Kith-Token", b.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// do gives an order.
func (b *browser) do(action, body string) {
	b.t.Helper()
	answer := b.send(http.MethodPost, "do/"+action, body)
	if text, err := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK || err != nil {
		b.t.Fatalf("%s %s: %d %s, %v", action, body, answer.StatusCode, text, err)
	}
}

// await follows the events until one of them is as wanted.
func (b *browser) await(what string, is func(*trace.Event, *trace.Scene) bool) {
	b.t.Helper()
	answer := b.send(http.MethodGet, "events", "")
	stop := time.AfterFunc(30*time.Second, func() { _ = answer.Body.Close() })
	defer stop.Stop()
	var scene trace.Scene
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, trace.MaxLine)
	for lines.Scan() {
		data, is1 := strings.CutPrefix(lines.Text(), "data: {\"seq\"")
		if !is1 {
			continue
		}
		e, err := trace.Parse([]byte("{\"seq\"" + data))
		if err != nil {
			b.t.Fatal(err)
		}
		scene.Apply(&e)
		if is(&e, &scene) {
			_ = answer.Body.Close()
			return
		}
	}
	b.t.Fatalf("not told: %s: %v", what, lines.Err())
}

// played returns what a recorded file tells.
func played(t *testing.T, path string) []trace.Event {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out, log bytes.Buffer
	if status := run(t.Context(), []string{"watch", "--replay", path, "--json"}, stdio{out: &out, err: &log, env: vars(nil)}); status != exitFine {
		t.Fatalf("status %d: %s", status, log.String())
	}
	if out.String() != string(file) {
		t.Errorf("played %d bytes, want the %d of the file", out.Len(), len(file))
	}
	var all []trace.Event
	for line := range bytes.Lines(file) {
		e, err := trace.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// Whatever somebody does on the page, the run is judged by what he has left alone.
func TestClusterIsTouchedByHand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	report := ""
	n := startCommand(t, func(_ int, printed string) { report = printed }, "cluster", "--nodes", "6", "--links", "subscriptions",
		"--dashboard", "127.0.0.1:0", "--record", path, "--for", "1h", "--publish", "200", "--publishers", "2")
	page := browse(t, n)
	page.await("the last node", func(_ *trace.Event, s *trace.Scene) bool {
		last, _ := s.Node("n05")
		return last.State == trace.NodeUp
	})
	page.do("pause", `{"nodes":["n05"]}`) // before messages are published
	n.await(t, "cluster_settled")
	page.do("kill", `{"nodes":["n00","n03"]}`)
	page.do("add", `{"count":2}`)
	page.await("the new nodes", func(_ *trace.Event, s *trace.Scene) bool {
		added, _ := s.Node("n07")
		return len(added.Edges) > 2
	})
	page.do("publish", `{}`)
	page.await("figures", func(e *trace.Event, _ *trace.Scene) bool { return e.Kind == trace.Sample && e.Figures.Messages > 0 })
	page.do("restart", `{"nodes":["n03"]}`)
	page.do("cut", `{"nodes":["n01","n06"]}`)
	n.cancel()
	if status := <-n.status; status != exitFine {
		t.Errorf("status %d: %+v", status, n.seen)
	}
	if !strings.Contains(report, "8 started, 6 alive, 1 killed, 0 left") || !strings.Contains(report, "changed by hand") {
		t.Errorf("the report is %s", report)
	}
	var did []string
	var scene trace.Scene
	for _, e := range played(t, path) {
		if e.Kind == trace.Hello && e.Seq != 0 {
			t.Errorf("the file begins after event %d", e.Seq)
		}
		if e.Kind == trace.Action {
			did = append(did, e.Action)
		}
		scene.Apply(&e)
	}
	if got := strings.Join(did, " "); got != "pause kill add publish restart cut" {
		t.Errorf("recorded: %s", got)
	}
	for id, want := range map[string]trace.State{"n00": trace.NodeKilled, "n03": trace.NodeUp, "n05": trace.NodePaused, "n07": trace.NodeUp} {
		if got, _ := scene.Node(id); got.State != want {
			t.Errorf("%s is %s at the end, want %s", id, got.State, want)
		}
	}
}

func TestWatch(t *testing.T) {
	ns := startServer(t)
	for _, id := range []string{"a", "b"} {
		startNode(t, "--id", id, "--server", ns.URL(), "--links", "none").await(t, "ready")
	}
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	n := startCommand(t, func(int, string) {}, "watch", "--server", ns.URL(), "--every", "100ms", "--dashboard", "127.0.0.1:0", "--record", path)
	page := browse(t, n)
	page.await("both nodes", func(_ *trace.Event, s *trace.Scene) bool {
		a, _ := s.Edge("a", "b")
		b, _ := s.Edge("b", "a")
		return a.Eager && b.Eager
	})
	if answer := page.send(http.MethodGet, "node/a", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("a: %d", answer.StatusCode)
	}
	if answer := page.send(http.MethodPost, "do/kill", `{"nodes":["a"]}`); answer.StatusCode != http.StatusNotFound {
		t.Errorf("killing a: %d", answer.StatusCode)
	}
	n.cancel()
	if status := <-n.status; status != exitFine {
		t.Errorf("status %d: %+v", status, n.seen)
	}
	events := played(t, path)
	if len(events) < 6 || events[0].Source != sourceWatch || events[0].Controls {
		t.Errorf("%d events, the first is %+v", len(events), events[0])
	}

	again := startCommand(t, func(int, string) {}, "watch", "--replay", path, "--dashboard", "127.0.0.1:0")
	page = browse(t, again)
	count := 0
	page.await("the last event", func(*trace.Event, *trace.Scene) bool {
		count++
		return count == len(events)
	})
	again.cancel()
	if status := <-again.status; status != exitFine {
		t.Errorf("status %d of the playback", status)
	}
}

func TestWatchPrints(t *testing.T) {
	ns := startServer(t)
	startNode(t, "--id", "a", "--server", ns.URL(), "--links", "none").await(t, "ready")
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		status := run(t.Context(), []string{"watch", "-s", ns.URL(), "--json", "--every", "100ms"}, stdio{out: w, err: io.Discard, env: vars(nil)})
		_ = w.Close()
		done <- status
	}()
	in := trace.NewReader(r)
	for {
		e, _, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == trace.NodeIs && e.Node == "a" {
			break
		}
	}
	_ = r.Close() // as head does
	if status := <-done; status != exitFault {
		t.Errorf("status %d after its reader has gone", status)
	}
}

func TestFilesOfNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no.jsonl")
	if err := os.WriteFile(path, []byte(`{"t":0,"kind":"hello","version":99}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"watch --json --replay " + path:                                  "line 1: want version 1 to 1, not 99",
		"watch --json --replay " + path + ".no":                          "no such file",
		"cluster --nodes 1 --record " + filepath.Join(path, "x"):         `want a file that can be written`,
		"cluster --nodes 1 --dashboard " + takenPort(t):                  "want a free port of this machine",
		"watch --replay " + goodFile(t) + " --dashboard " + takenPort(t): "want a free port of this machine",
	} {
		var log bytes.Buffer
		status := run(t.Context(), strings.Fields(args), stdio{out: io.Discard, err: &log, env: vars(nil)})
		if status != exitFault || !strings.Contains(log.String(), want) {
			t.Errorf("%s: status %d, %q lacks %q", args, status, log.String(), want)
		}
	}
}

// takenPort is the address of one that is in use until the test ends.
func takenPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func goodFile(t *testing.T) string {
	t.Helper()
	var file bytes.Buffer
	if err := dashboard.NewStream(trace.Event{}, dashboard.Keep{}).Dump(&file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "good.jsonl")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Where nobody asks for a page and no table is drawn there is none, and its usual port may be taken.
func TestWhereThePageIs(t *testing.T) {
	for _, c := range []struct {
		live bool
		flag string
		want string
	}{
		{true, boardAuto, boardAuto}, {false, boardAuto, boardOff}, {true, boardOff, boardOff}, {false, "127.0.0.1:1", "127.0.0.1:1"},
	} {
		r := &clusterRun{live: c.live, options: &clusterOptions{dashboard: c.flag}}
		if got := r.boardAt(); got != c.want {
			t.Errorf("%+v: at %s", c, got)
		}
	}
	for range 2 { // of which one at most gets the usual port
		b, err := openBoard(t.Context(), boardAuto, "", dashboard.Config{Source: dashboard.NewStream(trace.Event{}, dashboard.Keep{})}, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.url(), "http://127.0.0.1:") {
			t.Errorf("the page is at %s", b.url())
		}
		t.Cleanup(func() { _ = b.close(context.Background()) })
	}
	if got := (*board)(nil).url(); got != "" {
		t.Errorf("no page is at %s", got)
	}
}

// What is in a file remains when there is no page to go with the recording.
func TestAFileIsLeftWhereNoPageCanBe(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, []byte("of last night\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := dashboard.Config{Source: dashboard.NewStream(trace.Event{}, dashboard.Keep{})}
	if _, err := openBoard(t.Context(), taken.Addr().String(), path, config, zerolog.Nop()); err == nil {
		t.Error("a port is taken twice")
	}
	if text, err := os.ReadFile(path); string(text) != "of last night\n" || err != nil {
		t.Errorf("the file has %q: %v", text, err)
	}
}

func TestTheTableNamesThePage(t *testing.T) {
	f := &frame{Page: "http://127.0.0.1:7717/#token=x"}
	if text := fmt.Sprint(header(f, 100, false)); !strings.Contains(text, "page "+f.Page) {
		t.Error(text)
	}
}
