// A long life among very many peers, after which nothing is left of them.

package membership_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// crowd is one node and a crowd of peers, each of which it meets only once.
type crowd struct {
	t      *testing.T
	node   *membership.Node
	rng    *rand.Rand
	now    time.Duration
	timers []alarm
	inbox  []membership.Input // what the peers answer
	met    int                // how many there were
	link   uint64
	gone   bool // nobody answers any more
	most   struct{ remembered, pending, timers int }
}

// alarm is a timer that is set.
type alarm struct {
	at    time.Duration
	timer membership.Timer
}

// set sets a timer; they are kept in the order in which they are due.
func (c *crowd) set(a alarm) {
	after := func(b alarm, at time.Duration) int { return cmp.Or(cmp.Compare(b.at, at), -1) }
	i, _ := slices.BinarySearchFunc(c.timers, a.at, after)
	c.timers = slices.Insert(c.timers, i, a)
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{t: t, rng: rand.New(rand.NewPCG(1, 2))}
	node, err := membership.New(membership.DefaultConfig(), made("p"), rand.New(rand.NewPCG(3, 4)))
	if err != nil {
		t.Fatal(err)
	}
	c.node = node
	c.step(membership.Input{Kind: membership.Start})
	return c
}

// newcomer returns a peer that nobody has met.
func (c *crowd) newcomer() *views.Peer {
	c.met++
	return made(fmt.Sprint("x", c.met))
}

func (c *crowd) sample(n int) []views.Sighting {
	sample := make([]views.Sighting, n)
	for i := range sample {
		sample[i] = views.Sighting{Peer: c.newcomer(), Age: time.Duration(c.rng.IntN(60)) * time.Second}
	}
	return sample
}

func (c *crowd) step(in membership.Input) {
	c.t.Helper()
	in.Now = c.now
	effects := c.node.Step(in)
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case membership.Schedule:
			c.set(alarm{c.now + e.After, e.Timer})
		case membership.Send:
			c.answer(e)
		case membership.Ask:
			if !c.gone {
				c.inbox = append(c.inbox, membership.Input{Kind: membership.Answered, Message: membership.Message{
					Kind: membership.JoinReply, Verdict: membership.Redirected, Peer: c.newcomer(), Sample: c.sample(2),
				}})
			}
		case membership.Emit, membership.Close, membership.Answer:
		}
	}
	if err := c.node.Invariants(); err != nil {
		c.t.Fatal(err)
	}
	c.most.remembered = max(c.most.remembered, c.node.Remembered())
	c.most.pending = max(c.most.pending, c.node.Pending())
	c.most.timers = max(c.most.timers, len(c.timers))
}

// answer is what a peer does with a message: it accepts, refuses and names others,
// cannot be dialed, or says nothing.
func (c *crowd) answer(e *membership.Effect) {
	reply := membership.Input{Kind: membership.Received, Peer: e.Peer, Link: e.Link}
	if e.Link == 0 {
		c.link++
		reply.Link = c.link
	}
	switch kind := e.Message.Kind; {
	case c.gone:
		reply.Kind, reply.Link, reply.Reason = membership.LinkLost, e.Link, membership.Unreachable
	case kind == membership.Shuffle:
		reply.Message = membership.Message{Kind: membership.ShuffleReply, Request: e.Message.Request, Sample: c.sample(3)}
	case kind != membership.Neighbor:
		return
	default:
		reply.Message = membership.Message{Kind: membership.NeighborReply, Request: e.Message.Request}
		switch c.rng.IntN(4) {
		case 0:
			reply.Message.Verdict = membership.Accepted
		case 1:
			reply.Message.Verdict, reply.Message.Sample = membership.Refused, c.sample(2)
		case 2:
			reply = membership.Input{Kind: membership.LinkLost, Peer: e.Peer, Link: e.Link, Reason: membership.Unreachable}
		default:
			return
		}
	}
	c.inbox = append(c.inbox, reply)
}

// pass lets time pass, with the timers and the answers that come meanwhile.
func (c *crowd) pass(d time.Duration) {
	c.t.Helper()
	until := c.now + d
	for {
		for len(c.inbox) > 0 {
			in := c.inbox[0]
			c.inbox = c.inbox[1:]
			c.step(in)
		}
		if len(c.timers) == 0 || c.timers[0].at > until {
			c.now = until
			return
		}
		next := c.timers[0]
		c.timers = slices.Delete(c.timers, 0, 1)
		c.now = next.at
		c.step(membership.Input{Kind: membership.Expired, Timer: next.timer})
	}
}

// neighbor returns a random neighbor with its link.
func (c *crowd) neighbor() (*views.Peer, uint64) {
	if c.node.Active().Len() == 0 {
		return nil, 0
	}
	p, info := c.node.Active().At(c.rng.IntN(c.node.Active().Len()))
	return p, info.Link
}

