// One test for every sentence of the paper that says what a node does. Where this
// implementation departs from it, the test holds the departure.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// one is a single node, called p, in a world of peers that do what a test says.
type one struct {
	t     *testing.T
	node  *membership.Node
	now   time.Duration
	links uint64
	zones bool // of an ID the first letter is the zone
}

// made is the record of another node.
func (o *one) made(id string) *views.Peer {
	p := made(id)
	if o.zones {
		p.Zone = id[:1]
	}
	return p
}

func newOne(t *testing.T, seed uint64, change func(*membership.Config)) *one {
	t.Helper()
	cfg := quiet()
	if change != nil {
		change(&cfg)
	}
	self := &views.Peer{ID: "p", Incarnation: 1, Addr: "p:7000"}
	node, err := membership.New(cfg, self, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		t.Fatal(err)
	}
	o := &one{t: t, node: node}
	o.step(membership.Input{Kind: membership.Start})
	return o
}

func made(id string) *views.Peer {
	return &views.Peer{ID: id, Incarnation: 1, Addr: id + ":7000"}
}

func (o *one) step(in membership.Input) []membership.Effect {
	o.t.Helper()
	in.Now = o.now
	effects := slices.Clone(o.node.Step(in))
	for i := range effects {
		effects[i].Message = copied(effects[i].Message)
	}
	if err := o.node.Invariants(); err != nil {
		o.t.Fatal(err)
	}
	return effects
}

// receives hands the node a message from a peer: on their link, if they are
// neighbors, or else on a new one.
func (o *one) receives(from string, m membership.Message) []membership.Effect {
	o.t.Helper()
	o.links++
	number := o.links
	if p, info := o.node.Active().Get(from); p != nil {
		number = info.Link
	}
	return o.step(membership.Input{Kind: membership.Received, Peer: o.made(from), Link: number, Message: m})
}

func (o *one) loses(id string, reason membership.Reason) []membership.Effect {
	o.t.Helper()
	var number uint64
	if p, info := o.node.Active().Get(id); p != nil {
		number = info.Link
	}
	return o.step(membership.Input{Kind: membership.LinkLost, Peer: made(id), Link: number, Reason: reason})
}

// has gives the node neighbors, which are past their grace then.
func (o *one) has(neighbors ...string) *one {
	o.t.Helper()
	for _, id := range neighbors {
		o.receives(id, membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1})
		if !o.node.Active().Has(id) {
			o.t.Fatalf("%s is no neighbor", id)
		}
	}
	o.now += time.Minute
	return o
}

// knows gives the node spare peers.
func (o *one) knows(spare ...string) []membership.Effect {
	o.t.Helper()
	var sample []views.Sighting
	for _, id := range spare {
		sample = append(sample, views.Sighting{Peer: o.made(id)})
	}
	return o.step(membership.Input{Kind: membership.Found, Sample: sample})
}

// sends are the messages of a kind among the effects.
func sends(effects []membership.Effect, kind membership.Kind) []membership.Effect {
	return slices.DeleteFunc(slices.Clone(effects), func(e membership.Effect) bool {
		return e.Kind != membership.Send || e.Message.Kind != kind
	})
}

// onlySend is the one message of a kind among the effects.
func onlySend(t *testing.T, effects []membership.Effect, kind membership.Kind) membership.Effect {
	t.Helper()
	found := sends(effects, kind)
	if len(found) != 1 {
		t.Fatalf("%d messages %s, want one", len(found), kind)
	}
	return found[0]
}

// joins lets a newcomer in: its Join, and its answer to what it is asked then.
func (o *one) joins(newcomer string) []membership.Effect {
	o.t.Helper()
	asked := o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
		Kind: membership.Join, Priority: membership.High, Peer: made(newcomer),
	}})
	request := onlySend(o.t, asked, membership.Neighbor)
	return o.receives(newcomer, membership.Message{
		Kind: membership.NeighborReply, Request: request.Message.Request, Verdict: membership.Accepted,
	})
}

