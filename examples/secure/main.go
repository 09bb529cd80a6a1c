// Secure shows nodes that prove who they are: links are encrypted by mutual TLS, a certificate
// names the node that may use it, and whoever has none of the cluster's authority stays out. So
// does a node with a good certificate that the application does not admit.
//
// One wants that wherever somebody else can reach the nodes. In production certificates come from
// the infrastructure you have, as files for identity.Load, which are read again when they change.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/identity"
)

const (
	cluster  = "secure"
	lifetime = time.Hour // of the certificates
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	authority, err := identity.NewAuthority(lifetime)
	if err != nil {
		return err
	}
	stranger, err := identity.NewAuthority(lifetime)
	if err != nil {
		return err
	}
	first, err := start(ctx, authority, "orders-1")
	if err != nil {
		return err
	}
	defer first.Stop()
	contact := first.Self().Addr
	second, err := start(ctx, authority, "orders-2", contact)
	if err != nil {
		return err
	}
	defer second.Stop()
	if err := second.WaitReady(ctx, 1); err != nil {
		return err
	}
	fmt.Println("orders-2, with a certificate of the same authority, has the neighbor", second.Neighbors()[0].ID)

	return errors.Join(
		refused(ctx, "orders-3", "with a certificate of another authority", stranger, contact),
		refused(ctx, "orders-4", "without a certificate", nil, contact),
		refused(ctx, "guest-1", "with a good certificate and a name that is not admitted", authority, contact))
}

// refused starts a node that nobody lets in, waits until it knows why, and ends it.
func refused(ctx context.Context, id, what string, authority *identity.Authority, contact string) error {
	node, err := start(ctx, authority, id, contact)
	if err != nil {
		return err
	}
	defer node.Stop()
	why := ""
	for why == "" && ctx.Err() == nil {
		moment, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		err := node.WaitReady(moment, 1)
		cancel()
		if !errors.Is(err, kith.ErrNotReady) {
			return fmt.Errorf("%s has been let in, or has ended: %v", id, err) //nolint:errorlint // it may be nil
		}
		why = node.Stats().JoinError //nolint:contextcheck // it waits for nothing else
	}
	fmt.Printf("%s, %s, stays out: %s\n", id, what, why)
	return ctx.Err()
}

// start starts a node with a certificate that names it, or without one if there is no authority.
func start(ctx context.Context, authority *identity.Authority, id string, contacts ...string) (*kith.Node, error) {
	options := []kith.Option{kith.WithAdmit(admit)}
	if authority != nil {
		own, err := authority.Identity(cluster, id, lifetime)
		if err != nil {
			return nil, err
		}
		options = append(options, kith.WithIdentity(own))
	}
	return kith.Start(ctx, kith.Config{Cluster: cluster, ID: id, Contacts: contacts}, options...)
}

// admit is the application's own judgment: the service of orders is among itself.
func admit(peer kith.Peer) error {
	if !strings.HasPrefix(peer.ID, "orders-") {
		return fmt.Errorf("%s is not of the service", peer.ID)
	}
	return nil
}
