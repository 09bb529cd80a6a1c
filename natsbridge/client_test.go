package natsbridge_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// A server without a listener for leaf nodes is joined by a client's connection: subjects
// that are named cross, requests are answered, headers come through.
func TestConn(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(2), meshtest.SharedServer()), t}
	leafless, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leafless.Shutdown)
	conn := connect(t, leafless.URL(), nats.NoEcho())
	near := b.bridge(0, natsbridge.Config{Conn: conn, Subjects: []string{"mesh.>"}})
	other := serve(t, nil)
	far := b.bridge(1, natsbridge.Config{URL: other.LeafURL()})

	here, there := connect(t, leafless.URL()), connect(t, other.URL())
	subHere, subThere := inbox(t, here, "mesh.a"), inbox(t, there, "mesh.a")
	respond(t, there, "mesh.echo", "", func(m *nats.Msg) { _ = m.RespondMsg(&nats.Msg{Header: m.Header, Data: m.Data}) })
	respond(t, here, "mesh.other", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	for _, subject := range []string{"mesh.a", "mesh.echo"} {
		if err := near.Await(b.within(10*time.Second), subject, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := far.Await(b.within(10*time.Second), "mesh.other", 1); err != nil {
		t.Fatal(err)
	}
	publish(t, here, "mesh.a", "from here")
	next(t, subHere)
	if m := next(t, subThere); string(m.Data) != "from here" {
		t.Errorf("there came %q", m.Data)
	}
	publish(t, there, "mesh.a", "from there")
	if m := next(t, subHere); string(m.Data) != "from there" {
		t.Errorf("here came %q", m.Data)
	}
	request := nats.NewMsg("mesh.echo")
	request.Header.Set("Kind", "test")
	request.Data = []byte("echo")
	if answer, err := here.RequestMsg(request, 5*time.Second); err != nil || answer.Header.Get("Kind") != "test" || string(answer.Data) != "echo" {
		t.Errorf("answered by %v: %v", answer, err)
	}
	if answer, err := there.Request("mesh.other", []byte("other"), 5*time.Second); err != nil || string(answer.Data) != "other" {
		t.Errorf("answered by %v: %v", answer, err)
	}
	if m, err := subHere.NextMsg(50 * time.Millisecond); err == nil {
		t.Errorf("%q came twice", m.Data)
	}
}

func TestConfigRefuses(t *testing.T) {
	node := meshtest.Run(t, meshtest.Nodes(1)).Node(0)
	echo := connect(t, node.Server().URL())
	quiet := connect(t, node.Server().URL(), nats.NoEcho())
	for name, c := range map[string]struct {
		cfg  natsbridge.Config
		want error
	}{
		"nothing":                      {natsbridge.Config{}, natsbridge.ErrConfig},
		"both":                         {natsbridge.Config{URL: "nats-leaf://x:1", Conn: quiet, Subjects: []string{"a"}}, natsbridge.ErrConfig},
		"a Conn with echo":             {natsbridge.Config{Conn: echo, Subjects: []string{"a"}}, natsbridge.ErrEcho},
		"a Conn for all":               {natsbridge.Config{Conn: quiet}, natsbridge.ErrConfig},
		"a Conn twice for one subject": {natsbridge.Config{Conn: quiet, Subjects: []string{"a.>", "a.b"}}, natsbridge.ErrConfig},
		"a Conn for replies":           {natsbridge.Config{Conn: quiet, Subjects: []string{"*.>"}}, natsbridge.ErrConfig},
		"a name with a dot":            {natsbridge.Config{Name: "a.b", URL: "nats-leaf://x:1"}, natsbridge.ErrConfig},
		"no URL":                       {natsbridge.Config{URL: ":"}, nil},
		"a negative TTL":               {natsbridge.Config{URL: "nats-leaf://x:1", TTL: -1}, nil},
		"a bad pattern":                {natsbridge.Config{URL: "nats-leaf://x:1", Subjects: []string{"a..b"}}, nil},
		"too long a Coalesce":          {natsbridge.Config{URL: "nats-leaf://x:1", Coalesce: time.Minute}, nil},
	} {
		bridge, err := natsbridge.Start(node.Node, c.cfg)
		if bridge != nil || err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