// §5.1: the active view has 5 members, the passive view 30; ARWL is 6, PRWL 3; a
// shuffle carries 3 neighbors and 4 spare peers.
func TestPaperParameters(t *testing.T) {
	cfg := membership.DefaultConfig()
	got := []int{
		cfg.ActiveSize, cfg.PassiveSize, int(cfg.ARWL), int(cfg.PRWL), cfg.ShuffleActive, cfg.ShufflePassive,
	}
	if want := []int{5, 30, 6, 3, 3, 4}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// §4.2: "A node that receives a join request will start by adding the new node to
// its active view". Deviation: it asks the newcomer first, at its address; the
// newcomer is a neighbor when it has accepted.
func TestPaperJoinAddsNewcomer(t *testing.T) {
	o := newOne(t, 1, nil).has("a")
	effects := o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
		Kind: membership.Join, Priority: membership.High, Peer: made("x"),
	}})
	request := onlySend(t, effects, membership.Neighbor)
	if request.Peer.ID != "x" || request.Link != 0 || request.Message.Priority != membership.Joining {
		t.Fatalf("asks %v on link %d with %s", request.Peer, request.Link, request.Message.Priority)
	}
	if o.node.Active().Has("x") {
		t.Fatal("x has not answered yet")
	}
	o.receives("x", membership.Message{
		Kind: membership.NeighborReply, Request: request.Message.Request, Verdict: membership.Accepted,
	})
	if !o.node.Active().Has("x") {
		t.Fatal("x is no neighbor")
	}
}

// §4.2: "even if it has to drop a random node from it. In this case a disconnect
// notification is sent to the node that has been dropped". Deviation: the notice
// carries a sample, and names the newcomer, which has room.
func TestPaperJoinDropsRandomNeighbor(t *testing.T) {
	dropped := map[string]bool{}
	for seed := range uint64(30) {
		o := newOne(t, seed, func(cfg *membership.Config) { cfg.ActiveSize = 3 }).has("a", "b", "c")
		notice := onlySend(t, o.joins("x"), membership.Disconnect)
		if notice.Message.Reason != membership.Evicted || notice.Message.Peer.ID != "x" || len(notice.Message.Sample) == 0 {
			t.Fatalf("%s", describe(&notice.Message))
		}
		if o.node.Active().Has(notice.Peer.ID) || !o.node.Active().Has("x") {
			t.Fatal("the newcomer takes the place of the dropped one")
		}
		dropped[notice.Peer.ID] = true
	}
	if len(dropped) < 3 {
		t.Fatalf("only %v", dropped)
	}
}

// §4.2: "The contact node c will then send to all other nodes in its active view a
// ForwardJoin request containing the new node identifier", with TTL = ARWL: to
// those left after somebody was dropped, and not to the newcomer.
func TestPaperJoinSendsForwardJoins(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 3 }).has("a", "b", "c")
	effects := o.joins("x")
	dropped := onlySend(t, effects, membership.Disconnect).Peer.ID
	var to []string
	for _, e := range sends(effects, membership.ForwardJoin) {
		if e.Message.TTL != 6 || e.Message.Peer.ID != "x" || e.Link == 0 {
			t.Errorf("%s on link %d", describe(&e.Message), e.Link)
		}
		to = append(to, e.Peer.ID)
	}
	want := slices.DeleteFunc([]string{"a", "b", "c"}, func(id string) bool { return id == dropped })
	if slices.Sort(to); !slices.Equal(to, want) {
		t.Fatalf("sent to %v, want %v", to, want)
	}
}

// §4.2, every TTL: "if the time to live is equal to zero or if the number of nodes
// in p's active view is equal to one, it will add the new node to its active view";
// "if the time to live is equal to PRWL, p will insert the new node into its
// passive view"; "the time to live field is decremented"; "if, at this point, n has
// not been inserted in p's active view, p will forward the request to a random node
// in its active view (different from the one from which the request was received)".
// Deviations: nor is it the newcomer; whoever is to add the newcomer asks it.
func TestPaperForwardJoin(t *testing.T) {
	for ttl := range membership.TTL(9) {
		for _, alone := range []bool{false, true} {
			t.Run(fmt.Sprintf("ttl %d, one neighbor %v", ttl, alone), func(t *testing.T) {
				o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 3 })
				if alone {
					o.has("a")
				} else {
					o.has("a", "b", "c")
				}
				effects := o.receives("a", membership.Message{
					Kind: membership.ForwardJoin, TTL: ttl, Priority: membership.High, Peer: made("x"),
				})
				asked, passed := sends(effects, membership.Neighbor), sends(effects, membership.ForwardJoin)
				if ttl == 0 || alone {
					if len(asked) != 1 || asked[0].Peer.ID != "x" || len(passed) > 0 {
						t.Fatalf("asked %d, passed on %d", len(asked), len(passed))
					}
					return
				}
				if len(asked) > 0 || len(passed) != 1 {
					t.Fatalf("asked %d, passed on %d", len(asked), len(passed))
				}
				if next := passed[0]; next.Peer.ID == "a" || next.Message.TTL != min(ttl, 6)-1 || next.Message.Peer.ID != "x" {
					t.Fatalf("to %v: %s", next.Peer, describe(&next.Message))
				}
				if o.node.Passive().Has("x") != (ttl == 3) {
					t.Fatalf("in the passive view: %v", o.node.Passive().Has("x"))
				}
			})
		}
	}
}

