// Who is let in: certificates, the application's own judgment, and nodes that ask for neither.

package kith_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/membership"
)

func newAuthority(t *testing.T) *identity.Authority {
	t.Helper()
	a, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// as gives a node a certificate for the test cluster.
func as(t *testing.T, a *identity.Authority, id string) kith.Option {
	t.Helper()
	own, err := a.Identity("test", id, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return kith.WithIdentity(own)
}

// alone checks that a node gets no neighbor for a while.
func alone(t *testing.T, n *kith.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := n.WaitReady(ctx, 1); !errors.Is(err, kith.ErrNotReady) {
		t.Errorf("error is %v, want ErrNotReady", err)
	}
}

func TestTLSBetweenNodes(t *testing.T) {
	trusted, other := newAuthority(t), newAuthority(t)
	a := start(t, kith.Config{ID: "a"}, as(t, trusted, "a"))
	at := []string{a.Self().Addr}
	b := start(t, kith.Config{Contacts: at}, as(t, trusted, "b"))
	if b.Self().ID != "b" {
		t.Errorf("the node is called %s, and its certificate b", b.Self().ID)
	}
	ready(t, a, b)
	for name, opts := range map[string][]kith.Option{
		"plain":                {},
		"of another authority": {as(t, other, "c")},
	} {
		t.Run(name, func(t *testing.T) { alone(t, start(t, kith.Config{ID: "c", Contacts: at}, opts...)) })
	}
	if len(a.Neighbors()) != 1 {
		t.Errorf("neighbors are %v, want b alone", a.Neighbors())
	}
}

// A node whose own certificate is somebody else's does not start.
func TestForeignCertificate(t *testing.T) {
	_, err := kith.Start(t.Context(), kith.Config{Cluster: "test", ID: "a"}, as(t, newAuthority(t), "b"))
	var fault *kith.ConfigError
	if !errors.As(err, &fault) || fault.Field != "ID" {
		t.Errorf("error is %v, want a fault of ID", err)
	}
}

// A node that others than this machine can reach is secured, or says that it is not.
func TestInsecureIsSaid(t *testing.T) {
	open := kith.Config{Cluster: "test", Bind: "0.0.0.0:0", Advertise: "127.0.0.1"}
	everywhere, err := net.Listen("tcp", "0.0.0.0:0") //nolint:gosec // that is what it is about
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]kith.Option{"by Bind": nil, "by a listener": {kith.WithListener(everywhere)}} {
		_, err := kith.Start(t.Context(), open, opts...)
		var fault *kith.ConfigError
		if !errors.As(err, &fault) || fault.Field != "Insecure" {
			t.Errorf("%s: %v, want a fault of Insecure", name, err)
		}
	}
	said := open
	said.Insecure = true
	start(t, said)
	start(t, open, as(t, newAuthority(t), "a"))
}

// Whom the application does not admit stays out, by a contact and by any meeting place.
func TestAdmit(t *testing.T) {
	unwanted := errors.New("not on the list")
	a := start(t, kith.Config{ID: "a"}, kith.WithAdmit(func(p kith.Peer) error {
		if p.Meta != "ticket" {
			return unwanted
		}
		return nil
	}))
	at := []string{a.Self().Addr}
	b := start(t, kith.Config{ID: "b", Contacts: at, Meta: "ticket"})
	ready(t, a, b)
	c := start(t, kith.Config{ID: "c", Contacts: at})
	alone(t, c)

	join := membership.Message{Kind: membership.Join, Priority: membership.High, Peer: new(c.Self())}
	reply, err := a.Answer(t.Context(), join)
	if err != nil || reply.Verdict != membership.Refused || len(reply.Sample) > 0 {
		t.Errorf("got %+v and %v, want a refusal that names nobody", reply, err)
	}
	if s := a.Stats(); s.JoinsDenied != 1 || s.Passive != 0 {
		t.Errorf("%d joins denied and %d spare peers, want 1 and none", s.JoinsDenied, s.Passive)
	}
}
