package natsbridge_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// serve starts a server for tests that need one of their own.
func serve(t *testing.T, options func(o *server.Options)) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(t.Context(), embedded.Config{LeafNodes: true, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Shutdown)
	return srv
}

// Each account has a bridge, and what is said in one is not heard in another.
func TestAccounts(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(2), meshtest.SharedServer()), t}
	var servers []*embedded.Server
	var blue []*natsbridge.Bridge
	for i := range 2 {
		srv := serve(t, func(o *server.Options) {
			accounts := []*server.Account{server.NewAccount("BLUE"), server.NewAccount("RED")}
			o.Accounts = accounts
			o.Users = []*server.User{
				{Username: "blue", Password: "b", Account: accounts[0]}, {Username: "red", Password: "r", Account: accounts[1]},
			}
			o.LeafNode.Username, o.LeafNode.Password = "", ""
		})
		servers = append(servers, srv)
		leaf := func(user string) string {
			v, err := srv.NATS().Varz(nil)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("nats-leaf://%s@127.0.0.1:%d", user, v.LeafNode.Port)
		}
		blue = append(blue, b.bridge(i, natsbridge.Config{Name: "blue", URL: leaf("blue:b")}))
		b.bridge(i, natsbridge.Config{Name: "red", URL: leaf("red:r")})
	}
	hears := inbox(t, connect(t, servers[1].URL(), nats.UserInfo("blue", "b")), "x")
	deaf := inbox(t, connect(t, servers[1].URL(), nats.UserInfo("red", "r")), "x")
	if err := blue[0].Await(b.within(10*time.Second), "x", 1); err != nil {
		t.Fatal(err)
	}
	publish(t, connect(t, servers[0].URL(), nats.UserInfo("blue", "b")), "x", "blue")
	if m := next(t, hears); string(m.Data) != "blue" {
		t.Errorf("blue heard %q", m.Data)
	}
	if m, err := deaf.NextMsg(50 * time.Millisecond); err == nil {
		t.Errorf("red heard %q", m.Data)
	}
}

// A stream at one node captures what is published at another; the API of JetStream does not
// cross.
func TestJetStream(t *testing.T) {
	b := &bridged{meshtest.Run(t, meshtest.Nodes(2), meshtest.SharedServer()), t}
	with := serve(t, func(o *server.Options) { o.JetStream, o.StoreDir = true, t.TempDir() })
	without := serve(t, nil)
	b.bridge(0, natsbridge.Config{URL: with.LeafURL()})
	far := b.bridge(1, natsbridge.Config{URL: without.LeafURL()})
	js, err := jetstream.New(connect(t, with.URL()))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"events.>"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := far.Await(b.within(10*time.Second), "events.x", 1); err != nil {
		t.Fatal(err)
	}
	nc := connect(t, without.URL())
	farJS, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	// The acknowledgment comes back like any reply.
	if ack, err := farJS.Publish(b.within(10*time.Second), "events.one", []byte("1")); err != nil || ack.Stream != "EVENTS" {
		t.Errorf("acknowledged by %+v: %v", ack, err)
	}
	publish(t, nc, "events.two", "2")
	if _, err := farJS.Publish(b.within(10*time.Second), "events.three", []byte("3")); err != nil {
		t.Error(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Msgs != 3 {
		t.Errorf("the stream has %+v: %v", info, err)
	}
	if _, err := farJS.Stream(b.within(10*time.Second), "EVENTS"); !errors.Is(err, nats.ErrNoResponders) &&
		!errors.Is(err, jetstream.ErrJetStreamNotEnabled) && !errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("the API from another node: %v", err)
	}
}