// §4.2, Algorithm 1: a node that is in the active view is not added again.
// Deviation: the walk goes on, so that the newcomer finds somebody else; it is not
// passed to the newcomer, and just stops where it would end.
func TestPaperForwardJoinOfNeighbor(t *testing.T) {
	forward := func(ttl membership.TTL) membership.Message {
		return membership.Message{Kind: membership.ForwardJoin, TTL: ttl, Priority: membership.High, Peer: made("x")}
	}
	for seed := range uint64(20) {
		o := newOne(t, seed, nil).has("a", "b", "x")
		next := onlySend(t, o.receives("a", forward(3)), membership.ForwardJoin)
		if next.Peer.ID != "b" || next.Message.TTL != 2 || o.node.Passive().Has("x") {
			t.Fatalf("to %v: %s", next.Peer, describe(&next.Message))
		}
	}
	o := newOne(t, 1, nil).has("a", "b", "x")
	if effects := o.receives("a", forward(0)); len(effects) > 0 {
		t.Fatalf("%d effects", len(effects))
	}
	o = newOne(t, 1, nil).has("a", "x")
	if effects := o.receives("a", forward(3)); len(effects) > 0 {
		t.Fatalf("%d effects", len(effects))
	}
}

// §4.2, dropRandomElementFromActiveView: "n: Send(Disconnect), remove from the
// active view, add to the passive view". Deviation: there it is left alone for a
// while.
func TestPaperDroppedIsSpare(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 1 }).has("a")
	effects := o.receives("x", membership.Message{
		Kind: membership.Neighbor, Priority: membership.High, Request: 1,
	})
	if onlySend(t, effects, membership.Disconnect).Peer.ID != "a" {
		t.Fatal("a was to be dropped")
	}
	if p, spare := o.node.Passive().Get("a"); p == nil || spare.NotBefore <= o.now {
		t.Fatalf("a is known as %+v", spare)
	}
}

// §4.2, addNodePassiveView: ignores the node itself, members of the active and of
// the passive view; "if the passive view is full, a random node is dropped".
func TestPaperPassiveView(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize, cfg.PassiveSize = 1, 3 }).has("a")
	o.knows("p", "a", "x", "x", "y")
	if n := o.node.Passive().Len(); n != 2 {
		t.Fatalf("%d spare peers", n)
	}
	o.knows("z", "w")
	if n := o.node.Passive().Len(); n != 3 || !o.node.Passive().Has("w") {
		t.Fatalf("%d spare peers", n)
	}
}

// §4.2: whoever receives a Disconnect removes the sender from its active view and
// adds it to the passive view, if it was there. It is not answered.
func TestPaperDisconnect(t *testing.T) {
	o := newOne(t, 1, nil).has("a", "b")
	effects := o.receives("a", membership.Message{Kind: membership.Disconnect, Reason: membership.Evicted})
	if o.node.Active().Has("a") || !o.node.Passive().Has("a") || len(sends(effects, membership.Disconnect)) > 0 {
		t.Fatal("a is a spare peer now, and hears nothing")
	}
	o.receives("b", membership.Message{Kind: membership.Disconnect, Reason: membership.Leaving})
	if o.node.Passive().Has("b") {
		t.Fatal("deviation: whoever leaves is no spare peer")
	}
}

