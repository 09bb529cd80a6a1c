// What a message takes along of the context in which it was published: a trace, a deadline
// of the application's own, the name of a tenant.

package kith

import (
	"context"
	"slices"

	"github.com/nats-io/nats.go"
)

// tracer is what WithTrace was given; either may be nil.
type tracer struct {
	inject  func(ctx context.Context, header nats.Header)
	extract func(ctx context.Context, header nats.Header) context.Context
	// base is what extract adds to. It has no values: what the context of Start knows, such
	// as a trace of its own, is not where messages come from.
	base context.Context
}

// begin makes the base, which ends when the node's context does.
func (t *tracer) begin(n *Node) {
	base, cancel := context.WithCancel(context.Background())
	end := n.cancel
	t.base, n.cancel = base, func() {
		end()
		cancel()
	}
}

// WithTrace lets messages take along what belongs to the context in which they are published.
// Inject is called by [Node.Publish] and [Node.Send] with their context and a header that it may
// write into: a new one, or a copy of that of [WithHeader]. What it writes counts towards
// [Config.MaxPayload]. Extract is called by [Message.Context], with a context without values that ends
// with the node, and with the header that has come, which anybody in the mesh may have written; it returns the
// context for the handler. Either may be nil. Both are called by many goroutines at once.
//
// With OpenTelemetry, whose carrier of HTTP headers is of the same form:
//
//	p := otel.GetTextMapPropagator()
//	kith.WithTrace(
//		func(ctx context.Context, h nats.Header) { p.Inject(ctx, propagation.HeaderCarrier(h)) },
//		func(ctx context.Context, h nats.Header) context.Context { return p.Extract(ctx, propagation.HeaderCarrier(h)) },
//	)
//
// Inject is not asked for messages on a [Plane].
func WithTrace(
	inject func(ctx context.Context, header nats.Header),
	extract func(ctx context.Context, header nats.Header) context.Context,
) Option {
	return func(o *options) { o.trace = tracer{inject: inject, extract: extract} }
}

// header returns the header of a message, with what inject adds.
func (t *tracer) header(ctx context.Context, header nats.Header) nats.Header {
	if t.inject == nil {
		return header
	}
	mine := make(nats.Header, len(header)+1)
	for key, values := range header {
		mine[key] = slices.Clip(values) // so that what is appended is not the caller's
	}
	t.inject(ctx, mine)
	return mine
}

// Context returns the context for whatever a handler does with the message: it ends with the
// node, and has in it what extract of [WithTrace] finds in the header. It is made anew with each
// call. That of a Message that did not come from a node is [context.Background].
func (m *Message) Context() context.Context {
	if m.node == nil {
		return context.Background()
	}
	t := &m.node.trace
	if t.extract == nil {
		return t.base
	}
	return t.extract(t.base, m.Header)
}
