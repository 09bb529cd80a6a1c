// "No responders", where the server could not know it.

package natsbridge

import (
	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// nobody is the header by which NATS says that there is nobody to answer.
const nobody = "NATS/1.0 503\r\n\r\n"

// noResponders tells somebody at the own server that nobody answers: who wanted the subject
// has gone since the server handed the request over.
func (b *Bridge) noResponders(reply []byte) {
	b.counters.noResponders.Add(1)
	b.inject(&leafnode.Message{Subject: reply, Header: len(nobody), Data: []byte(nobody)})
	b.server.Push()
}

// answer tells somebody at the server of another node the same.
func (b *Bridge) answer(node string, reply []byte) {
	data := appendMessage(nil, &message{subject: reply, header: len(nobody), data: []byte(nobody)})
	if err := b.plane.Send(b.ctx, node, subjectReply, data, kith.WithoutWaiting()); err != nil {
		b.counters.late.Add(1)
	}
}