// §4.3: "When a node p suspects that one of the nodes present in its active view
// has failed (by either disconnecting or blocking), it selects a random node q from
// its passive view and attempts to establish a TCP connection".
func TestPaperRepairAsksSparePeer(t *testing.T) {
	for _, reason := range []membership.Reason{membership.Closed, membership.Silent, membership.Slow} {
		o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a", "b")
		o.knows("x", "y", "z")
		request := onlySend(t, o.loses("a", reason), membership.Neighbor)
		if request.Link != 0 || !o.node.Passive().Has(request.Peer.ID) {
			t.Fatalf("%s: asks %v on link %d", reason, request.Peer, request.Link)
		}
	}
}

// §4.3: "If the connection fails to establish, node q is considered failed and
// removed from p's passive view; another node q' is selected at random and a new
// attempt is made". Deviation: it is removed the second time, and then kept in the
// list of lost peers.
func TestPaperRepairTriesAnother(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a", "b")
	o.knows("x", "y")
	first := onlySend(t, o.loses("a", membership.Closed), membership.Neighbor).Peer.ID
	second := onlySend(t, o.loses(first, membership.Unreachable), membership.Neighbor).Peer.ID
	if second == first {
		t.Fatalf("%s was asked twice", first)
	}
	if p, spare := o.node.Passive().Get(first); p == nil || spare.Fails != 1 {
		t.Fatalf("%s is %+v", first, spare)
	}
	o.loses(first, membership.Unreachable)
	if o.node.Passive().Has(first) || !o.node.Lost().Has(first) {
		t.Fatalf("%s is no spare peer any more", first)
	}
}

// §4.3: "The priority of the Neighbor request can be either high or low. If the
// active view of p is empty, the priority is high, otherwise it is low".
func TestPaperPriority(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a")
	if m := sends(o.knows("x"), membership.Neighbor)[0].Message; m.Priority != membership.Low {
		t.Fatalf("%s with a neighbor", m.Priority)
	}
	o = newOne(t, 1, nil)
	if m := sends(o.knows("x"), membership.Neighbor)[0].Message; m.Priority != membership.High {
		t.Fatalf("%s without", m.Priority)
	}
	// Deviation: several are asked at the same time, one of them with high priority;
	// and whoever has just been evicted from its last place asks with low priority
	// first.
	o = newOne(t, 1, nil)
	o.now = time.Minute
	high := 0
	for _, e := range sends(o.knows("x", "y", "z"), membership.Neighbor) {
		if e.Message.Priority == membership.High {
			high++
		}
	}
	if high != 1 {
		t.Fatalf("%d with high priority", high)
	}
	o = newOne(t, 1, nil).has("a")
	effects := o.receives("a", membership.Message{
		Kind: membership.Disconnect, Reason: membership.Evicted, Sample: []views.Sighting{{Peer: made("x")}},
	})
	for _, e := range sends(effects, membership.Neighbor) {
		if e.Message.Priority != membership.Low {
			t.Fatalf("%s after an eviction", e.Message.Priority)
		}
	}
}

// §4.3: "A node q that receives a high priority Neighbor request will always accept
// the request, even if it has to drop a random member from its active view (again,
// the member that is dropped will receive a Disconnect notification)". Deviation:
// within limits.
func TestPaperHighPriority(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a", "b")
	high := membership.Message{Kind: membership.Neighbor, Priority: membership.High, Request: 5}
	accepted := 0
	for i := range 10 {
		effects := o.receives(fmt.Sprintf("x%d", i), high)
		reply := onlySend(t, effects, membership.NeighborReply).Message
		if reply.Request != 5 {
			t.Fatalf("answers #%d", reply.Request)
		}
		if reply.Verdict == membership.Accepted {
			accepted++
			onlySend(t, effects, membership.Disconnect)
		}
	}
	if accepted != 2 {
		t.Fatalf("%d evictions at once, in a view of 2", accepted)
	}
}

// §4.3: "If a node q receives a low priority Neighbor request, it will only accept
// the request if it has a free slot in its active view, otherwise it will refuse".
// Deviation: the refusal names others.
func TestPaperLowPriority(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a")
	low := membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 5}
	if m := onlySend(t, o.receives("x", low), membership.NeighborReply).Message; m.Verdict != membership.Accepted {
		t.Fatalf("%s with a free slot", m.Verdict)
	}
	m := onlySend(t, o.receives("y", low), membership.NeighborReply).Message
	if m.Verdict != membership.Refused || len(m.Sample) != 2 || o.node.Active().Has("y") {
		t.Fatalf("%s without", describe(&m))
	}
}

