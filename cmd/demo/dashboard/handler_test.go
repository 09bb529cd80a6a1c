// What is served over HTTP, to whom, and what is refused.

package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
)

const token = "sesame"

// site is a page that is served for a test.
type site struct {
	t      *testing.T
	server *httptest.Server
	orders []dashboard.Order
}

// serve serves a configuration; what is left out of it is filled in.
func serve(t *testing.T, c dashboard.Config) *site {
	t.Helper()
	s := &site{t: t}
	c.Token = token
	if c.Source == nil {
		c.Source = newStream(2)
	}
	s.server = httptest.NewServer(dashboard.NewHandler(c))
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// controlled serves a mesh that obeys.
func controlled(t *testing.T) *site {
	t.Helper()
	var s *site
	s = serve(t, dashboard.Config{Local: true, Do: func(_ context.Context, o dashboard.Order) (dashboard.Order, error) {
		s.orders = append(s.orders, o)
		switch {
		case len(o.Nodes) == 0:
			return o, &dashboard.RefusedError{Want: "a node"}
		case o.Nodes[0] == "broken":
			return o, errors.New("it is broken")
		}
		return o, nil
	}})
	return s
}

// ask sends a request, changed by f if that is not nil, and returns the answer with its body.
func (s *site) ask(method, path, body string, f func(*http.Request)) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Kith-Token", token)
	if f != nil {
		f(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(data)
}

// follow begins to read events.
func (s *site) follow(path, after string) (*http.Response, *bufio.Scanner) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 2*trace.MaxLine)
	return answer, lines
}

// next returns the ID and the event that come next.
func next(t *testing.T, lines *bufio.Scanner) (string, trace.Event) {
	t.Helper()
	id, name := "", ""
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "":
			name = ""
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			if name == "here" {
				continue
			}
			e, err := trace.Parse([]byte(value))
			if err != nil {
				t.Fatal(err)
			}
			return id, e
		}
	}
	t.Fatalf("no more events: %v", lines.Err())
	return "", trace.Event{}
}

func TestEventsAreServedAndResumed(t *testing.T) {
	stream := newStream(2)
	s := serve(t, dashboard.Config{Source: stream, Local: true})
	answer, lines := s.follow("/events", "")
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the type is %q", kind)
	}
	_, hello := next(t, lines)
	_, whole := next(t, lines)
	stream.Tell(time.Now(), node(2))
	id, third := next(t, lines)
	if hello.Kind != trace.Hello || whole.Kind != trace.Whole || third.Kind != trace.NodeIs || third.Seq != 3 {
		t.Errorf("got %s", summary([]trace.Event{hello, whole, third}))
	}
	stream.Tell(time.Now(), node(3))
	_, lines = s.follow("/events", id)
	if _, e := next(t, lines); e.Seq != 4 {
		t.Errorf("resumed with %+v", e)
	}
	_, lines = s.follow("/events", "other-3")
	for _, want := range []trace.Kind{trace.Hello, trace.Gap, trace.Whole} {
		if _, e := next(t, lines); e.Kind != want {
			t.Errorf("after another stream: %s, want %s", e.Kind, want)
		}
	}
}

func TestSignsOfLife(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true, Beat: time.Millisecond})
	_, lines := s.follow("/events", "")
	for lines.Scan() {
		if lines.Text() == "event: here" { // a page is not told of comments
			return
		}
	}
	t.Errorf("none came: %v", lines.Err())
}

func TestTheEndIsTold(t *testing.T) {
	stream := newStream(1)
	s := serve(t, dashboard.Config{Source: stream, Local: true})
	_, lines := s.follow("/events", "")
	next(t, lines)
	stream.End()
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	if text := strings.Join(rest, "\n"); !strings.HasSuffix(text, "event: end\ndata: {}\n") {
		t.Errorf("it ends with %q", text)
	}
}

// stuck is a reader that reads nothing until it is released.
type stuck struct {
	header   http.Header
	released chan struct{}
	writing  chan struct{} // has an element as soon as it is stuck
	text     strings.Builder
}

func (s *stuck) Header() http.Header { return s.header }
func (s *stuck) WriteHeader(int)     {}
func (s *stuck) Flush()              {}
func (s *stuck) Write(b []byte) (int, error) {
	select {
	case s.writing <- struct{}{}:
	default:
	}
	<-s.released
	return s.text.Write(b)
}