// meet lets somebody new come, by one way of all there are.
func (c *crowd) meet() {
	c.t.Helper()
	stranger := func(m membership.Message) {
		c.link++
		c.step(membership.Input{Kind: membership.Received, Peer: c.newcomer(), Link: c.link, Message: m})
	}
	friend, link := c.neighbor()
	from := func(m membership.Message) {
		if friend != nil {
			c.step(membership.Input{Kind: membership.Received, Peer: friend, Link: link, Message: m})
		}
	}
	priority := membership.Low + membership.Priority(c.rng.IntN(4))
	switch c.rng.IntN(13) {
	case 0, 1:
		stranger(membership.Message{Kind: membership.Neighbor, Request: 1, Priority: priority, Peer: c.newcomer()})
	case 2:
		c.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
			Kind: membership.Join, Priority: membership.High, Peer: c.newcomer(), Sample: c.sample(2),
		}})
	case 3:
		from(membership.Message{Kind: membership.ForwardJoin, TTL: membership.TTL(c.rng.IntN(7)), Priority: membership.High, Peer: c.newcomer()})
	case 4:
		from(membership.Message{
			Kind: membership.Shuffle, TTL: membership.TTL(c.rng.IntN(7)), Request: 1, Peer: c.newcomer(), Sample: c.sample(4),
		})
	case 5:
		c.step(membership.Input{Kind: membership.Found, Sample: c.sample(3)})
	case 6:
		stranger(membership.Message{Kind: membership.Heartbeat, Active: true})
	case 7:
		stranger(membership.Message{Kind: membership.Disconnect, Reason: membership.Leaving, Sample: c.sample(1)})
	case 8:
		from(membership.Message{
			Kind: membership.Disconnect, Reason: membership.Evicted + membership.Reason(c.rng.IntN(5)), Peer: c.newcomer(), Sample: c.sample(2),
		})
	case 9:
		stranger(membership.Message{Kind: membership.ShuffleReply, Request: uint32(c.rng.IntN(9)), Sample: c.sample(2)})
	case 10:
		stranger(membership.Message{Kind: membership.NeighborReply, Request: 1, Verdict: membership.Accepted})
	case 11: // a newer life of a neighbor
		if friend != nil {
			again := *friend
			again.Incarnation++
			c.link++
			c.step(membership.Input{
				Kind: membership.Received, Peer: &again, Link: c.link,
				Message: membership.Message{Kind: membership.Neighbor, Request: 1, Priority: membership.Low},
			})
		}
	default:
		if friend != nil {
			reason := membership.Slow + membership.Reason(c.rng.IntN(7))
			c.step(membership.Input{Kind: membership.LinkLost, Peer: friend, Link: link, Reason: reason})
		}
	}
}

// leaveAlone ends all links: from then on nobody can be reached.
func (c *crowd) leaveAlone() {
	c.t.Helper()
	c.gone, c.inbox = true, nil
	for p, link := c.neighbor(); p != nil; p, link = c.neighbor() {
		c.step(membership.Input{Kind: membership.LinkLost, Peer: p, Link: link, Reason: membership.Silent})
	}
}

// TestSoak lets a node meet twenty thousand peers, with KITH_SOAK five times as many, by all ways.
// All the time its lists are within their bounds, and when nobody has been there for as
// long as it remembers anything, it remembers nothing.
func TestSoak(t *testing.T) {
	peers := testkit.Soak(20_000, 100_000)
	c := newCrowd(t)
	c.pass(time.Minute)
	before := testkit.HeapInUse()
	for c.met < peers {
		c.meet()
		c.pass(time.Duration(c.rng.IntN(200)) * time.Millisecond)
	}
	t.Logf("%d peers in %v; at most %d notes, %d requests, %d timers", c.met, c.now, c.most.remembered, c.most.pending, c.most.timers)
	if c.most.remembered > 5*64+256 || c.most.pending > 64 || c.most.timers > 200 {
		t.Errorf("at most %+v", c.most)
	}
	c.leaveAlone()
	cfg := membership.DefaultConfig()
	c.pass(cfg.LostFor + cfg.MaxAge + time.Hour)

	n := c.node
	if n.Active().Len()+n.Passive().Len()+n.Lost().Len()+n.Remembered()+n.Pending() > 0 || !n.Blank() {
		t.Errorf("it has %d neighbors, %d spare and %d lost peers, %d notes, %d requests; blank: %t",
			n.Active().Len(), n.Passive().Len(), n.Lost().Len(), n.Remembered(), n.Pending(), n.Blank())
	}
	kinds := map[membership.TimerKind]int{}
	for _, a := range c.timers {
		if kinds[a.timer.Kind]++; kinds[a.timer.Kind] > 1 {
			t.Errorf("%d timers of kind %d", kinds[a.timer.Kind], a.timer.Kind)
		}
	}
	c.timers, c.inbox = nil, nil
	if after := testkit.HeapInUse(); after > before+64<<10 {
		t.Errorf("%d bytes of heap, %d before", after, before)
	}
	runtime.KeepAlive(c)
}
