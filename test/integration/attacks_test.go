// The attacks over TCP: each with what the victim must have counted, and logged.

//go:build unix

package integration_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// attack is one thing that no honest node does.
type attack struct {
	what string
	do   func(a *attacker)
	// counter is the path in the victim's counts that must have grown, and line what it must
	// have logged; empty for what is too ordinary to be logged.
	counter, line string
}

// suffer lets the victim suffer the attacks, each from an address of its own, as complaints
// about one host are not repeated.
func (a *attacker) suffer(nc *nats.Conn, attacks []attack) {
	a.t.Helper()
	w := a.victim.world
	for i, att := range attacks {
		before := a.count(nc, att.counter)
		w.mu.Lock()
		at := time.Now()
		w.mu.Unlock()
		if runtime.GOOS == "linux" { // where the whole of 127/8 is there
			a.from = net.IPv4(127, 0, 1, byte(i+1))
		}
		att.do(a)
		w.until(a.t, att.what, func() string {
			if att.line != "" && a.from != nil && !a.victim.loggedSince(at, att.line) {
				return "no line " + att.line
			}
			return ""
		})
		if after := a.count(nc, att.counter); after <= before {
			a.t.Errorf("%s: %s is %v, and was %v before", att.what, att.counter, after, before)
		}
	}
	a.t.Logf("%d attacks, each counted and logged", len(attacks))
}

// loggedSince reports whether there was such a line after a moment.
func (p *process) loggedSince(at time.Time, message string) bool {
	for _, e := range p.events {
		if e.At.After(at) && e.Message == message {
			return true
		}
	}
	return false
}

// count asks the victim for one of its counts.
func (a *attacker) count(nc *nats.Conn, path string) float64 {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	w := a.victim.world
	w.mu.Lock()
	members := len(w.processes)
	w.mu.Unlock()
	all, err := natstransport.InspectStats(ctx, nc, w.cluster, natstransport.InspectOptions{Stall: 5 * time.Second, Max: members})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, s := range all {
		if s.Node != a.victim.id {
			continue
		}
		var value any
		if err := json.Unmarshal(s.Data, &value); err != nil {
			a.t.Fatal(err)
		}
		return at(value, path)
	}
	a.t.Fatalf("%s tells no counts", a.victim.id)
	return 0
}

// at returns the number at a path, 0 for what never happened and so is not there.
func at(value any, path string) float64 {
	for key := range strings.SplitSeq(path, "/") {
		value = value.(map[string]any)[key] //nolint:errcheck,forcetypeassert // a test that looks in the wrong place may panic
	}
	n, _ := value.(float64)
	return n
}

// refusal says a hello that is answered with the verdict.
func refusal(change func(*attacker, *hello), want tcptransport.Verdict) func(*attacker) {
	return func(a *attacker) {
		a.t.Helper()
		h := a.proper()
		change(a, &h)
		if got := verdict(a.t, a.closed("a hello", a.dial(h.frame()))); got != want {
			a.t.Errorf("the verdict is %v, want %v", got, want)
		}
	}
}

// noHello says what is not answered at all.
func noHello(bytes func(*attacker) []byte) func(*attacker) {
	return func(a *attacker) {
		a.t.Helper()
		if said := a.closed("no hello", a.dial(bytes(a))); len(said) > 0 {
			a.t.Errorf("answered with %d bytes", len(said))
		}
	}
}

// badHello is a hello with something in it that cannot be.
func badHello(change func(*hello)) func(*attacker) {
	return noHello(func(a *attacker) []byte {
		h := a.proper()
		change(&h)
		return h.frame()
	})
}

// onLink has a link and says something on it, upon which the victim ends it.
func onLink(frames func(h *hello) []byte) func(*attacker) {
	return func(a *attacker) {
		a.t.Helper()
		h := a.proper()
		conn := a.linkAs(h)
		_, _ = conn.Write(frames(&h)) // the victim may close in the middle of it
		a.closed("a link", conn)
	}
}

