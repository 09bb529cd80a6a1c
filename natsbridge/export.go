// From the server to the mesh.

package natsbridge

import (
	"context"
	"errors"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge/interest"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// patience is how long a message waits for slow neighbors, or for the server, before it is
// given up. A server closes a connection that is not read for 10 s.
const patience = 2 * time.Second

// exporter takes what the server says. The attachment calls it from one goroutine.
type exporter struct {
	b     *Bridge
	up    bool // there is a connection
	here  bool // somebody at the own server wants the message, too
	out   message
	buf   []byte
	plain latest // of messages for no group, whether they cross
}

// Up implements [leafnode.Handler].
func (x *exporter) Up(s leafnode.Server) {
	group := s.Cluster
	if group == "" {
		group = s.ID
	}
	x.b.log.Info().Str("server", s.Name).Str("group", group).Str("account", s.Account).Msg("bridge_attached")
	x.up = true
	x.b.post(interest.Input{Kind: interest.Attached, Group: group})
}

// Interest implements [leafnode.Handler].
func (x *exporter) Interest(subject, queue string, weight int) {
	x.b.post(interest.Input{Kind: interest.Local, Key: interest.Key{Subject: subject, Queue: queue}, Weight: weight})
}

// Synced implements [leafnode.Handler].
func (x *exporter) Synced() {
	x.b.post(interest.Input{Kind: interest.Synced})
}

// Down implements [leafnode.Handler]: it is told of every attempt, too.
func (x *exporter) Down(err error) {
	if !x.up {
		return
	}
	x.up = false
	x.b.log.Warn().Err(err).Msg("bridge_detached")
	x.b.post(interest.Input{Kind: interest.Detached})
}

// Pause implements [leafnode.Handler].
func (x *exporter) Pause() {}

// Message implements [leafnode.Handler]: it sends a message to whoever wants it.
func (x *exporter) Message(m *leafnode.Message) {
	if node, reply, ok := cutReply(m.Subject); ok {
		x.reply(node, reply, m)
		return
	}
	crosses, plain := x.choose(m)
	x.out.alone = !plain && len(m.Queues) == 1 && len(x.out.queues) == 1 && !x.here
	switch {
	case !crosses:
		x.b.counters.refused.Add(1)
	case plain:
		x.send(m, "")
	case len(x.out.queues) > 0:
		x.serve(m)
	case len(m.Reply) > 0 && !x.here:
		x.b.noResponders(m.Reply)
	default:
		x.b.counters.unwanted.Add(1)
	}
}

// choose decides who serves the groups that the server names, and reports whether the message
// may cross, and whether somebody elsewhere wants it plainly.
func (x *exporter) choose(m *leafnode.Message) (crosses, plain bool) {
	x.out.queues = x.out.queues[:0]
	if yes, ok := x.plain.get(x.b, m.Subject); ok && yes && len(m.Queues) == 0 {
		return true, true
	}
	x.b.mu.Lock()
	defer x.b.mu.Unlock()
	if !x.b.core.Exporter() || !x.b.core.Crosses(m.Subject) {
		return false, false
	}
	for _, queue := range m.Queues {
		if node, ok := x.b.core.Choose(m.Subject, queue); ok && len(x.out.queues) < mostQueues {
			x.out.queues = append(x.out.queues, served{queue, []byte(node)})
		}
	}
	plain, x.here = x.b.core.Elsewhere(m.Subject), x.b.core.Wanted(m.Subject)
	x.plain.set(x.b, m.Subject, plain)
	return true, plain
}

// acts reports whether this bridge acts for its NATS cluster.
func (x *exporter) acts() bool {
	x.b.mu.Lock()
	defer x.b.mu.Unlock()
	return x.b.core.Exporter()
}

// serve sends a message that nobody wants plainly to the nodes that serve its groups.
func (x *exporter) serve(m *leafnode.Message) {
	all := x.out.queues
	for len(all) > 0 {
		node := string(all[0].node)
		mine, others := all[:0:0], all[:0:0]
		for _, q := range all {
			if string(q.node) == node {
				mine = append(mine, q)
			} else {
				others = append(others, q)
			}
		}
		x.out.queues = mine
		x.send(m, node)
		all = others
	}
}

// send sends a message to everybody, or to one node.
func (x *exporter) send(m *leafnode.Message, node string) {
	x.out.subject, x.out.reply, x.out.header, x.out.data = m.Subject, m.Reply, m.Header, m.Data
	x.buf = appendMessage(x.buf[:0], &x.out)
	x.dispatch(node, subjectMessage)
}

// reply sends a reply to the node of the one who asked.
func (x *exporter) reply(node string, subject []byte, m *leafnode.Message) {
	if !x.acts() {
		return // another bridge of the NATS cluster has it, too
	}
	x.out = message{subject: subject, reply: m.Reply, header: m.Header, data: m.Data, queues: x.out.queues[:0]} // not alone
	x.buf = appendMessage(x.buf[:0], &x.out)
	x.dispatch(node, subjectReply)
}

// dispatch gives what is in buf to the mesh, for a node or for all. A deadline costs as much as all the
// rest of it, so there is one only for what has to wait.
func (x *exporter) dispatch(node, subject string) {
	err := x.hand(x.b.ctx, node, subject, kith.WithoutWaiting())
	if errors.Is(err, kith.ErrBusy) {
		ctx, cancel := context.WithTimeout(x.b.ctx, patience)
		defer cancel()
		err = x.hand(ctx, node, subject)
	}
	x.sent(err)
}

func (x *exporter) hand(ctx context.Context, node, subject string, opts ...kith.PublishOption) error {
	if node == "" {
		return x.b.plane.Publish(ctx, subject, x.buf, opts...)
	}
	return x.b.plane.Send(ctx, node, subject, x.buf, opts...)
}

// sent counts a message, or why it was not sent.
func (x *exporter) sent(err error) {
	switch {
	case err == nil:
		x.b.counters.exported.Add(1)
	case errors.Is(err, kith.ErrPayload):
		x.b.counters.tooLong.Add(1)
	default:
		x.b.counters.late.Add(1)
	}
}
