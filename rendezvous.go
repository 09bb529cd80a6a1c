// Meeting places: where a node that has no neighbors finds its first contact.

package kith

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// Rendezvous is a meeting place outside the overlay. Package natstransport offers
// NATS subjects, [Config.Contacts] addresses and DNS names; others fit the same
// interface.
type Rendezvous interface {
	// Join takes a newcomer's request to some member of the cluster, the more at
	// random the better, and returns the answer, which that member got from
	// [Node.Answer]; [membership.AppendMessage] and [membership.DecodeMessage] turn
	// both into bytes and back. The error matches [membership.ErrNobody] when no
	// other node is there. Join is called from its own goroutine, one call at a
	// time, and must return when ctx ends: the end of the node waits for it.
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

// Join asks the addresses in random order until one lets the newcomer in: those
// that need no name service first, while the names are looked up. Nobody is there
// when there is no address left but the own one.
func (c *contacts) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	literals, names := c.sort()
	lookup := make(chan found, 1)
	go func() { lookup <- c.resolve(ctx, names) }()

	reply, failures := c.ask(ctx, literals, join)
	resolved := <-lookup
	if reply.Kind == 0 {
		var more []error
		reply, more = c.ask(ctx, resolved.addrs, join)
		failures = append(append(failures, resolved.failures...), more...)
	}
	switch {
	case reply.Kind != 0:
		return reply, nil
	case len(failures) == 0:
		return membership.Message{}, membership.ErrNobody
	}
	return membership.Message{}, errors.Join(failures...)
}

// sort parts the contacts that are addresses from those that are names.
func (c *contacts) sort() (literals, names []string) {
	for _, contact := range c.addrs {
		if host, _, err := net.SplitHostPort(contact); err == nil && net.ParseIP(host) != nil {
			literals = append(literals, contact)
		} else {
			names = append(names, contact)
		}
	}
	return literals, names
}

// ask asks addresses in random order until one answers. Each has half of the time
// that is left, so that one that swallows packets does not use up all of it.
func (c *contacts) ask(ctx context.Context, addrs []string, join membership.Message) (membership.Message, []error) {
	var failures []error
	addrs = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(addrs))),
		func(a string) bool { return a == c.self })
	c.rng.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	for _, addr := range addrs {
		half, cancel := halfOf(ctx)
		reply, err := c.transport.Ask(half, addr, join)
		cancel()
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf("contact %s: %w", addr, err))
		case reply.Verdict != membership.Own:
			return reply, failures
		}
	}
	return membership.Message{}, failures
}

// found is what the name service knew.
type found struct {
	addrs    []string
	failures []error
}

// resolve looks names up, all at once and in half of the time that is left.
func (c *contacts) resolve(ctx context.Context, names []string) found {
	ctx, cancel := halfOf(ctx)
	defer cancel()
	each := make([]found, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { each[i] = c.lookup(ctx, name) })
	}
	wg.Wait()
	var all found
	for _, f := range each {
		all.addrs = append(all.addrs, f.addrs...)
		all.failures = append(all.failures, f.failures...)
	}
	return all
}

func (c *contacts) lookup(ctx context.Context, contact string) found {
	host, port, err := net.SplitHostPort(contact)
	if err != nil {
		return found{failures: []error{err}}
	}
	hosts, err := c.resolver.LookupHost(ctx, host)
	if err != nil {
		return found{failures: []error{fmt.Errorf("contact %s: %w", contact, err)}}
	}
	var f found
	for _, h := range hosts {
		f.addrs = append(f.addrs, net.JoinHostPort(h, port))
	}
	return f
}

// halfOf returns a context that ends after half of the time that ctx has left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

// checked returns a message from a meeting place as far as it is well formed: the
// kind and the peer must be, of the sample what is not is left out.
func checked(m membership.Message, want membership.Kind) (membership.Message, error) {
	switch {
	case m.Kind != want:
		return m, fmt.Errorf("%w: kind is %s, want %s", ErrMessage, m.Kind, want)
	case m.Peer == nil:
		return m, fmt.Errorf("%w: %s without a peer", ErrMessage, want)
	case want == membership.JoinReply && (m.Verdict < membership.Accepted || m.Verdict > membership.Undialable):
		return m, fmt.Errorf("%w: verdict of %s is %s", ErrMessage, want, m.Verdict)
	}
	if err := m.Peer.Validate(); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrMessage, want, err)
	}
	m.Sample = slices.DeleteFunc(slices.Clone(m.Sample), func(s views.Sighting) bool {
		return s.Peer == nil || s.Peer.Validate() != nil || s.Age < 0
	})
	m.Sample = m.Sample[:min(len(m.Sample), wire.MaxPeers)]
	return m, nil
}