// A reader that does not read holds up neither the stream nor another reader.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	stream := newStream(1)
	handler := dashboard.NewHandler(dashboard.Config{Source: stream, Local: true})
	slow := &stuck{header: make(http.Header), released: make(chan struct{}), writing: make(chan struct{}, 1)}
	served := make(chan struct{})
	r := httptest.NewRequest(http.MethodGet, "/events", nil)
	r.Host = "localhost"
	r.Header.Set("Last-Event-ID", take(t, stream, "", 2)[1].ID)
	go func() {
		defer close(served)
		handler.ServeHTTP(slow, r)
	}()
	<-slow.writing
	for range more {
		stream.Tell(time.Now(), trace.Event{Kind: trace.Repaired, Node: "n0", Ms: 1})
	}
	if got := take(t, stream, "", 2); len(got) != 2 {
		t.Errorf("another reader got %d lines", len(got))
	}
	close(slow.released)
	stream.End()
	<-served
	text := slow.text.String()
	if gap := strings.Index(text, `"kind":"gap"`); gap < 0 || !strings.Contains(text[gap:], `"kind":"picture"`) {
		t.Errorf("it got %s", text)
	}
}

func TestTooManyReaders(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true})
	for range 64 {
		if answer, _ := s.follow("/events", ""); answer.StatusCode != http.StatusOK {
			t.Fatalf("status %d", answer.StatusCode)
		}
	}
	answer, body := s.ask(http.MethodGet, "/events", "", nil)
	if answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	if answer, _ = s.ask(http.MethodGet, "/trace.jsonl", "", nil); answer.StatusCode != http.StatusOK {
		t.Errorf("the file: %d", answer.StatusCode)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := controlled(t)
	for _, path := range []string{"/", "/nothing", "/trace.jsonl", "/node/x", "/do/kill"} {
		answer, _ := s.ask(http.MethodGet, path, "", nil)
		h := answer.Header
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: the headers are %v", path, h)
		}
	}
}

// refused holds an answer against a status, and wants it to say why.
func refused(t *testing.T, answer *http.Response, body string, status int) {
	t.Helper()
	var fault struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal([]byte(body), &fault); answer.StatusCode != status || err != nil || fault.Error == "" ||
		answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %q, want %d and an error as JSON", answer.StatusCode, body, status)
	}
}

func TestOrders(t *testing.T) {
	s := controlled(t)
	answer, body := s.ask(http.MethodPost, "/do/publish", `{"nodes":["a","b"],"count":3,"size":99}`, nil)
	want := dashboard.Order{Action: "publish", Nodes: []string{"a", "b"}, Count: 3, Size: 99}
	if answer.StatusCode != http.StatusOK || len(s.orders) != 1 || !reflect.DeepEqual(s.orders[0], want) {
		t.Errorf("%d %s: %+v", answer.StatusCode, body, s.orders)
	}
	if body != `{"action":"publish","nodes":["a","b"],"count":3,"size":99}`+"\n" {
		t.Errorf("the answer is %s", body)
	}
	answer, body = s.ask(http.MethodPost, "/do/kill", "", nil)
	refused(t, answer, body, http.StatusBadRequest)
	answer, body = s.ask(http.MethodPost, "/do/kill", `{"nodes":["broken"]}`, nil)
	refused(t, answer, body, http.StatusInternalServerError)
}

func TestWhatIsRefused(t *testing.T) {
	s := controlled(t)
	for name, c := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		status             int
	}{
		"no token":               {"POST", "/do/kill", `{"nodes":["a"]}`, func(r *http.Request) { r.Header.Del("Kith-Token") }, 401},
		"a wrong token":          {"POST", "/do/kill", `{"nodes":["a"]}`, func(r *http.Request) { r.Header.Set("Kith-Token", "sesam") }, 401},
		"a token in the address": {"POST", "/do/kill?token=" + token, `{"nodes":["a"]}`, func(r *http.Request) { r.Header.Del("Kith-Token") }, 401},
		"another page": {"POST", "/do/kill", `{"nodes":["a"]}`, func(r *http.Request) {
			r.Header.Set("Origin", "http://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, 403},
		"another page of an old browser": {"POST", "/do/kill", `{"nodes":["a"]}`, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		"another name":                   {"GET", "/events", "", func(r *http.Request) { r.Host = "evil.example:80" }, 421},
		"no such action":                 {"POST", "/do/explode", `{}`, nil, 404},
		"no such node":                   {"GET", "/node/x", "", nil, 404},
		"no such page":                   {"GET", "/x.js", "", nil, 404},
		"a hidden file":                  {"GET", "/.gitkeep", "", nil, 404},
		"a get":                          {"GET", "/do/kill", "", nil, 405},
		"a post":                         {"POST", "/events", "", nil, 405},
		"no JSON":                        {"POST", "/do/kill", `{"nodes":`, nil, 400},
		"unknown fields":                 {"POST", "/do/kill", `{"node":"a"}`, nil, 400},
		"too long":                       {"POST", "/do/kill", `{"nodes":["` + strings.Repeat("a", 70_000) + `"]}`, nil, 400},
		"too many nodes":                 {"POST", "/do/kill", `{"nodes":[` + strings.Repeat(`"a",`, 2000) + `"a"]}`, nil, 400},
	} {
		t.Run(name, func(t *testing.T) {
			answer, body := s.ask(c.method, c.path, c.body, c.change)
			refused(t, answer, body, c.status)
		})
	}
	if len(s.orders) > 0 {
		t.Errorf("carried out all the same: %+v", s.orders)
	}
}

func TestWithoutControls(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true})
	answer, body := s.ask(http.MethodPost, "/do/kill", `{"nodes":["a"]}`, nil)
	refused(t, answer, body, http.StatusNotFound)
}

// Who can reach the page from elsewhere needs the token to see more than its scripts.
func TestReadersFromElsewhere(t *testing.T) {
	s := serve(t, dashboard.Config{})
	bare := func(r *http.Request) {
		r.Header.Del("Kith-Token")
		r.Host = "any.example"
	}
	for _, path := range []string{"/events", "/trace.jsonl", "/node/x", "/trace.jsonl?token=x"} {
		answer, body := s.ask(http.MethodGet, path, "", bare)
		refused(t, answer, body, http.StatusUnauthorized)
	}
	for path, change := range map[string]func(*http.Request){
		"/": bare, "/trace.jsonl?token=" + token: bare, "/trace.jsonl": nil,
	} {
		if answer, body := s.ask(http.MethodGet, path, "", change); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, answer.StatusCode, body)
		}
	}
}