// plainAttacks are for a victim without TLS.
func plainAttacks() []attack {
	const noProper, bad, refused = "Transport/Faults/no_hello", "Transport/Faults/bad_frames", "Transport/Refused/"
	rng := rand.New(rand.NewPCG(1, 2))
	oversize := []byte{0xff, 0xff, 0xff, 0xff, wire.Version, byte(membership.Heartbeat)}
	return []attack{
		{"noise", noHello(func(*attacker) []byte {
			noise := make([]byte, 8<<10)
			for i := range noise {
				noise[i] = byte(rng.Uint32())
			}
			noise[0] |= 1 // the length of a frame far beyond any limit
			return noise
		}), noProper, "bad_hello"},
		{"a frame of 4 GiB", noHello(func(*attacker) []byte {
			return append([]byte{0xff, 0xff, 0xff, 0xff, 1, typeHello}, make([]byte, 64<<10)...)
		}), noProper, "bad_hello"},
		{"HTTP", noHello(func(*attacker) []byte { return []byte("GET / HTTP/1.1\r\nHost: kith\r\n\r\n") }), noProper, "bad_hello"},
		{"zeros", noHello(func(*attacker) []byte { return make([]byte, 100) }), noProper, "bad_hello"},
		{"a message before the hello", noHello(func(*attacker) []byte {
			return membership.AppendMessage(nil, &membership.Message{Kind: membership.Heartbeat})
		}), noProper, "bad_hello"},
		{"wrong magic", badHello(func(h *hello) { h.magic = "kiss" }), noProper, "bad_hello"},
		{"a cluster that is no name", badHello(func(h *hello) { h.cluster = "a.b" }), noProper, "bad_hello"},
		{"a cluster of 3,000 bytes", badHello(func(h *hello) { h.cluster = strings.Repeat("x", 3000) }), noProper, "bad_hello"},
		{"no purpose", badHello(func(h *hello) { h.purpose = 9 }), noProper, "bad_hello"},
		{"versions from 2 to 1", badHello(func(h *hello) { h.min, h.max = 2, 1 }), noProper, "bad_hello"},
		{"an ID that is none", badHello(func(h *hello) { h.peer.ID = "a b" }), noProper, "bad_hello"},
		{"an address for nobody", badHello(func(h *hello) { h.peer.Addr = "0.0.0.0:1" }), noProper, "bad_hello"},
		{"no incarnation", badHello(func(h *hello) { h.peer.Incarnation = 0 }), noProper, "bad_hello"},
		{"a hello above 4 KiB", badHello(func(h *hello) { h.peer.Meta = strings.Repeat("m", 5000) }), noProper, "bad_hello"},
		{
			"wrong cluster", refusal(func(_ *attacker, h *hello) { h.cluster = "another" }, tcptransport.VerdictCluster),
			refused + "wrong cluster", "hello_refused",
		},
		{
			"a later version", refusal(func(_ *attacker, h *hello) { h.min, h.max = wire.Version+1, wire.Version+1 }, tcptransport.VerdictVersion),
			refused + "wrong version", "hello_refused",
		},
		{
			"meant for somebody else", refusal(func(_ *attacker, h *hello) { h.expected = "somebody" }, tcptransport.VerdictWrongPeer),
			refused + "wrong peer", "hello_refused",
		},
		{
			"the victim's own ID", refusal(func(a *attacker, h *hello) { h.peer.ID = a.victim.id }, tcptransport.VerdictRefused),
			refused + "refused", "hello_refused",
		},
		{"a replayed hello", func(a *attacker) {
			h := a.proper()
			conn := a.linkAs(h)
			_, _ = conn.Write(membership.AppendMessage(nil, &membership.Message{
				Kind: membership.Neighbor, Priority: membership.Low, Request: 1, Degree: 5,
			}))
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				a.t.Errorf("a full node does not answer: %v", err)
			}
			h.peer.Incarnation-- // of an earlier life
			if got := verdict(a.t, a.closed("a hello", a.dial(h.frame()))); got != tcptransport.VerdictStale {
				a.t.Errorf("the verdict is %v, want stale", got)
			}
			_ = conn.Close()
		}, refused + "stale incarnation", "hello_refused"},
		{"no hello at all", func(a *attacker) { a.closed("silence", a.dial(nil)) }, "Transport/Faults/late", "bad_hello"},
		{"a hello, byte by byte", slowLoris, "Transport/Faults/late", "bad_hello"},
		{"never Ready", func(a *attacker) {
			h := a.proper()
			conn := a.dial(h.frame())
			a.answer(conn)
			a.closed("never Ready", conn)
		}, "Transport/Faults/not_ready", ""},
		{"an oversize frame", onLink(func(*hello) []byte { return oversize }), bad, "bad_frame"},
		{"unreadable frames", onLink(func(*hello) []byte {
			return bytes.Repeat(wire.FinishFrame(append(wire.AppendHeader(nil, byte(membership.Shuffle)), 0, 0, 0), 0), 20)
		}), bad, "bad_frame"},
		{"values that cannot be", onLink(func(*hello) []byte {
			return bytes.Repeat(wire.FinishFrame(wire.AppendUint(wire.AppendHeader(nil, byte(membership.Neighbor)), 2, 77), 0), 20)
		}), bad, "bad_frame"},
		{"samples of 100 peers", onLink(func(h *hello) []byte { return bytes.Repeat(crowd(h, 100), 20) }), bad, "bad_frame"},
		{"unknown frames, and then unreadable ones", onLink(func(*hello) []byte {
			unknown := wire.FinishFrame(append(wire.AppendHeader(nil, 200), bytes.Repeat([]byte{7}, 60<<10)...), 0)
			unreadable := wire.FinishFrame(append(wire.AppendHeader(nil, byte(membership.Shuffle)), 0, 0, 0), 0)
			return append(bytes.Repeat(unknown, 20), bytes.Repeat(unreadable, 20)...)
		}), "Transport/UnknownTypes", "bad_frame"},
		{"a storm of walks", onLink(func(h *hello) []byte {
			walk := membership.AppendMessage(nil, &membership.Message{
				Kind: membership.ForwardJoin, Priority: membership.High, TTL: 255, Peer: &h.peer,
			})
			return bytes.Repeat(walk, 4000)
		}), "Transport/Faults/flood", "flood"},
		{"a JOIN for somebody else", func(a *attacker) {
			h := a.proper()
			h.purpose = purposeJoin
			other := h.peer
			other.ID = "other"
			join := membership.AppendMessage(nil, &membership.Message{Kind: membership.Join, Priority: membership.High, Peer: &other})
			a.closed("a JOIN", a.dial(append(h.frame(), join...)))
		}, "Transport/Faults/bad_join", "bad_join"},
		{"an oversize JOIN", func(a *attacker) {
			h := a.proper()
			h.purpose = purposeJoin
			a.closed("a JOIN", a.dial(append(h.frame(), oversize...)))
		}, "Transport/Faults/bad_join", "bad_join"},
		{"a flood of JOINs", joinFlood, "Membership/Redirected", ""},
		{"the farewell of another", func(a *attacker) {
			conn := a.link()
			_, _ = conn.Write(membership.AppendMessage(nil, &membership.Message{Kind: membership.Disconnect, Reason: membership.Leaving}))
			a.closed("a farewell", conn)
		}, "Membership/Received/Disconnect", ""},
		{
			"never reads, and asks for ever", (*attacker).neverReads,
			"Transport/FramesIn", "", // one of several limits ends it, whichever is met first
		},
		{"a flood of connections", func(a *attacker) { a.saysNothing(400) }, "Transport/Faults/rate", "too_many_connections"},
	}
}