// §4.3: "If the node q accepts the Neighbor request, p will remove q's identifier
// from its passive view and add it to the active view. If q rejects, the initiator
// will select another node from its passive view and repeat the whole procedure
// (without removing q from its passive view)".
func TestPaperAnswers(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a")
	first := onlySend(t, o.knows("x"), membership.Neighbor)
	o.knows("y")
	second := onlySend(t, o.receives(first.Peer.ID, membership.Message{
		Kind: membership.NeighborReply, Request: first.Message.Request, Verdict: membership.Refused,
	}), membership.Neighbor)
	if second.Peer.ID != "y" || !o.node.Passive().Has("x") {
		t.Fatalf("asks %v, x is spare: %v", second.Peer, o.node.Passive().Has("x"))
	}
	o.receives("y", membership.Message{
		Kind: membership.NeighborReply, Request: second.Message.Request, Verdict: membership.Accepted,
	})
	if !o.node.Active().Has("y") || o.node.Passive().Has("y") {
		t.Fatal("y moves from the passive to the active view")
	}
}

// fill gives the node five neighbors a to e, and the spare peers u to z.
func (o *one) fill() *one {
	o.has("a", "b", "c", "d", "e")
	o.knows("u", "v", "w", "x", "y", "z")
	return o
}

func shuffleNow(o *one) membership.Effect {
	return onlySend(o.t, o.step(membership.Input{
		Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer},
	}), membership.Shuffle)
}

// §4.4: "The node p creates an exchange list with its own identifier, ka nodes from
// its active view and kp nodes from its passive view, and sends it in a Shuffle
// request to a random neighbor". The own identifier is the origin.
func TestPaperShuffle(t *testing.T) {
	o := newOne(t, 1, nil).fill()
	e := shuffleNow(o)
	neighbors, spare := 0, 0
	for _, s := range e.Message.Sample {
		if s.Peer.ID == e.Peer.ID {
			t.Error("tells the receiver about itself")
		}
		if o.node.Active().Has(s.Peer.ID) {
			neighbors++
		} else if o.node.Passive().Has(s.Peer.ID) {
			spare++
		}
	}
	if neighbors != 3 || spare != 4 || e.Message.Peer.ID != "p" || e.Message.TTL != 6 || !o.node.Active().Has(e.Peer.ID) {
		t.Fatalf("%d neighbors and %d spare peers to %v: %s", neighbors, spare, e.Peer, describe(&e.Message))
	}
}

// §4.4: "A node q that receives a Shuffle request will first decrease its time to
// live. If the time to live is greater than zero and the number of nodes in q's
// active view is greater than 1, the node will select a random node from its active
// view, different from the one it received this shuffle message from, and simply
// forward the Shuffle request. Otherwise, node q accepts". The origin stays the
// origin. Deviation: it is not forwarded to the origin.
func TestPaperShuffleWalk(t *testing.T) {
	for ttl := range membership.TTL(9) {
		o := newOne(t, 1, nil).fill()
		effects := o.receives("a", membership.Message{
			Kind: membership.Shuffle, Request: 9, TTL: ttl, Peer: made("b"),
			Sample: []views.Sighting{{Peer: made("s")}},
		})
		passed, replies := sends(effects, membership.Shuffle), sends(effects, membership.ShuffleReply)
		if ttl <= 1 {
			if len(passed) > 0 || len(replies) != 1 || !o.node.Passive().Has("s") {
				t.Fatalf("ttl %d: passed on %d, answered %d", ttl, len(passed), len(replies))
			}
			continue
		}
		if len(passed) != 1 || len(replies) > 0 || o.node.Passive().Has("s") {
			t.Fatalf("ttl %d: passed on %d, answered %d", ttl, len(passed), len(replies))
		}
		m := passed[0].Message
		if m.TTL != min(ttl, 6)-1 || m.Peer.ID != "b" || m.Request != 9 || len(m.Sample) != 1 ||
			passed[0].Peer.ID == "a" || passed[0].Peer.ID == "b" {
			t.Fatalf("ttl %d: to %v %s", ttl, passed[0].Peer, describe(&m))
		}
	}
	// With nobody to forward it to but the sender, or the origin.
	for _, neighbors := range [][]string{{"a"}, {"a", "b"}} {
		o := newOne(t, 1, nil).has(neighbors...)
		o.receives("a", membership.Message{
			Kind: membership.Shuffle, Request: 9, TTL: 5, Peer: made("b"), Sample: []views.Sighting{{Peer: made("s")}},
		})
		if !o.node.Passive().Has("s") {
			t.Fatalf("not accepted among %v", neighbors)
		}
	}
}

