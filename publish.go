// Publishing to everybody, and sending to one node.

package kith

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

var errTarget = fmt.Errorf("%w: not the ID of a node", ErrMessage)

// ErrBusy is returned instead of waiting, with [WithoutWaiting], while too much of
// what was published before has not been sent yet.
var ErrBusy = errors.New("kith: too much is waiting to be sent")

// PublishOption changes how one message is published.
type PublishOption func(*publishing)

type publishing struct {
	header  nats.Header
	hurried bool
}

// WithHeader gives the message a header.
func WithHeader(header nats.Header) PublishOption { return func(p *publishing) { p.header = header } }

// WithoutWaiting returns [ErrBusy] at once where the call would wait.
func WithoutWaiting() PublishOption { return func(p *publishing) { p.hurried = true } }

// Publish sends a message to every node of the mesh, this one included, where the
// subscriptions for the subject are given it. Data is copied. When Publish returns the
// message is about to be sent, with others that are published at the same time, and is as
// safe as the process; without a neighbor it stays here.
//
// While neighbors do not keep up, Publish waits for them: until they do, or are found to
// be too slow (StallAfter of [Config.Broadcast]), or ctx ends. Errors are those of ctx, [ErrBusy],
// [ErrClosed], or match [ErrSubject] or [ErrPayload].
func (n *Node) Publish(ctx context.Context, subject string, data []byte, opts ...PublishOption) error {
	if err := validSubject(subject); err != nil {
		return err
	}
	return n.publish(ctx, kindMessage, subject, data, opts)
}

func (n *Node) publish(ctx context.Context, kind byte, subject string, data []byte, opts []PublishOption) error {
	p, err := n.publishing(ctx, kind, data, opts)
	if err != nil {
		return err
	}
	c, size := n.carriage, contentSize(subject, p.header, data)
	if err := c.enter(ctx, p.hurried); err != nil {
		return err
	}
	fits := c.bundle.fits(size)
	now := c.now()
	if !fits {
		c.dispatch(now)
	}
	c.add(kind, subject, p.header, data)
	c.sendSoon()
	if fits {
		c.mu.Unlock()
	} else {
		c.finish(ctx, now, p.hurried)
	}
	return nil
}

// Send sends a message to one node, known by its ID, whose subscriptions for the subject
// are given it. It takes the way on which that node's messages come; where none is
// known it is sent through the whole mesh. It may be lost with a node or a link that breaks,
// not with one that is given up for another, and arrives once at most. That there is such a node is not known here. Waiting and
// errors are as with [Node.Publish].
func (n *Node) Send(ctx context.Context, node, subject string, data []byte, opts ...PublishOption) error {
	if err := validSubject(subject); err != nil {
		return err
	}
	return n.send(ctx, node, kindMessage, subject, data, opts)
}

func (n *Node) send(ctx context.Context, node string, kind byte, subject string, data []byte, opts []PublishOption) error {
	if !views.ValidToken(node) {
		return fmt.Errorf("%w: %q", errTarget, clipped(node))
	}
	p, err := n.publishing(ctx, kind, data, opts)
	if err != nil {
		return err
	}
	c := n.carriage
	if err := c.enter(ctx, p.hurried); err != nil {
		return err
	}
	frame := broadcast.BeginDirect(c.room(len(node)+len(subject)+headerSize(p.header)+len(data)), c.life, node)
	frame = c.made(appendContent(frame, kind, subject, p.header, data))
	now := c.now()
	c.step(broadcast.Input{Kind: broadcast.Routed, Now: now, Target: node, Gossip: broadcast.Gossip{
		Life: c.self, Frame: frame,
	}})
	c.finish(ctx, now, p.hurried)
	return nil
}

func (n *Node) publishing(ctx context.Context, kind byte, data []byte, opts []PublishOption) (p publishing, err error) {
	for _, opt := range opts {
		opt(&p)
	}
	most := n.cfg.MaxPayload
	switch kind {
	case kindMessage:
		p.header = n.trace.header(ctx, p.header)
	case kindPlane:
		most += PlaneEnvelope
	}
	if size := len(data) + headerSize(p.header); size > most {
		return p, fmt.Errorf("%w: %d bytes, want at most %d", ErrPayload, size, most)
	}
	return p, nil
}

// finish sends and delivers what a step has brought, gives the mutex back, and waits if
// it may.
func (c *carriage) finish(ctx context.Context, now time.Duration, hurried bool) {
	if hurried {
		c.settle(now)
		c.mu.Unlock()
		return
	}
	c.settleAndWait(ctx, now)
}

// enter takes the mutex when there is room on the links on which the next message
// will go.
func (c *carriage) enter(ctx context.Context, hurried bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.mu.Lock()
		if c.leaving {
			c.mu.Unlock()
			return ErrClosed
		}
		full := c.crowded()
		if full == nil {
			return nil
		}
		c.mu.Unlock()
		if hurried {
			return ErrBusy
		}
		c.await(ctx, full)
	}
}

// await waits for a channel, and looks up now and then: the link may have become lazy.
func (c *carriage) await(ctx context.Context, full *tcptransport.Channel) {
	ctx, cancel := context.WithTimeout(ctx, c.node.cfg.Broadcast.StallAfter/holdShare)
	defer cancel()
	_ = full.Wait(ctx) // whoever called looks again, at its own context too
}

// crowded returns the channel of a link that a publisher has to wait for, nil if there
// is none.
func (c *carriage) crowded() *tcptransport.Channel {
	for slot := range (c.core.Awaited() & c.full).All() {
		return c.lanes[slot].channel
	}
	return nil
}

// mostEnvelope is what a frame has besides what it carries, at most.
const mostEnvelope = wire.HeaderLen + 2 + 8 + 2*views.MaxID + 64
