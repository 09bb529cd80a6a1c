// How the two sides of an attached link keep each other informed.

package linker

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// conversation is the exchange of hellos on one attachment. Each side asks the
// other and is up when it is welcomed. A side that is not up and hears a hello
// asks at once, so that whoever comes first need not ask often. When both are up they take turns:
// whoever asks finds out whether words pass in both directions, and so for both.
type conversation struct {
	k     *link
	a     *attachment
	pause *backoff
	timer *time.Timer // when to ask again
	first uint64      // the number of the first hello of this conversation
	// sent is when each of the latest hellos was sent, by its number modulo the
	// length.
	sent [4]time.Time
	// asking: a hello has been sent since the latest answer.
	asking bool
	misses int // hellos unanswered in a row
	up     bool
	// turn: the neighbor has asked since this side was welcomed last, which asks next.
	turn bool
}

// converse returns why the link has failed, or when ctx ends.
func (k *link) converse(ctx context.Context, a *attachment, pause *backoff) error {
	c := &conversation{k: k, a: a, pause: pause, first: k.seq + 1, timer: time.NewTimer(k.l.cfg.HelloTimeout)}
	defer c.timer.Stop()
	if err := c.ask(); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-a.closed:
			err = a.lost()
		case <-k.kick:
			err = c.ask()
		case m := <-a.hellos:
			err = c.hear(m)
		case <-c.timer.C:
			err = c.elapse()
		}
		if err != nil {
			return err
		}
	}
}

// ask sends a hello.
func (c *conversation) ask() error {
	if !c.a.conn.IsConnected() {
		return c.a.lost()
	}
	c.k.seq++
	c.sent[c.k.seq%uint64(len(c.sent))] = time.Now()
	c.asking = true
	c.timer.Reset(c.k.l.cfg.HelloTimeout)
	return c.say(hello{Word: wordHello, Seq: c.k.seq})
}

// say sends a word to the neighbor. The reply subject serves one purpose: the
// server's word that nobody is there comes back on it.
func (c *conversation) say(h hello) error {
	plan, id := &c.k.l.plan, c.k.id
	h.From, h.To = c.k.l.cfg.Self.Incarnation, c.k.life
	var err error
	if h.Word == wordHello {
		err = c.a.conn.PublishRequest(plan.helloTo(id), plan.helloFrom(id), h.encode())
	} else {
		err = c.a.conn.Publish(plan.helloTo(id), h.encode())
	}
	if err != nil {
		return fmt.Errorf("linker: saying %s: %w", h.Word, err)
	}
	return nil
}

// elapse is called when it is time to ask again.
func (c *conversation) elapse() error {
	if c.asking {
		c.misses++
		if c.misses >= c.k.l.cfg.HelloMisses {
			return c.silent()
		}
	}
	return c.ask()
}

// silent is the error of a neighbor that does not answer. What a server has
// complained about, such as a missing permission, often is the reason.
func (c *conversation) silent() error {
	if err := c.a.conn.LastError(); err != nil {
		return fmt.Errorf("%w: %w", ErrSilent, err)
	}
	return ErrSilent
}

// hear takes what comes from the neighbor, or from the server in its place.
func (c *conversation) hear(m *nats.Msg) error {
	if nobody(m) {
		if c.asking {
			c.refused(ErrAbsent)
		}
		return nil
	}
	h, err := decodeHello(m.Data)
	if err != nil {
		c.k.l.malformed.Add(1)
		c.k.l.cfg.Logger.Debug().Err(err).Str("peer", c.k.id).Msg("link_hello_ignored")
		return nil
	}
	switch h.Word {
	case wordHello:
		return c.answer(h)
	case wordWelcome:
		c.welcomed(h)
	case wordRefuse:
		if h.Seq == c.k.seq {
			c.refused(h.refusal())
		}
	}
	return nil
}

// answer answers a hello of the neighbor's. The first one since the latest welcome spares the own
// one that is due, but those after it do not: a neighbor that repeats itself may not hear.
func (c *conversation) answer(h hello) error {
	if !c.agrees(h) {
		return c.say(hello{Word: wordRefuse, Why: whyIncarnation, Seq: h.Seq})
	}
	err := c.say(hello{Word: wordWelcome, Seq: h.Seq})
	switch {
	case err != nil:
		return err
	case !c.up:
		return c.ask()
	case !c.turn && !c.asking:
		c.timer.Reset(c.pause.jitter(c.k.l.cfg.Reconcile))
	}
	c.turn = true
	return nil
}

// agrees reports whether a word is spoken between the two lives that this link
// is for.
func (c *conversation) agrees(h hello) bool {
	return h.From == c.k.life && h.To == c.k.l.cfg.Self.Incarnation
}

// welcomed takes the answer that makes the link up, and keeps it so.
func (c *conversation) welcomed(h hello) {
	if h.Seq < c.first || h.Seq > c.k.seq {
		return
	}
	if !c.agrees(h) {
		c.refused(ErrIncarnation)
		return
	}
	if recent := uint64(len(c.sent)); c.k.seq-h.Seq < recent {
		c.k.measured(time.Since(c.sent[h.Seq%recent]))
	}
	c.asking, c.misses, c.up = false, 0, true
	c.pause.reset()
	c.k.enter(Up, nil)
	next := c.k.l.cfg.Reconcile // the neighbor asks before
	if c.turn {
		next = c.pause.jitter(next) // unless it did already, at the same time
	}
	c.turn = false
	c.timer.Reset(next)
}

// refused takes a word that the link is not wanted, or that nobody is there.
func (c *conversation) refused(err error) {
	c.asking, c.misses, c.up = false, 0, false
	c.k.enter(Waiting, err)
	c.timer.Reset(c.pause.next())
}
