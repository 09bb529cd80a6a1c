// Members that answer, whatever they are sent, and stop.

package natstransport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

// hostile is what a join subject may be sent.
func hostile() map[string]string {
	const head = `{"type":"io.kith.v1.join","cluster":"orders","priority":"high",`
	const asker = `"peer":{"id":"x","incarnation":1,"addr":"x:1"}`
	entry := `{"id":"y","incarnation":1,"addr":"y:1","age_ms":1},`
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(entry, n), ",") + "]" }
	return map[string]string{
		"nothing":           "",
		"garbage":           "\x00\xff\r\n\r\n{{{",
		"a number":          "1",
		"an open object":    `{"type":`,
		"no type":           `{}`,
		"a type to come":    `{"type":"io.kith.v9.join","cluster":"orders"}`,
		"a type as list":    `{"type":["io.kith.v1.join"]}`,
		"another cluster":   `{"type":"io.kith.v1.join","cluster":"other",` + asker + `}`,
		"no peer":           head + `"degree":1}`,
		"a bad peer":        head + `"peer":{"id":"a.b","incarnation":1,"addr":"x:1"}}`,
		"an unspecified IP": head + `"peer":{"id":"x","incarnation":1,"addr":"0.0.0.0:1"}}`,
		"no incarnation":    head + `"peer":{"id":"x","incarnation":0,"addr":"x:1"}}`,
		"a negative one":    head + `"peer":{"id":"x","incarnation":-1,"addr":"x:1"}}`,
		"huge metadata":     head + `"peer":{"id":"x","incarnation":1,"addr":"x:1","meta":"` + strings.Repeat("AAAA", 1000) + `"}}`,
		"a priority":        `{"type":"io.kith.v1.join","cluster":"orders","priority":"swap",` + asker + `}`,
		"a huge degree":     head + asker + `,"degree":256}`,
		"a sample that is":  head + asker + `,"sample":{}}`,
		"65 peers":          head + asker + `,"sample":` + list(65) + `}`,
		"1000 peers":        head + asker + `,"sample":` + list(1000) + `}`,
		"30000 times null":  head + asker + `,"sample":[` + strings.Repeat("0,", 30000) + `0]}`,
		"64 KiB and 1":      head + asker + `,"x":"` + strings.Repeat("x", natstransport.MaxPayload) + `"}`,
		"900 KiB":           strings.Repeat("[", 900<<10),
		"deep":              head + asker + `,"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
	}
}

func TestHostileJoinsAreRefusedAndTheMemberGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		nc := w.connect()
		for name, payload := range hostile() {
			msg, err := nc.RequestWithContext(within(t), natstransport.JoinSubject(cluster), []byte(payload))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if code := msg.Header.Get(micro.ErrorCodeHeader); code != natstransport.CodeBadRequest {
				t.Errorf("%s: code %q, payload %q", name, code, msg.Data)
			}
			if d := msg.Header.Get(micro.ErrorHeader); d == "" || len(d) > 256 {
				t.Errorf("%s: description %q", name, d)
			}
		}
		if n := len(b.asked()); n != 0 {
			t.Errorf("the member was troubled %d times", n)
		}
		if _, err := w.open("a", nats.NoEcho()).Join(t.Context(), joinOf("a")); err != nil {
			t.Errorf("a good join afterwards: %v", err)
		}
	})
}

func TestBadPeersAreDroppedFromASampleOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		const join = `{"type":"io.kith.v1.join","cluster":"orders","priority":"low","key of a later version":{"a":[1]},
			"peer":{"id":"x","incarnation":1,"addr":"x:1","key":0},
			"sample":[{"id":"ok1","incarnation":1,"addr":"y:1","age_ms":1500}, null, 7, "y", [], {},
				{"id":"no address","incarnation":1,"addr":"y:1"}, {"id":"y","incarnation":"1","addr":"y:1"},
				{"id":"y","incarnation":1,"addr":"y:1","age_ms":-1},
				{"id":"ok2","incarnation":1,"addr":"y:1","age_ms":18446744073709551615}]}`
		if _, err := w.connect().RequestWithContext(within(t), natstransport.JoinSubject(cluster), []byte(join)); err != nil {
			t.Fatal(err)
		}
		asked := b.asked()
		if len(asked) != 1 {
			t.Fatalf("asked %d times", len(asked))
		}
		var kept []string
		for _, s := range asked[0].Sample {
			kept = append(kept, s.Peer.ID+" "+s.Age.String())
		}
		if got := strings.Join(kept, ", "); got != "ok1 1.5s, ok2 2562047h47m16.854775807s" {
			t.Errorf("kept %s", got)
		}
	})
}

// What is sent always fits, however much the sample holds.
func TestSamplesAreCutToWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		big := peer("big")
		big.Meta = strings.Repeat("m", views.MaxMeta)
		big.NATS = strings.Repeat("n", views.MaxNATS)
		small := make([]views.Sighting, 100)
		large := make([]views.Sighting, 100)
		for i := range small {
			small[i], large[i] = views.Sighting{Peer: peer("s")}, views.Sighting{Peer: big}
		}
		b := w.serve("b", nats.NoEcho())
		a := w.open("a", nats.NoEcho())
		for name, c := range map[string]struct {
			sample      []views.Sighting
			least, most int
		}{
			"small": {small, natstransport.MaxPeers, natstransport.MaxPeers},
			"large": {large, 16, natstransport.MaxPeers - 1},
		} {
			b.join = func(context.Context, membership.Message) (membership.Message, error) {
				return membership.Message{Kind: membership.JoinReply, Verdict: membership.Redirected, Sample: c.sample}, nil
			}
			join := joinOf("a")
			join.Sample = c.sample
			reply, err := a.Join(t.Context(), join)
			if err != nil {
				t.Fatal(err)
			}
			asked := b.asked()
			for what, n := range map[string]int{"join": len(asked[len(asked)-1].Sample), "reply": len(reply.Sample)} {
				if n < c.least || n > c.most {
					t.Errorf("%s: %s has %d peers, want %d to %d", name, what, n, c.least, c.most)
				}
			}
		}
	})
}

func TestMembersErrorIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		b.join = func(context.Context, membership.Message) (membership.Message, error) {
			return membership.Message{}, errors.New("out of\r\norder")
		}
		_, err := w.open("a", nats.NoEcho()).Join(t.Context(), joinOf("a"))
		var refusal *natstransport.ServiceError
		if !errors.As(err, &refusal) || refusal.Code != natstransport.CodeUnavailable || refusal.Description != "out of??order" {
			t.Errorf("got %v", err)
		}
	})
}

func TestCloseRefusesWhatWaitsAndStopsAnswering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		thinking := make(chan struct{}, 3)
		b.join = func(ctx context.Context, _ membership.Message) (membership.Message, error) {
			thinking <- struct{}{}
			<-ctx.Done()
			return membership.Message{}, ctx.Err()
		}
		a := w.open("a", nats.NoEcho())
		errs := make(chan error, 3)
		for range cap(errs) {
			go func() {
				_, err := a.Join(t.Context(), joinOf("a"))
				errs <- err
			}()
		}
		<-thinking
		synctest.Wait() // the other two have arrived and wait

		for range 2 {
			if err := b.meeting.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		for range cap(errs) {
			var refusal *natstransport.ServiceError
			if err := <-errs; !errors.As(err, &refusal) || refusal.Code != natstransport.CodeUnavailable {
				t.Errorf("got %v, want a ServiceError %s", err, natstransport.CodeUnavailable)
			}
		}
		synctest.Wait()
		if _, err := a.Join(t.Context(), joinOf("a")); !errors.Is(err, membership.ErrNobody) {
			t.Errorf("after the close: got %v, want ErrNobody", err)
		}
		if err := b.meeting.Serve(t.Context(), b); !errors.Is(err, natstransport.ErrClosed) {
			t.Errorf("serve after the close: got %v", err)
		}
	})
}

// The doc comment of the package promises the numbers.
func TestCostOfOneMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		nc := w.connect(nats.NoEcho())
		m := w.openOn(nc, "a")
		synctest.Wait()
		before := runtime.NumGoroutine()
		if err := m.Serve(t.Context(), &member{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := nc.NumSubscriptions(); n != 6 {
			t.Errorf("%d subscriptions, want 6", n)
		}
		if n := runtime.NumGoroutine() - before; n != 1 {
			t.Errorf("%d goroutines, want 1", n)
		}
		if err := m.Serve(t.Context(), &member{}); !errors.Is(err, natstransport.ErrServing) {
			t.Errorf("serving twice: got %v", err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if !nc.IsConnected() {
			t.Error("the caller's connection is closed")
		}
		if n := nc.NumSubscriptions(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
}

func TestServeOnAClosedConnectionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		nc := w.connect()
		m := w.openOn(nc, "a")
		nc.Close()
		if err := m.Serve(t.Context(), &member{}); !errors.Is(err, nats.ErrConnectionClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// `nats micro ls`, `info` and `stats` ask these subjects.
func TestMembersSpeakTheServicesProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		self := peer("b")
		self.Zone, self.NATS = "eu-1", "nats://me:secret@10.0.0.1:4222"
		started := time.Now()
		b := w.serveAs(self, nats.NoEcho())
		time.Sleep(time.Minute) // of the bubble
		b.views = natstransport.Views{
			Wanted:  5,
			Active:  []natstransport.Neighbor{{Peer: peer("c")}},
			Passive: []views.Sighting{{Peer: peer("d")}, {Peer: peer("e")}},
			Lost:    3,
		}
		if _, err := w.open("a", nats.NoEcho()).Join(t.Context(), joinOf("a")); err != nil {
			t.Fatal(err)
		}
		nc := w.connect()
		ask := func(verb micro.Verb, name, id string, into any) {
			t.Helper()
			subject, err := micro.ControlSubject(verb, name, id)
			if err != nil {
				t.Fatal(err)
			}
			msg, err := nc.RequestWithContext(within(t), subject, nil)
			if err != nil {
				t.Fatalf("%s: %v", subject, err)
			}
			dec := json.NewDecoder(bytes.NewReader(msg.Data))
			dec.DisallowUnknownFields()
			if err := dec.Decode(into); err != nil {
				t.Fatalf("%s: %v", subject, err)
			}
		}

		var ping micro.Ping
		ask(micro.PingVerb, "", "", &ping)
		want := map[string]string{
			natstransport.MetaCluster: "orders", natstransport.MetaNode: "b", natstransport.MetaIncarnation: "7",
			natstransport.MetaAddr: "b.example:7000", natstransport.MetaZone: "eu-1",
			natstransport.MetaNATS: "nats://10.0.0.1:4222", natstransport.MetaStarted: started.UTC().Format(time.RFC3339),
		}
		if ping.Type != micro.PingResponseType || ping.Name != "kith" || ping.Version != "1.2.3" {
			t.Errorf("ping says %+v", ping)
		}
		if !maps.Equal(ping.Metadata, want) {
			t.Errorf("metadata %v, want %v", ping.Metadata, want)
		}

		var info micro.Info
		ask(micro.InfoVerb, "kith", "", &info)
		if info.Type != micro.InfoResponseType || info.ID != ping.ID || len(info.Endpoints) != 3 ||
			info.Endpoints[0].Subject != "kith.orders.join" || info.Endpoints[0].QueueGroup == "" ||
			info.Endpoints[1].QueueGroup != "" {
			t.Errorf("info says %+v", info)
		}

		var stats micro.Stats
		ask(micro.StatsVerb, "kith", ping.ID, &stats)
		if stats.Type != micro.StatsResponseType || stats.Started.IsZero() || len(stats.Endpoints) != 3 ||
			stats.Endpoints[0].NumRequests != 1 || stats.Endpoints[0].NumErrors != 0 ||
			string(stats.Endpoints[1].Data) != `{"active":1,"passive":2,"lost":3,"wanted":5,"isolated":false}` {
			t.Errorf("stats say %+v", stats)
		}
	})
}

// frozen is a connection to a server that takes what is said and answers nothing
// any more.
type frozen struct {
	net.Conn
	ice *atomic.Bool
}

func (c frozen) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.ice.Load() {
			return n, err
		}
	}
}

// frozenDialer makes such connections to a world.
type frozenDialer struct {
	*world
	ice atomic.Bool
}

func (d *frozenDialer) InProcessConn() (net.Conn, error) {
	c, err := d.world.InProcessConn()
	return frozen{c, &d.ice}, err
}

func TestServeWaitsForTheServerNoLongerThanItsContext(t *testing.T) {
	for _, limit := range []time.Duration{0, time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			d := &frozenDialer{world: newWorld(t)}
			m := d.open("a", nats.NoEcho(), nats.InProcessServer(d))
			d.ice.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			begin := time.Now()
			if err := m.Serve(ctx, &member{}); err != nil {
				t.Errorf("%v: %v", limit, err)
			}
			if got := time.Since(begin); got != min(limit, 2*time.Second) {
				t.Errorf("it took %v with %v left", got, limit)
			}
			// It serves all the same, as soon as the server has heard of it.
			d.ice.Store(false)
			synctest.Wait()
			if reply, err := d.open("b", nats.NoEcho()).Join(within(t), joinOf("b")); err != nil || reply.Peer.ID != "a" {
				t.Errorf("%v: %v, %v", limit, reply, err)
			}
		})
	}
}
