// What messages take along of the context in which they were published.

package kith_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
)

// traceKey is under what a trace is in a context, and traceHeader where it is in a header.
type traceKey struct{}

const traceHeader = "Traceparent"

// withTrace carries the trace of a context, if there is one, through the same conversion and the
// same methods as the HeaderCarrier of OpenTelemetry.
func withTrace() kith.Option {
	return kith.WithTrace(
		func(ctx context.Context, header nats.Header) {
			if trace, ok := ctx.Value(traceKey{}).(string); ok {
				http.Header(header).Add("traceparent", trace)
			}
		},
		func(ctx context.Context, header nats.Header) context.Context {
			if trace := http.Header(header).Get("traceparent"); trace != "" {
				ctx = context.WithValue(ctx, traceKey{}, trace)
			}
			return ctx
		},
	)
}

func traced(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

func TestMessagesTakeTheTraceAlong(t *testing.T) {
	contact, err := kith.Start(traced(t.Context(), "of the start"), kith.Config{Cluster: "trace", ID: "a"}, withTrace())
	if err != nil {
		t.Fatal(err)
	}
	defer contact.Stop()
	cfg := kith.Config{Cluster: "trace", ID: "b", Contacts: []string{contact.Self().Addr}}
	node, err := kith.Start(t.Context(), cfg, withTrace())
	if err != nil {
		t.Fatal(err)
	}
	defer node.Stop()
	for _, n := range []*kith.Node{contact, node} {
		if err := n.WaitReady(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	heard := make(chan *kith.Message, 10)
	if _, err := contact.Subscribe(">", func(m *kith.Message) { heard <- m }); err != nil {
		t.Fatal(err)
	}

	own := nats.Header{traceHeader: append(make([]string, 0, 4), "mine"), "Other": {"x"}}
	ctx := traced(t.Context(), "t1")
	for _, c := range []struct {
		publish    func() error
		trace      any
		values     []string
		otherwords int
	}{
		{func() error { return node.Publish(ctx, "a", nil) }, "t1", []string{"t1"}, 0},
		{func() error { return node.Send(ctx, "a", "a", nil) }, "t1", []string{"t1"}, 0},
		{func() error { return node.Publish(ctx, "a", nil, kith.WithHeader(own)) }, "mine", []string{"mine", "t1"}, 1},
		{func() error { return node.Publish(t.Context(), "a", nil) }, nil, nil, 0},
		{func() error { return contact.Publish(ctx, "a", nil) }, "t1", []string{"t1"}, 0},
	} {
		if err := c.publish(); err != nil {
			t.Fatal(err)
		}
		m := <-heard
		if got := m.Context().Value(traceKey{}); got != c.trace {
			t.Errorf("trace %v, want %v", got, c.trace)
		}
		if got := m.Header[traceHeader]; strings.Join(got, " ") != strings.Join(c.values, " ") || len(m.Header["Other"]) != c.otherwords {
			t.Errorf("header %v, want %v", m.Header, c.values)
		}
	}
	if len(own) != 2 || len(own[traceHeader]) != 1 || own[traceHeader][:2][1] != "" {
		t.Errorf("the publisher's own header became %v", own)
	}
}

func TestContextOfAMessageEndsWithItsNode(t *testing.T) {
	var blank kith.Message
	if ctx := blank.Context(); ctx.Done() != nil {
		t.Error("a message of nobody has a context that ends")
	}
	// A header of another node's is not looked at, unless the node extracts something.
	node, err := kith.Start(t.Context(), kith.Config{Cluster: "trace"})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Stop()
	heard := make(chan *kith.Message, 1)
	if _, err := node.Subscribe("a", func(m *kith.Message) { heard <- m }); err != nil {
		t.Fatal(err)
	}
	if err := node.Publish(traced(t.Context(), "x"), "a", nil); err != nil {
		t.Fatal(err)
	}
	m := <-heard
	if ctx := m.Context(); ctx.Err() != nil || ctx.Value(traceKey{}) != nil || m.Header != nil {
		t.Errorf("%v with the header %v", ctx, m.Header)
	}
	node.Stop()
	if m.Context().Err() == nil {
		t.Error("it goes on without the node")
	}
}

// What is injected counts.
func TestTraceCountsTowardsThePayload(t *testing.T) {
	cfg := kith.Config{Cluster: "trace", MaxPayload: 4096}
	node, err := kith.Start(t.Context(), cfg, withTrace())
	if err != nil {
		t.Fatal(err)
	}
	defer node.Stop()
	data := make([]byte, cfg.MaxPayload)
	if err := node.Publish(t.Context(), "a", data); err != nil {
		t.Errorf("without a trace: %v", err)
	}
	if err := node.Publish(traced(t.Context(), "x"), "a", data); err == nil {
		t.Error("with a trace it goes out, beyond MaxPayload")
	}
}