// §4.4: "If node q accepts the Shuffle request, it selects randomly from its passive
// view a number of nodes equal to the number of nodes received in the Shuffle
// request and sends a ShuffleReply to p, using a temporary TCP connection".
// Deviation: a link to p that exists is used.
func TestPaperShuffleReply(t *testing.T) {
	shuffle := func(origin string, n int) membership.Message {
		m := membership.Message{Kind: membership.Shuffle, Request: 9, TTL: 1, Peer: made(origin)}
		for i := range n {
			m.Sample = append(m.Sample, views.Sighting{Peer: made(fmt.Sprintf("s%d", i))})
		}
		return m
	}
	for n := range 10 {
		o := newOne(t, 1, nil).fill()
		reply := onlySend(t, o.receives("a", shuffle("o", n)), membership.ShuffleReply)
		if want := min(n+1, 6); len(reply.Message.Sample) != want {
			t.Fatalf("%d for %d and the origin", len(reply.Message.Sample), n)
		}
		for _, s := range reply.Message.Sample {
			if !slices.Contains([]string{"u", "v", "w", "x", "y", "z"}, s.Peer.ID) {
				t.Fatalf("%v is not from the passive view", s.Peer)
			}
		}
		if reply.Peer.ID != "o" || reply.Link != 0 || reply.Message.Request != 9 {
			t.Fatalf("to %v on link %d: %s", reply.Peer, reply.Link, describe(&reply.Message))
		}
	}
	o := newOne(t, 1, nil).fill()
	_, info := o.node.Active().Get("b")
	number := info.Link
	if reply := onlySend(t, o.receives("a", shuffle("b", 3)), membership.ShuffleReply); reply.Link != number {
		t.Fatalf("on link %d", reply.Link)
	}
}

// §4.4: "both nodes integrate the elements they received in the Shuffle or the
// ShuffleReply message into their passive views (naturally, they exclude their own
// identifier and nodes that are part of the active or passive views). Because the
// passive view has a fixed length, it might get full; in that case, some identifiers
// will have to be removed: p will first attempt to remove identifiers sent to the
// peer. If no such identifiers remain to be removed, it will remove identifiers at
// random".
func TestPaperShuffleIntegrates(t *testing.T) {
	for seed := range uint64(20) {
		o := newOne(t, seed, func(cfg *membership.Config) { cfg.PassiveSize = 6 }).fill()
		sent := shuffleNow(o)
		var spare []string
		for _, s := range sent.Message.Sample {
			if o.node.Passive().Has(s.Peer.ID) {
				spare = append(spare, s.Peer.ID)
			}
		}
		reply := membership.Message{Kind: membership.ShuffleReply, Request: sent.Message.Request}
		for _, id := range []string{"p", "a", "k1", "k2", "k3", "k4"} {
			reply.Sample = append(reply.Sample, views.Sighting{Peer: made(id)})
		}
		o.receives("b", reply) // of a stranger who answers the node remembers besides
		for _, id := range []string{"k1", "k2", "k3", "k4"} {
			if !o.node.Passive().Has(id) {
				t.Fatalf("%s is missing", id)
			}
		}
		for _, id := range spare {
			if o.node.Passive().Has(id) {
				t.Fatalf("%s was sent and is still here", id)
			}
		}
	}
}

// §5.5: a slow node is expelled, and "the expelled node should not come straight
// back": it is left alone for longer than others.
func TestPaperSlowNeighbor(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize = 2 }).has("a", "b")
	if effects := o.loses("a", membership.Slow); len(sends(effects, membership.Neighbor)) > 0 {
		t.Fatal("a is asked at once")
	}
	if p, spare := o.node.Passive().Get("a"); p == nil || spare.NotBefore < o.now+40*time.Second {
		t.Fatalf("%+v", spare)
	}
}