func TestNamesOfThisMachine(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true})
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:1": 200, "127.0.0.1:9": 200, "[::1]:80": 200, "::1": 200,
		"example.com": 421, "localhost.example.com": 421, "10.0.0.1": 421, "127.0.0.1.example.com:80": 421,
	} {
		if answer, _ := s.ask(http.MethodGet, "/", "", func(r *http.Request) { r.Host = host }); answer.StatusCode != status {
			t.Errorf("%s: %d, want %d", host, answer.StatusCode, status)
		}
	}
}

func TestThePage(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true})
	answer, body := s.ask(http.MethodGet, "/", "", nil)
	if answer.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(body), "<!doctype html>") ||
		answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	again, _ := s.ask(http.MethodGet, "/", "", func(r *http.Request) { r.Header.Set("If-None-Match", answer.Header.Get("ETag")) })
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: %d", again.StatusCode)
	}
}

func TestDetailsOfANode(t *testing.T) {
	s := serve(t, dashboard.Config{Local: true, Detail: func(_ context.Context, id string) (trace.Detail, error) {
		switch id {
		case "a":
			return trace.Detail{ID: "a", Edges: []trace.Edge{}, Passive: []string{"b"}, Lost: 2}, nil
		case "b":
			return trace.Detail{}, errors.New("it does not answer")
		}
		return trace.Detail{}, fmt.Errorf("looking: %w", dashboard.ErrUnknown)
	}})
	answer, body := s.ask(http.MethodGet, "/node/a", "", nil)
	var d trace.Detail
	if err := json.Unmarshal([]byte(body), &d); answer.StatusCode != http.StatusOK || err != nil || d.ID != "a" || d.Lost != 2 {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	answer, body = s.ask(http.MethodGet, "/node/b", "", nil)
	refused(t, answer, body, http.StatusBadGateway)
	answer, body = s.ask(http.MethodGet, "/node/c", "", nil)
	refused(t, answer, body, http.StatusNotFound)
}

func TestPlayback(t *testing.T) {
	var file strings.Builder
	if err := newStream(3).Dump(&file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, []byte(file.String()+`{"seq":4,"t":99`), 0o600); err != nil { // cut off
		t.Fatal(err)
	}
	playback, err := dashboard.OpenPlayback(path)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, dashboard.Config{Source: playback, Local: true})
	if _, body := s.ask(http.MethodGet, "/trace.jsonl", "", nil); body != file.String() {
		t.Errorf("the file is %s, want %s", body, file.String())
	}
	_, lines := s.follow("/events", "")
	id := ""
	var events []trace.Event
	for range 5 {
		last, e := next(t, lines)
		id, events = last, append(events, e)
	}
	if got := summary(events); got != "hello0 picture0 node1 node2 node3" || !strings.HasPrefix(id, "line-") {
		t.Errorf("%s, the last has ID %q", got, id)
	}
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	if text := strings.Join(rest, "\n"); !strings.Contains(text, "event: end") {
		t.Errorf("it ends with %q", text)
	}
	if answer, _ := s.follow("/events", id); answer.StatusCode != http.StatusNoContent {
		t.Errorf("after its end: %d", answer.StatusCode)
	}
}

func TestFilesThatCannotBePlayed(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "another": "{}\n", "text": "hello\n"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := dashboard.OpenPlayback(path); !errors.Is(err, trace.ErrTrace) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dashboard.OpenPlayback(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stream := newStream(1)
	server := dashboard.Start(l, dashboard.Config{Source: stream}, zerolog.Nop())
	base, key, found := strings.Cut(server.URL(), "#token=")
	if !found || len(key) < 20 {
		t.Fatalf("the address is %s", server.URL())
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	stream.End()
	if err := server.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "event: end") {
		t.Errorf("%s, %v", text, err)
	}
}
