// The listener for leaf nodes.

package embedded_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
)

// leaf runs a server that is a leaf node of the one at raw.
func leaf(t *testing.T, raw string) *embedded.Server {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, embedded.Config{Name: "leaf", Options: func(o *server.Options) {
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{u}}}
	}})
}

// crosses checks that a request at a server is answered at another.
func crosses(t *testing.T, from, to *nats.Conn) {
	t.Helper()
	if _, err := to.Subscribe("crosses", func(m *nats.Msg) { _ = m.Respond(nil) }); err != nil {
		t.Fatal(err)
	}
	if err := to.Flush(); err != nil {
		t.Fatal(err)
	}
	// The link to the other server is made in the background, and nobody tells when
	// it is there. Until then a request fails at once, as nobody hears it.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, err := from.RequestWithContext(ctx, "crosses", nil)
		if err == nil {
			return
		}
		if !errors.Is(err, nats.ErrNoResponders) {
			t.Fatal(err)
		}
	}
}

func TestLeafNodesAttach(t *testing.T) {
	for name, cfg := range map[string]embedded.Config{
		"listening":      {Name: "hub", LeafNodes: true},
		"not listening":  {Name: "hub", LeafNodes: true, DontListen: true},
		"all interfaces": {Name: "hub", LeafNodes: true, Host: "0.0.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			hub := start(t, cfg)
			u, err := url.Parse(hub.LeafURL())
			if err != nil {
				t.Fatal(err)
			}
			password, _ := u.User.Password()
			if u.Scheme != "nats-leaf" || u.Hostname() != "127.0.0.1" || u.Port() == "0" || len(u.User.Username()) < 16 || len(password) < 20 {
				t.Errorf("URL is %q, want nats-leaf with a port, a user and a password", hub.LeafURL())
			}
			spoke := leaf(t, hub.LeafURL())
			crosses(t, connect(t, hub), connect(t, spoke))
		})
	}
}

func TestLeafNodesHaveAnAccount(t *testing.T) {
	acc := server.NewAccount("orders")
	hub := start(t, embedded.Config{Name: "hub", LeafNodes: true, LeafAccount: "orders", Options: func(o *server.Options) {
		o.Accounts = []*server.Account{acc}
		o.Users = []*server.User{{Username: "u", Password: "p", Account: acc}}
	}})
	crosses(t, connect(t, hub, nats.UserInfo("u", "p")), connect(t, leaf(t, hub.LeafURL())))
}

func TestNoLeafNodes(t *testing.T) {
	if raw := start(t, embedded.Config{}).LeafURL(); raw != "" {
		t.Errorf("URL is %q, want none", raw)
	}
	_, err := embedded.Start(t.Context(), embedded.Config{LeafAccount: "orders"})
	var ce *embedded.ConfigError
	if !errors.As(err, &ce) || ce.Field != "LeafAccount" {
		t.Errorf("error is %v, want one about LeafAccount", err)
	}
}

func TestLeafSecretsDiffer(t *testing.T) {
	a, b := start(t, embedded.Config{LeafNodes: true}), start(t, embedded.Config{LeafNodes: true})
	ua, _ := url.Parse(a.LeafURL())
	ub, _ := url.Parse(b.LeafURL())
	if ua.User.String() == ub.User.String() {
		t.Error("two servers have the same credentials")
	}
}

func BenchmarkStart(b *testing.B) {
	for name, cfg := range map[string]embedded.Config{
		"alone":      {},
		"leaf nodes": {LeafNodes: true},
		"unheard":    {LeafNodes: true, DontListen: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ns, err := embedded.Start(b.Context(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				ns.Shutdown()
				b.StartTimer()
			}
		})
	}
}

func connect(t *testing.T, ns *embedded.Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := ns.Connect(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
