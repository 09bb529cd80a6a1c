// What can be set, and what is refused.

package linker_test

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/views"
)

func TestParseMode(t *testing.T) {
	for _, mode := range modes {
		if got, err := linker.ParseMode(mode.String()); err != nil || got != mode {
			t.Errorf("%s is read as %v, %v", mode, got, err)
		}
	}
	for _, name := range []string{"", "Connections", linker.Mode(7).String()} {
		if _, err := linker.ParseMode(name); !errors.Is(err, linker.ErrConfig) {
			t.Errorf("%q: %v, want ErrConfig", name, err)
		}
	}
}

func TestStateNames(t *testing.T) {
	names := map[string]bool{}
	for _, s := range []linker.State{linker.Connecting, linker.Waiting, linker.Up, linker.Backoff, linker.NoServer, 99} {
		names[s.String()] = true
	}
	if len(names) != 6 || !names["up"] || !names["state 99"] {
		t.Errorf("the states are named %v", names)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	cfg := linker.Config{HoldDown: -1, BackoffMin: 2, BackoffMax: 1, Cluster: "a b"}
	for _, self := range []*views.Peer{nil, {ID: "a.b"}, {ID: "a"}} {
		cfg.Self = self
		err := cfg.Validate()
		if !errors.Is(err, linker.ErrConfig) {
			t.Fatalf("error is %v, want ErrConfig", err)
		}
		for _, field := range []string{
			"Mode", "Cluster", "Self", "Reconcile", "HelloTimeout", "HelloMisses", "DialTimeout",
			"WriteTimeout", "RequestTimeout", "BackoffMax", "HoldDown", "Pending",
		} {
			if !strings.Contains(err.Error(), "linker: "+field) {
				t.Errorf("%q does not name %s", err, field)
			}
		}
		if strings.Contains(err.Error(), "BackoffMin is") {
			t.Errorf("%q names a field without a fault", err)
		}
	}
	cfg = testConfig(linker.Connections)
	cfg.Self = &views.Peer{ID: "a", Incarnation: 1}
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	n := newNode(t, "a", nil)
	cfg := testConfig(linker.Subscriptions)
	cfg.Self = &n.peer
	if _, err := linker.Start(t.Context(), cfg, nil, nil); !errors.Is(err, linker.ErrConfig) ||
		!strings.Contains(err.Error(), "local") || !strings.Contains(err.Error(), "watch") {
		t.Errorf("without a connection and a view: %v", err)
	}
	bad := errors.New("bad option")
	_, err := linker.Start(t.Context(), cfg, n.local, n.view.watch, nil, func(*nats.Options) error { return bad })
	if !errors.Is(err, bad) {
		t.Errorf("with a bad option: %v", err)
	}
	n.local.Close()
	if _, err := linker.Start(t.Context(), cfg, n.local, n.view.watch); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("with a closed connection: %v", err)
	}
}

// countingDialer is a dialer of the application's.
type countingDialer struct{ dials atomic.Int64 }

func (d *countingDialer) Dial(network, address string) (net.Conn, error) {
	d.dials.Add(1)
	return net.DialTimeout(network, address, patience)
}

// TestOptionsLeadNowhereElse gives options that would connect to other servers and
// keep a lost connection, and expects them to be overruled, and others not.
func TestOptionsLeadNowhereElse(t *testing.T) {
	elsewhere := startServer(t, -1)
	a, b := newNode(t, "a", nil), newNode(t, "b", nil)
	dialer := new(countingDialer)
	a.view.set(b.peer)
	b.view.set(a.peer)
	b.start(testConfig(linker.Connections))
	a.start(testConfig(linker.Connections), func(o *nats.Options) error {
		o.Url, o.Servers = elsewhere.ClientURL(), []string{elsewhere.ClientURL()}
		o.InProcessServer = elsewhere
		o.RetryOnFailedConnect = true
		o.MaxReconnect = -1
		o.Name = "other"
		o.CustomDialer = dialer
		o.User, o.Password = "u", "p"
		return nil
	})
	a.up(b)
	if elsewhere.NumClients() != 0 || dialer.dials.Load() != 1 {
		t.Errorf("%d clients elsewhere, %d dials", elsewhere.NumClients(), dialer.dials.Load())
	}
	conns, err := b.server.Connz(&server.ConnzOptions{})
	if err != nil {
		t.Fatal(err)
	}
	named := false
	for _, c := range conns.Conns {
		named = named || c.Name == "kith a → b"
	}
	if !named {
		t.Errorf("no connection has the name of the link: %+v", conns.Conns)
	}
	port := portOf(t, b.server)
	stopServer(b.server)
	a.awaitState(b, linker.Backoff)
	b.server = startServer(t, port)
	a.up(b)
}

// TestCredentials has servers that want some.
func TestCredentials(t *testing.T) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, Username: "u", Password: "p",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopServer(s) })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	url := strings.Replace(s.ClientURL(), "nats://", "nats://u:p@", 1)
	a := newNode(t, "a", nil)
	b := &node{tb: t, server: s, view: new(view), heard: map[string]int{}}
	b.peer = views.Peer{ID: "b", Incarnation: 1, Addr: "127.0.0.1:1", NATS: s.ClientURL()}
	if b.local, err = nats.Connect(url); err != nil {
		t.Fatal(err)
	}
	defer b.local.Close()
	a.view.set(b.peer)
	b.view.set(a.peer)
	b.start(testConfig(linker.Connections))

	a.start(testConfig(linker.Connections))
	if k := a.awaitState(b, linker.Backoff); !errors.Is(k.Err, nats.ErrAuthorization) {
		t.Errorf("without credentials the fault is %v, want ErrAuthorization", k.Err)
	}
	a.close()
	a.start(testConfig(linker.Connections), nats.UserInfo("u", "p"))
	a.up(b)
	b.up(a)
	b.close()
}

// TestMissingPermission says what the server complained about.
func TestMissingPermission(t *testing.T) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
		Users: []*server.User{
			{Username: "all", Password: "p"},
			{Username: "mute", Password: "p", Permissions: &server.Permissions{
				Publish: &server.SubjectPermission{Deny: []string{"kith.*.link.>"}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopServer(s) })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	a := newNode(t, "a", nil)
	b := views.Peer{ID: "b", Incarnation: 1, Addr: "127.0.0.1:1", NATS: s.ClientURL()}
	a.view.set(b)
	cfg := testConfig(linker.Connections)
	cfg.HelloTimeout = 20 * time.Millisecond
	a.start(cfg, nats.UserInfo("mute", "p"))
	k := a.awaitLink(&node{peer: b}, "failed", func(k linker.Link) bool { return k.State == linker.Backoff })
	if !errors.Is(k.Err, linker.ErrSilent) || !strings.Contains(strings.ToLower(k.Err.Error()), "permissions violation") {
		t.Errorf("the fault is %v, want one that names the permission", k.Err)
	}
}
