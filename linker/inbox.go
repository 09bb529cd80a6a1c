// What arrives on one connection, and who may hear it.

package linker

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/views"
)

// inbox is the queue of one connection. Its goroutine calls the handlers, one
// message after the other in the order in which the server sent them.
type inbox struct {
	l    *Linker
	conn *nats.Conn
	msgs chan *nats.Msg
}

func newInbox(l *Linker, conn *nats.Conn) *inbox {
	return &inbox{l: l, conn: conn, msgs: make(chan *nats.Msg, l.cfg.Pending)}
}

// run delivers until ctx ends. What is queued then is dropped.
func (in *inbox) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-in.msgs:
			in.deliver(m)
		}
	}
}

// deliver hands a message to the handlers if it comes from a neighbor, on the
// connection of the link to it. The second condition is what keeps a message
// from arriving twice where the servers of two neighbors exchange messages.
func (in *inbox) deliver(m *nats.Msg) {
	l := in.l
	r := l.routes.Load()
	sender, subject, direct, ok := l.plan.read(m.Subject)
	if r == nil || !ok {
		return
	}
	k := r.links[sender]
	if k == nil {
		l.strangers.Add(1)
		in.decline(m, direct)
		return
	}
	if a := k.attached.Load(); a == nil || a.conn != in.conn {
		return
	}
	k.msgsIn.Add(1)
	k.bytesIn.Add(uint64(len(m.Data)))
	if !l.handle(Msg{From: sender, Subject: subject, Header: m.Header, Data: m.Data, raw: m}) {
		in.decline(m, direct)
	}
}

// decline answers a request that nobody handles.
func (in *inbox) decline(m *nats.Msg, direct bool) {
	if !direct {
		return
	}
	if err := answerNobody(m); err != nil {
		in.l.cfg.Logger.Debug().Err(err).Msg("link_request_not_declined")
	}
}

// heardLocally takes the hellos on the local connection to their link. nats.go
// calls it, so it does not block.
func (l *Linker) heardLocally(m *nats.Msg) {
	r := l.routes.Load()
	if r == nil {
		return
	}
	sender := m.Subject[len(l.plan.linkSelf):]
	switch k := r.links[sender]; {
	case k == nil:
		l.refuseStranger(sender, m)
	case k.dials:
		// The link has its own connection; this is the copy that a server
		// connected to the neighbor's has passed on.
	default:
		select {
		case k.hellos <- m:
		default:
		}
	}
}

// refuseStranger answers the hello of a node that is no neighbor, or not yet.
func (l *Linker) refuseStranger(sender string, m *nats.Msg) {
	if nobody(m) || !views.ValidToken(sender) {
		return
	}
	h, err := decodeHello(m.Data)
	if err != nil {
		l.malformed.Add(1)
		return
	}
	if h.Word != wordHello {
		return
	}
	no := hello{Word: wordRefuse, Why: whyUnwanted, From: l.cfg.Self.Incarnation, To: h.From, Seq: h.Seq}
	if err := l.local.Publish(l.plan.helloTo(sender), no.encode()); err != nil {
		l.cfg.Logger.Debug().Err(err).Str("peer", sender).Msg("link_hello_not_refused")
	}
}
