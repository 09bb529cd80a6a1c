// The NATS permissions that docs/security.md names: enough for a node, and for no more.

package kith_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
)

// guarded starts a server with the users that the document describes: a, b and spy.
func guarded(t *testing.T) *embedded.Server {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```conf\n(.*?)```").FindSubmatch(doc)
	if block == nil {
		t.Fatal("docs/security.md has no configuration of a server any more")
	}
	path := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(path, block[1], 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := embedded.Start(t.Context(), embedded.Config{Options: func(o *server.Options) { o.Users = conf.Users }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// login connects as a user of the document, whose password is the name with "-secret".
func login(t *testing.T, s *embedded.Server, user string) (nc *nats.Conn, refused func() error) {
	t.Helper()
	nc, err := nats.Connect(s.URL(), nats.NoEcho(), nats.UserInfo(user, user+"-secret"), nats.CustomInboxPrefix("_INBOX_"+user),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // LastError tells
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc, func() error {
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		return nc.LastError()
	}
}

func TestMinimalPermissions(t *testing.T) {
	s := guarded(t)
	nodes := make(map[string]*kith.Node)
	refused := make(map[string]func() error)
	for _, id := range []string{"a", "b"} {
		nc, last := login(t, s, id)
		n, err := kith.Start(t.Context(), kith.Config{Cluster: "orders", ID: id},
			kith.WithNATS(nc), kith.WithLinks(linker.Subscriptions, nc))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Stop)
		nodes[id], refused[id] = n, last
	}
	a, b := nodes["a"], nodes["b"]
	ready(t, a, b)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := a.Links().WaitUp(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	if err := b.Links().WaitUp(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	if _, err := b.Links().Subscribe("news", func(m linker.Msg) {
		heard <- m.From
		_ = m.Respond(nil)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Links().Request(ctx, "b", "news", nil); err != nil {
		t.Fatal(err)
	}
	if from := <-heard; from != "a" {
		t.Errorf("heard from %s, want a", from)
	}
	for id, last := range refused {
		if err := last(); err != nil {
			t.Errorf("%s was refused something: %v", id, err)
		}
	}
}

// A user that is no node sees nothing of the mesh, and a node cannot speak for another.
func TestPermissionsKeepOut(t *testing.T) {
	s := guarded(t)
	for _, test := range []struct{ user, publish, subscribe string }{
		{"spy", "kith.orders.join", ""},
		{"spy", "kith.orders.from.a.news", ""},
		{"spy", "", "kith.orders.>"},
		{"spy", "", "_INBOX_a.>"},
		{"b", "kith.orders.from.a.news", ""},
		{"b", "kith.orders.to.b.a.news", ""},
		{"b", "", "kith.orders.to.a.>"},
		{"b", "", "_INBOX_a.>"},
	} {
		nc, last := login(t, s, test.user)
		if test.publish != "" {
			if err := nc.Publish(test.publish, nil); err != nil {
				t.Fatal(err)
			}
		} else if _, err := nc.SubscribeSync(test.subscribe); err != nil {
			t.Fatal(err)
		}
		if last() == nil {
			t.Errorf("%+v was allowed", test)
		}
	}
}