// crowd is a shuffle that names so many peers, which this code would not write.
func crowd(h *hello, n int) []byte {
	sample := make([]views.Sighting, n)
	for i := range sample {
		sample[i].Peer = &views.Peer{ID: fmt.Sprintf("liar-%d", i), Incarnation: 1, Addr: "127.0.0.1:1"}
	}
	const tagSample = 10
	b := membership.AppendMessage(nil, &membership.Message{Kind: membership.Shuffle, Request: 1, Peer: &h.peer})
	return wire.FinishFrame(wire.AppendSightings(b, tagSample, sample), 0)
}

// slowLoris says a hello so slowly that it would take for ever.
func slowLoris(a *attacker) {
	a.t.Helper()
	h := a.proper()
	conn := a.dial(nil)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for _, b := range h.frame() {
		if _, err := conn.Write([]byte{b}); err != nil {
			_ = conn.Close()
			return
		}
		<-ticker.C
	}
	a.t.Error("a hello that takes ten seconds was waited for")
}

// joinFlood sends more newcomers than are let in.
func joinFlood(a *attacker) {
	a.t.Helper()
	for range 60 {
		h := a.proper()
		h.purpose = purposeJoin
		join := membership.AppendMessage(nil, &membership.Message{Kind: membership.Join, Priority: membership.High, Peer: &h.peer})
		a.closed("a JOIN", a.dial(append(h.frame(), join...)))
	}
}

