// Nodes that ask, and whom they reach.

package natstransport_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

func TestNobodyThereIsKnownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begin := time.Now()
		_, err := w.open("a", nats.NoEcho()).Join(t.Context(), joinOf("a"))
		if !errors.Is(err, membership.ErrNobody) {
			t.Errorf("got %v, want ErrNobody", err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

// The whole message arrives, and the whole answer comes back.
func TestJoinAndAnswerArriveWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		full := &views.Peer{
			ID: "c", Incarnation: 1 << 60, Addr: "[fe80::1]:7000",
			NATS: "nats://c:4222", Zone: "zürich", Meta: "\x00\xff<opaque>",
		}
		sample := []views.Sighting{{Peer: full, Age: 90 * time.Second}, {Peer: peer("d")}}
		join := membership.Message{
			Kind: membership.Join, Priority: membership.Low, Degree: 3, Peer: full, Sample: sample,
		}
		answer := membership.Message{
			Kind: membership.JoinReply, Verdict: membership.Stale, Incarnation: 1<<60 + 1, Peer: peer("b"), Sample: sample,
		}
		b := w.serve("b", nats.NoEcho())
		b.join = func(context.Context, membership.Message) (membership.Message, error) { return answer, nil }

		got, err := w.open("c", nats.NoEcho()).Join(t.Context(), join)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, answer) {
			t.Errorf("the answer is\n%+v, want\n%+v", got, answer)
		}
		if asked := b.asked(); len(asked) != 1 || !reflect.DeepEqual(asked[0], join) {
			t.Errorf("the join is\n%+v, want\n%+v", asked, join)
		}
	})
}

func TestEveryVerdictComesBackWithTheContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		a := w.open("a", nats.NoEcho())
		for _, v := range []membership.Verdict{
			membership.Accepted, membership.Refused, membership.Redirected, membership.Stale, membership.Undialable,
		} {
			b.join = func(context.Context, membership.Message) (membership.Message, error) {
				return membership.Message{Kind: membership.JoinReply, Verdict: v, Incarnation: 9}, nil
			}
			got, err := a.Join(t.Context(), joinOf("a"))
			if err != nil || got.Verdict != v || !got.Peer.Same(peer("b")) {
				t.Errorf("%v: got %+v, %v", v, got, err)
			}
		}
	})
}

func TestOneMemberAnswersAndNeverTheAskerItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		members := []*member{w.serve("a", nats.NoEcho()), w.serve("b", nats.NoEcho()), w.serve("c", nats.NoEcho())}
		const joins = 60
		for range joins {
			reply, err := members[0].meeting.Join(t.Context(), joinOf("a"))
			if err != nil {
				t.Fatal(err)
			}
			if reply.Peer.ID == "a" {
				t.Fatal("a reached itself")
			}
		}
		a, b, c := len(members[0].asked()), len(members[1].asked()), len(members[2].asked())
		if a != 0 || b+c != joins || b == 0 || c == 0 {
			t.Errorf("asked: a %d, b %d, c %d", a, b, c)
		}
	})
}

func TestWithEchoALoneNodeFindsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.serve("a")
		_, err := a.meeting.Join(t.Context(), joinOf("a"))
		if !errors.Is(err, membership.ErrNobody) {
			t.Errorf("got %v, want ErrNobody", err)
		}
		if n := len(a.asked()); n != 0 {
			t.Errorf("the member was asked %d times about itself", n)
		}
	})
}

// Chance lets an attempt fail once in 256; ten in a row it does not.
func TestWithEchoANodeFindsTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.serve("a")
		w.serve("b")
		for range 10 {
			reply, err := a.meeting.Join(t.Context(), joinOf("a"))
			if err == nil {
				if reply.Peer.ID != "b" {
					t.Errorf("%s answered", reply.Peer.ID)
				}
				return
			}
			if !errors.Is(err, membership.ErrNobody) {
				t.Fatal(err)
			}
		}
		t.Error("b was not found")
	})
}

func TestClustersDoNotMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve("b", nats.NoEcho())
		m, err := natstransport.Open(w.connect(), natstransport.Config{Cluster: "other", Self: peer("a")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Join(t.Context(), joinOf("a")); !errors.Is(err, membership.ErrNobody) {
			t.Errorf("got %v", err)
		}
	})
}

// A member that does not answer in time costs the asker one second, and nobody else
// more than that.
func TestMemberThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		b.join = func(ctx context.Context, _ membership.Message) (membership.Message, error) {
			<-ctx.Done()
			return membership.Message{}, ctx.Err()
		}
		begin := time.Now()
		_, err := w.open("a", nats.NoEcho()).Join(t.Context(), joinOf("a"))
		var refusal *natstransport.ServiceError
		if !errors.As(err, &refusal) || refusal.Code != natstransport.CodeUnavailable {
			t.Errorf("got %v, want a ServiceError %s", err, natstransport.CodeUnavailable)
		}
		if d := time.Since(begin); d != time.Second {
			t.Errorf("it took %v, want 1s", d)
		}
	})
}

func TestJoinEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		silent(t, w)
		a := w.open("a", nats.NoEcho())

		begin := time.Now()
		if _, err := a.Join(t.Context(), joinOf("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without a deadline: got %v", err)
		}
		if d := time.Since(begin); d != natstransport.DefaultTimeout {
			t.Errorf("without a deadline it took %v", d)
		}

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin = time.Now()
		if _, err := a.Join(ctx, joinOf("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline: got %v", err)
		}
		if d := time.Since(begin); d != 5*time.Second {
			t.Errorf("with a deadline of 5s it took %v", d)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := a.Join(ctx, joinOf("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: got %v", err)
		}
	})
}

func TestJoinEndsWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		silent(t, w)
		a := w.open("a", nats.NoEcho())
		time.AfterFunc(time.Millisecond, func() { _ = a.Close() })
		if _, err := a.Join(t.Context(), joinOf("a")); !errors.Is(err, natstransport.ErrClosed) {
			t.Errorf("under way: got %v", err)
		}
		if _, err := a.Join(t.Context(), joinOf("a")); !errors.Is(err, natstransport.ErrClosed) {
			t.Errorf("afterwards: got %v", err)
		}
	})
}

// silent adds a member that takes every join and answers none.
func silent(t *testing.T, w *world) {
	t.Helper()
	nc := w.connect()
	if _, err := nc.ChanSubscribe(natstransport.JoinSubject(cluster), make(chan *nats.Msg, 10)); err != nil {
		t.Fatal(err)
	}
	flush(t, nc)
}

func TestAnswersThatCannotBeReadAreTypedErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		answers := make(chan *nats.Msg, 1)
		nc := w.connect()
		if _, err := nc.Subscribe(natstransport.JoinSubject(cluster), func(m *nats.Msg) {
			_ = m.RespondMsg(<-answers)
		}); err != nil {
			t.Fatal(err)
		}
		flush(t, nc)
		a := w.open("a", nats.NoEcho())

		const head = `{"type":"io.kith.v1.join_reply","cluster":"orders",`
		const contact = `"peer":{"id":"b","incarnation":1,"addr":"b:1"}`
		for name, c := range map[string]struct {
			answer string
			want   error
		}{
			"empty":               {"", natstransport.ErrMalformed},
			"no JSON":             {"\x00\x01", natstransport.ErrMalformed},
			"no object":           {"[]", natstransport.ErrMalformed},
			"another type":        {`{"type":"io.kith.v2.join_reply","cluster":"orders"}`, natstransport.ErrUnknownType},
			"another cluster":     {`{"type":"io.kith.v1.join_reply","cluster":"other"}`, natstransport.ErrWrongCluster},
			"no peer":             {head + `"verdict":"accepted"}`, views.ErrPeer},
			"no verdict":          {head + contact + `}`, natstransport.ErrMalformed},
			"a verdict to come":   {head + contact + `,"verdict":"maybe"}`, natstransport.ErrMalformed},
			"stale without proof": {head + contact + `,"verdict":"stale"}`, natstransport.ErrMalformed},
			"huge":                {head + contact + `,"verdict":"accepted","x":"` + string(make([]byte, natstransport.MaxPayload)) + `"}`, natstransport.ErrMalformed},
		} {
			answers <- &nats.Msg{Data: []byte(c.answer)}
			_, err := a.Join(t.Context(), joinOf("a"))
			if !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
		}

		answers <- &nats.Msg{Header: nats.Header{micro.ErrorHeader: {"tired"}, micro.ErrorCodeHeader: {"429"}}}
		_, err := a.Join(t.Context(), joinOf("a"))
		var refusal *natstransport.ServiceError
		if !errors.As(err, &refusal) || *refusal != (natstransport.ServiceError{Code: "429", Description: "tired"}) {
			t.Errorf("error headers: got %v", err)
		}
	})
}

func TestOnlyAJoinIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newWorld(t).open("a", nats.NoEcho())
		for _, m := range []membership.Message{
			{Kind: membership.Join},
			{Kind: membership.Shuffle, Peer: peer("a")},
		} {
			if _, err := a.Join(t.Context(), m); err == nil || errors.Is(err, membership.ErrNobody) {
				t.Errorf("%v: got %v", m.Kind, err)
			}
		}
	})
}

func TestOpenRefusesWhatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := newWorld(t).connect()
		for name, cfg := range map[string]natstransport.Config{
			"no cluster":         {Self: peer("a")},
			"a wildcard":         {Cluster: "orders.>", Self: peer("a")},
			"no node":            {Cluster: cluster},
			"a node without ID":  {Cluster: cluster, Self: &views.Peer{Incarnation: 1, Addr: "a:1"}},
			"a node without aim": {Cluster: cluster, Self: &views.Peer{ID: "a", Incarnation: 1, Addr: "0.0.0.0:0"}},
		} {
			_, err := natstransport.Open(nc, cfg)
			var fault *natstransport.ConfigError
			if !errors.Is(err, natstransport.ErrConfig) || !errors.As(err, &fault) || fault.Want == "" {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if _, err := natstransport.Open(nil, natstransport.Config{Cluster: cluster, Self: peer("a")}); !errors.Is(err, natstransport.ErrConfig) {
			t.Errorf("no connection: got %v", err)
		}
	})
}

func TestOpenReportsEveryFault(t *testing.T) {
	_, err := natstransport.Open(nil, natstransport.Config{Self: &views.Peer{ID: "a", Addr: "0.0.0.0:0"}})
	for _, want := range []string{
		`config nc is "nil", want a connection`,
		`config Cluster is "", want 1 to 64 of A-Z a-z 0-9 - _`,
		`config Self is "a", want a valid peer`,
		"Incarnation",
		"Addr",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if !errors.Is(err, views.ErrPeer) {
		t.Errorf("%v does not match views.ErrPeer", err)
	}
}
