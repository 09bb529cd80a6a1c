// Meeting places: where a node that has no neighbors finds its first contact.

package kith

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

// Rendezvous is a meeting place outside the overlay. Package natstransport offers
// NATS subjects, [Config.Contacts] addresses and DNS names; others fit the same
// interface.
type Rendezvous interface {
	// Join takes a newcomer's request to some member of the cluster, the more at
	// random the better, and returns the answer. The error matches
	// [membership.ErrNobody] when no other node is there. It is called from its
	// own goroutine, one call at a time; ctx carries the deadline.
	Join(ctx context.Context, join membership.Message) (membership.Message, error)
}

// contacts is the meeting place of addresses known beforehand.
type contacts struct {
	addrs     []string
	self      string // the own advertised address, not to be asked
	transport *tcptransport.Transport
	resolver  *net.Resolver
	rng       *rand.Rand
}

// Join asks the addresses in random order until one lets the newcomer in. Nobody
// is there when there is no address left but the own one.
func (c *contacts) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	var failures []error
	for _, addr := range c.resolve(ctx, &failures) {
		reply, err := c.transport.Ask(ctx, addr, join)
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf("contact %s: %w", addr, err))
		case reply.Verdict != membership.Own:
			return reply, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(failures) == 0 {
		return membership.Message{}, membership.ErrNobody
	}
	return membership.Message{}, errors.Join(failures...)
}

// resolve returns all addresses behind the contacts, shuffled, without the own.
func (c *contacts) resolve(ctx context.Context, failures *[]error) []string {
	var addrs []string
	for _, contact := range c.addrs {
		host, port, err := net.SplitHostPort(contact)
		if err != nil {
			continue // Config.Validate has refused those
		}
		if net.ParseIP(host) != nil {
			addrs = append(addrs, contact)
			continue
		}
		hosts, err := c.resolver.LookupHost(ctx, host)
		if err != nil {
			*failures = append(*failures, fmt.Errorf("contact %s: %w", contact, err))
			continue
		}
		for _, h := range hosts {
			addrs = append(addrs, net.JoinHostPort(h, port))
		}
	}
	slices.Sort(addrs)
	addrs = slices.DeleteFunc(slices.Compact(addrs), func(a string) bool { return a == c.self })
	c.rng.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return addrs
}