// securedAttacks are for a victim with TLS; trusted has made its certificate.
func securedAttacks(t *testing.T, cluster string, trusted *identity.Authority) []attack {
	t.Helper()
	const untrusted, name = "Transport/Faults/tls", "Transport/Faults/certificate"
	other, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	settings := func(a *identity.Authority, cluster, id string, lifetime time.Duration) *tls.Config {
		own, err := a.Identity(cluster, id, lifetime)
		if err != nil {
			t.Fatal(err)
		}
		cfg := own.TLS()
		cfg.VerifyConnection = nil // an attacker talks to anybody
		return cfg
	}
	old := settings(trusted, cluster, "ghost", time.Hour)
	old.MaxVersion, old.MinVersion = tls.VersionTLS12, tls.VersionTLS12
	as := func(cfg *tls.Config, then func(*attacker)) func(*attacker) {
		return func(a *attacker) {
			a.secure = cfg
			then(a)
			a.secure = nil
		}
	}
	proper := func(a *attacker) {
		h := a.proper()
		if said := a.closed("a hello", a.dial(h.frame())); len(said) > 0 {
			a.t.Errorf("answered with %d bytes", len(said))
		}
	}
	ghost := refusal(func(_ *attacker, h *hello) { h.peer.ID = "ghost" }, tcptransport.VerdictRefused)
	return []attack{
		{"no TLS", proper, untrusted, "bad_hello"},
		{"no certificate", as(&tls.Config{InsecureSkipVerify: true}, proper), untrusted, "bad_hello"}, //nolint:gosec // an attacker
		{"another authority", as(settings(other, cluster, "ghost", time.Hour), proper), untrusted, "bad_hello"},
		{"expired", as(settings(trusted, cluster, "ghost", -time.Minute), proper), untrusted, "bad_hello"},
		{"TLS 1.2", as(old, proper), untrusted, "bad_hello"},
		{"another ID", as(settings(trusted, cluster, "honest", time.Hour), ghost), name, "hello_refused"},
		{"another cluster", as(settings(trusted, "another", "ghost", time.Hour), ghost), name, "hello_refused"},
		{"noise inside", as(settings(trusted, cluster, "ghost", time.Hour), noHello(func(*attacker) []byte {
			return bytes.Repeat([]byte{0xff}, 100)
		})), "Transport/Faults/no_hello", "bad_hello"},
	}
}

// TestHostileToTLS attacks a node whose links are secured.
func TestHostileToTLS(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "secured")
	trusted, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*process, 3)
	for i, id := range []string{"a", "b", "c"} {
		all[i] = w.start(t, id, append(certificate(t, trusted, w.cluster, id), "--server", server.url())...)
	}
	w.settle(t, "all have joined")
	a := &attacker{t: t, victim: all[0]}
	a.suffer(server.connect(t), securedAttacks(t, w.cluster, trusted))
	stranger := w.start(t, "stranger", "--contact", all[0].addr, "--server", server.url())
	w.mu.Lock()
	stranger.status = aside
	w.mu.Unlock()
	w.start(t, "late", append(certificate(t, trusted, w.cluster, "late"), "--contact", all[0].addr)...)
	w.awaitWhole(t, "a newcomer with a certificate joins, and one without stays out")
}

// certified is for how long certificates are valid: longer than any run.
const certified = 24 * time.Hour

// certificate writes a certificate for a node, and returns the flags for it.
func certificate(t *testing.T, a *identity.Authority, cluster, id string) []string {
	t.Helper()
	own, err := a.Issue(cluster, id, certified)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := a.Pair()
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	dir := t.TempDir()
	for flag, pem := range map[string][]byte{"cert": own.Cert, "key": own.Key, "ca": authority.Cert} {
		path := filepath.Join(dir, flag+".pem")
		if err := os.WriteFile(path, pem, 0o600); err != nil {
			t.Fatal(err)
		}
		flags = append(flags, "--"+flag, path)
	}
	return flags
}
