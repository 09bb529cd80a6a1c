// From the mesh to the server.

package natsbridge

import (
	"context"
	"errors"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// importer takes what other bridges send. Each of its methods is called from one goroutine
// of its own.
type importer struct {
	b       *Bridge
	in      message
	out     leafnode.Message
	origin  latest // whether it belongs to the same NATS cluster
	plain   latest // of messages for no group, whether they are wanted
	subject []byte // a rewritten reply
	replied message
}

// message hands the server a message, if somebody there wants it.
func (i *importer) message(m *kith.Message) {
	if m.Origin == i.b.self {
		return
	}
	if err := i.in.parse(m.Data); err != nil {
		i.b.complain(m.Origin, err)
		return
	}
	if !i.wanted(m) {
		return
	}
	if len(i.in.reply) > 0 {
		i.subject = appendReply(i.subject[:0], m.Origin, i.in.reply)
		i.out.Reply = i.subject
	} else {
		i.out.Reply = nil
	}
	i.out.Subject, i.out.Header, i.out.Data = i.in.subject, i.in.header, i.in.data
	i.b.inject(&i.out)
}

// wanted reports whether the server is to be given the message, and notes for which groups.
// Who is asked for by somebody whose choice was wrong says so.
func (i *importer) wanted(m *kith.Message) bool {
	b := i.b
	i.out.Queues = i.out.Queues[:0]
	if i.ours(m.Origin) {
		return false // our server has it from its own cluster
	}
	if yes, ok := i.plain.get(b, i.in.subject); ok && yes && len(i.in.queues) == 0 {
		return true
	}
	b.mu.Lock()
	exporter, plain := b.core.Exporter(), b.core.Wanted(i.in.subject)
	i.plain.set(b, i.in.subject, exporter && plain)
	for _, q := range i.in.queues {
		if string(q.node) == b.self && b.core.WantedBy(i.in.subject, q.queue) {
			i.out.Queues = append(i.out.Queues, q.queue)
		}
	}
	b.mu.Unlock()
	switch {
	case !exporter, !plain && len(i.out.Queues) == 0:
		if m.Direct && i.in.alone && len(i.in.reply) > 0 {
			b.counters.noResponders.Add(1)
			b.answer(m.Origin, i.in.reply)
		}
		return false
	}
	return true
}

// ours reports whether the bridge of that node is attached to the same NATS cluster: one that acted
// for it while the mesh was cut in two.
func (i *importer) ours(origin string) bool {
	if yes, ok := i.origin.get(i.b, []byte(origin)); ok {
		return yes
	}
	i.b.mu.Lock()
	defer i.b.mu.Unlock()
	yes := i.b.core.Ours(origin)
	i.origin.set(i.b, []byte(origin), yes)
	return yes
}

// reply hands the server a reply for somebody who has asked there.
func (i *importer) reply(m *kith.Message) {
	in := &i.replied
	if err := in.parse(m.Data); err != nil {
		i.b.complain(m.Origin, err)
		return
	}
	if !answerable(in.subject) {
		i.b.counters.refused.Add(1)
		return
	}
	out := leafnode.Message{Subject: in.subject, Header: in.header, Data: in.data}
	if len(in.reply) > 0 {
		out.Reply = appendReply(nil, m.Origin, in.reply)
	}
	i.b.inject(&out)
}

// inject hands the server a message, at the latest with the next Push, and waits for room.
func (b *Bridge) inject(m *leafnode.Message) {
	err := b.server.Queue(m)
	if errors.Is(err, leafnode.ErrPending) {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		if b.server.Flush(ctx) == nil {
			err = b.server.Queue(m)
		}
	}
	if err != nil {
		b.counters.undelivered.Add(1)
		return
	}
	b.counters.delivered.Add(1)
}
