// What a step delivers: messages for everybody, for this node alone, and gaps.

package kith

import (
	"bytes"
	"maps"

	"github.com/kithmesh/kith/broadcast"
)

// deliver hands the messages of a frame to the subscriptions that want them.
func (c *carriage) deliver(e *broadcast.Effect) {
	all, err := openBundle(e.Frame)
	if err != nil {
		c.bad.Add(1)
		return
	}
	if e.Ordered {
		c.compare(e.Life, all.before)
	}
	run := delivery{frame: e.Frame, life: e.Life, hop: e.Hop, number: all.before + 1}
	var same []byte // kind and subject of the messages in the run
	for all.more() {
		from := all.at()
		content, err := all.next()
		if err == nil && (same == nil || !bytes.HasPrefix(content, same)) {
			c.give(e, &run)
			run.number += uint64(run.count)
			run.from, run.count = uint32(from), 0
			same, err = c.begin(e, &run, content)
		}
		if err != nil {
			c.bad.Add(1)
			break
		}
		run.until = uint32(all.at())
		run.count++
	}
	c.give(e, &run)
	if e.Ordered {
		c.heard[e.Life] = run.number + uint64(run.count) - 1
	}
}

// begin begins a run of messages with one of that content, and returns what all others
// in it begin with. One for a single node is a run of its own.
func (c *carriage) begin(e *broadcast.Effect, run *delivery, content []byte) (same []byte, err error) {
	run.to = nil
	parsed, err := parseContent(content)
	switch {
	case err != nil:
		return nil, err
	case parsed.kind != kindWrapped:
		run.to, run.skip = c.audience.of(parsed.kind, parsed.subject), uint16(parsed.skip)
		return content[:parsed.skip], nil
	case e.Fresh && string(parsed.subject) == c.node.self.ID:
		c.unwrap(parsed.data, e.Hop)
	}
	return nil, nil
}

// give hands messages to the subscriptions that want them.
func (c *carriage) give(e *broadcast.Effect, run *delivery) {
	if run.to == nil {
		return
	}
	for _, s := range run.to.taken {
		if s.asItComes && e.Fresh || !s.asItComes && e.Ordered {
			*c.fill(s) = *run
		}
	}
}

// compare tells all subscriptions that care when messages of an origin are missing
// before those that are about to be delivered in order.
func (c *carriage) compare(life broadcast.Life, before uint64) {
	last, known := c.heard[life]
	switch {
	case !known && len(c.heard) >= 2*c.node.cfg.Broadcast.MaxSources:
		maps.DeleteFunc(c.heard, func(l broadcast.Life, _ uint64) bool { return !c.core.Knows(l) })
	case known && before > last:
		c.node.log.Warn().Str("origin", life.ID()).Uint64("first", last+1).Uint64("until", before).Msg("messages_missed")
		for _, s := range c.audience.all {
			if s.onGap != nil {
				c.fill(s).gap = newGap(life, last+1, before, Unavailable)
			}
		}
	}
}

// fill makes room in what a batch brings one subscription.
func (c *carriage) fill(s *Subscription) *delivery {
	if len(s.incoming) == 0 {
		c.filled = append(c.filled, s)
	}
	s.incoming = append(s.incoming, delivery{})
	return &s.incoming[len(s.incoming)-1]
}

// unwrap delivers a frame for this node that came within a broadcast.
func (c *carriage) unwrap(data []byte, hops uint8) {
	frame := bytes.Clone(data) // those of a broadcast are shared
	g, target, err := broadcast.ParseDirect(frame)
	if err != nil || target != c.node.self.ID {
		c.bad.Add(1)
		return
	}
	c.arrive(frame, max(g.Hop, 1)-1+hops)
}

// arrive delivers a frame that was sent to this node alone.
func (c *carriage) arrive(frame []byte, hop uint8) {
	life, _ := broadcast.DirectSender(frame)
	body := broadcast.DirectContent(frame)
	content, err := parseContent(body)
	if err != nil || content.kind == kindWrapped {
		c.bad.Add(1)
		return
	}
	run := delivery{
		frame: frame, life: life, hop: hop, direct: true, count: 1, skip: uint16(content.skip),
		to:   c.audience.of(content.kind, content.subject),
		from: uint32(len(frame) - len(body)), until: uint32(len(frame)),
	}
	for _, s := range run.to.taken {
		*c.fill(s) = run
	}
}
