// The attachment by a client's connection, for servers that accept no leaf nodes.

package natsbridge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// client attaches by a connection. A server tells clients nothing of subscriptions, so it
// subscribes to all of Config.Subjects, and says that everybody here wants them. It cannot
// hand a message to one member of a queue group, and therefore serves none.
type client struct {
	b    *Bridge
	conn *nats.Conn
	in   chan *nats.Msg

	mu   sync.Mutex
	subs []*nats.Subscription
	done chan struct{}
	work sync.WaitGroup
}

func newClient(b *Bridge, conn *nats.Conn) (*client, error) {
	c := &client{b: b, conn: conn, in: make(chan *nats.Msg, 64<<10), done: make(chan struct{})}
	for _, subject := range append([]string{anyReply}, b.cfg.Subjects...) {
		sub, err := conn.ChanSubscribe(subject, c.in)
		if err != nil {
			c.unsubscribe()
			return nil, fmt.Errorf("natsbridge: subscribe to %q: %w", subject, err)
		}
		c.subs = append(c.subs, sub)
	}
	return c, nil
}

// Start implements attachment.
func (c *client) Start() error {
	c.work.Go(c.run)
	return nil
}

// run follows the connection and what comes by it.
func (c *client) run() {
	status := c.conn.StatusChanged(nats.CONNECTED, nats.RECONNECTING, nats.CLOSED)
	defer c.conn.RemoveStatusListener(status)
	up := false
	follow := func() {
		now := c.conn.IsConnected()
		switch {
		case now && !up:
			c.attached()
		case !now && up:
			c.b.exporter.Down(nats.ErrDisconnected)
		}
		up = now
	}
	follow()
	for {
		select {
		case <-status:
			follow()
		case m := <-c.in:
			c.message(m)
		case <-c.done:
			return
		}
	}
}

// attached tells the bridge of the server, and that everything is wanted there.
func (c *client) attached() {
	x := &c.b.exporter
	x.Up(leafnode.Server{
		ID: c.conn.ConnectedServerId(), Name: c.conn.ConnectedServerName(), Cluster: c.conn.ConnectedClusterName(),
		MaxPayload: int(c.conn.MaxPayload()),
	})
	for _, subject := range c.b.cfg.Subjects {
		x.Interest(subject, "", 1)
	}
	x.Synced()
}

// message hands the bridge a message of the server.
func (c *client) message(m *nats.Msg) {
	out := leafnode.Message{Subject: []byte(m.Subject), Reply: []byte(m.Reply), Data: m.Data}
	if len(m.Header) > 0 {
		header := headerBytes(m.Header)
		out.Header, out.Data = len(header), append(header, m.Data...)
	}
	c.b.exporter.Message(&out)
}

// Subscribe implements attachment: everything is subscribed to already.
func (c *client) Subscribe(string, string, int) error { return nil }

// Push implements attachment: the connection writes by itself.
func (c *client) Push() {}

// Queue implements attachment. Who belongs to a queue group is given the message like everybody
// else, by the server.
func (c *client) Queue(m *leafnode.Message) error {
	out := &nats.Msg{Subject: string(m.Subject), Reply: string(m.Reply), Data: m.Data[m.Header:]}
	if m.Header > 0 {
		header, err := nats.DecodeHeadersMsg(m.Data[:m.Header])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrMessage, err)
		}
		out.Header = header
	}
	return c.conn.PublishMsg(out)
}

// Flush implements attachment.
func (c *client) Flush(ctx context.Context) error { return c.conn.FlushWithContext(ctx) }

// Close implements attachment. The connection stays open.
func (c *client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return
	default:
	}
	close(c.done)
	c.unsubscribe()
	c.work.Wait()
}

func (c *client) unsubscribe() {
	for _, sub := range c.subs {
		_ = sub.Unsubscribe() // a connection that is closed has none
	}
}

// headerBytes returns a header as it is sent.
func headerBytes(header nats.Header) []byte {
	b := []byte("NATS/1.0\r\n")
	for _, key := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[key] {
			b = append(append(append(append(b, key...), ": "...), value...), "\r\n"...)
		}
	}
	return append(b, "\r\n"...)
}
