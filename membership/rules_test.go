// Rules beyond the paper, one test each: answers and races, repair, restarts,
// leaving, what is believed.

package membership_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// events are what the effects tell the application.
func events(effects []membership.Effect) []string {
	var told []string
	for _, e := range effects {
		if e.Kind == membership.Emit {
			text := e.Event.Kind.String()
			if e.Event.Peer != nil {
				text += " " + nameOf(e.Event.Peer)
			}
			told = append(told, text)
		}
	}
	return told
}

// closes are the links that the effects close, as peer and number.
func closes(effects []membership.Effect) []string {
	var closed []string
	for _, e := range effects {
		if e.Kind == membership.Close {
			closed = append(closed, fmt.Sprintf("%s %d", nameOf(e.Peer), e.Link))
		}
	}
	return closed
}

func expectEqual[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func small(size int) func(*membership.Config) {
	return func(cfg *membership.Config) { cfg.ActiveSize = size }
}

// An answer counts for the request whose number it carries, and for no other.
func TestReplyNeedsItsNumber(t *testing.T) {
	o := newOne(t, 1, nil)
	request := onlySend(t, o.knows("x"), membership.Neighbor).Message.Request
	reply := membership.Message{Kind: membership.NeighborReply, Request: request + 1, Verdict: membership.Accepted}
	o.receives("x", reply)
	if o.node.Active().Has("x") || o.node.Pending() != 1 {
		t.Fatal("the request still waits")
	}
	reply.Request = request
	o.receives("x", reply)
	if !o.node.Active().Has("x") {
		t.Fatal("that was the answer")
	}
}

// A request that is not answered in time ends with its link, so that an answer
// under way cannot make a neighbor on one side only.
func TestRequestTimeout(t *testing.T) {
	o := newOne(t, 1, nil)
	effects := o.knows("x")
	i := slices.IndexFunc(effects, func(e membership.Effect) bool { return e.Timer.Kind == membership.RequestTimer })
	if effects[i].After != 3*time.Second {
		t.Fatalf("given up after %v", effects[i].After)
	}
	o.now += effects[i].After
	expectEqual(t, "closed", closes(o.step(membership.Input{Kind: membership.Expired, Timer: effects[i].Timer})), []string{"x 0"})
	if _, spare := o.node.Passive().Get("x"); spare.Fails != 1 || o.node.Pending() != 0 {
		t.Fatal("x has failed once")
	}
}

// A Disconnect is the end of a request as well: the link it was sent on is closed.
func TestDisconnectEndsRequest(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a")
	o.knows("x")
	o.receives("x", membership.Message{Kind: membership.Disconnect, Reason: membership.NotActive})
	if o.node.Pending() != 0 {
		t.Fatal("the request still waits")
	}
}

// Somebody asked to fill a slot who accepts when it is filled is not needed, and is
// told so.
func TestSurplusAcceptance(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a")
	request := onlySend(t, o.knows("x"), membership.Neighbor).Message.Request
	o.has("b")
	effects := o.receives("x", membership.Message{
		Kind: membership.NeighborReply, Request: request, Verdict: membership.Accepted,
	})
	if m := onlySend(t, effects, membership.Disconnect).Message; m.Reason != membership.NotActive {
		t.Fatal(describe(&m))
	}
	if len(events(effects)) > 0 || o.node.Stats().Surplus != 1 {
		t.Fatal("x was never a neighbor")
	}
}

// A neighbor that asks again is answered yes, and nobody is evicted. On another
// link, that one is used from then on: the end of the old one means nothing.
func TestNeighborAsksAgain(t *testing.T) {
	o := newOne(t, 1, small(1)).has("a")
	again := membership.Message{Kind: membership.Neighbor, Request: 8, Priority: membership.Low}
	if told := events(o.receives("a", again)); len(told) > 0 {
		t.Fatal(told)
	}
	_, info := o.node.Active().Get("a")
	old := info.Link
	effects := o.step(membership.Input{Kind: membership.Received, Peer: made("a"), Link: 99, Message: again})
	expectEqual(t, "events", events(effects), []string{"neighbor_update a"})
	expectEqual(t, "closed", closes(effects), []string{fmt.Sprint("a ", old)})
	if m := onlySend(t, effects, membership.NeighborReply).Message; m.Verdict != membership.Accepted || m.Request != 8 {
		t.Fatal(describe(&m))
	}
	o.step(membership.Input{Kind: membership.LinkLost, Peer: made("a"), Link: old, Reason: membership.Closed})
	if p, info := o.node.Active().Get("a"); p == nil || info.Link != 99 {
		t.Fatal("a is a neighbor, on link 99")
	}
}

// While few are known, an unknown contact is from another island: it is asked for an
// exchange of links, and again with every attempt to join until that has come about. A
// known one is not.
func TestIslandIsLinked(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a", "b")
	attempt := uint32(0)
	meets := func(id string) []membership.Effect {
		return sends(o.step(membership.Input{Kind: membership.Answered, Message: membership.Message{
			Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: made(id),
		}}), membership.Neighbor)
	}
	triesAgain := func() []membership.Effect {
		o.now += 10 * time.Second
		attempt++
		return sends(o.step(membership.Input{Kind: membership.Expired, Timer: membership.Timer{
			Kind: membership.JoinTimer, Sequence: attempt,
		}}), membership.Neighbor)
	}
	o.knows("x")
	if len(meets("x")) > 0 || len(triesAgain()) > 0 {
		t.Fatal("x is known")
	}
	asked := meets("y")
	for _, verdict := range []membership.Verdict{membership.Refused, membership.Accepted} {
		if len(asked) != 1 || asked[0].Peer.ID != "y" || asked[0].Message.Priority != membership.Swap {
			t.Fatalf("before it is %s: %d requests", verdict, len(asked))
		}
		if len(triesAgain()) > 0 {
			t.Fatal("y has been asked")
		}
		o.receives("y", membership.Message{
			Kind: membership.NeighborReply, Request: asked[0].Message.Request, Verdict: verdict, Degree: 2, Peer: made("z"),
		})
		asked = triesAgain()
	}
	if len(asked) > 0 || !o.node.Active().Has("y") {
		t.Fatal("y is a neighbor")
	}
}

// In an exchange, the neighbor that the other side gave up is not given up here
// too, should it be a neighbor of both: it would lose two links at once.
func TestExchangeSparesCommonNeighbor(t *testing.T) {
	for seed := range uint64(30) {
		o := newOne(t, seed, small(2)).has("a", "b")
		o.knows("w", "x", "y", "z")
		request := onlySend(t, o.step(membership.Input{
			Kind: membership.Expired, Timer: membership.Timer{Kind: membership.RotateTimer},
		}), membership.Neighbor)
		notice := onlySend(t, o.receives(request.Peer.ID, membership.Message{
			Kind: membership.NeighborReply, Request: request.Message.Request, Verdict: membership.Accepted,
			Degree: 2, Peer: made("a"),
		}), membership.Disconnect)
		if notice.Peer.ID != "b" || notice.Message.Peer.ID != "a" {
			t.Fatalf("gives up %v, which is to ask %v", notice.Peer, notice.Message.Peer)
		}
	}
}

// Every refusal names others. A round does not go on for ever for that: after a
// passive view's worth of requests there is a pause.
func TestRoundEnds(t *testing.T) {
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.ActiveSize, cfg.PassiveSize = 2, 10 }).has("a")
	waiting := sends(o.knows("first"), membership.Neighbor)
	asked := 0
	for ; len(waiting) > 0; asked++ {
		if asked > 100 {
			t.Fatal("it does not end")
		}
		request := waiting[0]
		waiting = append(waiting[1:], sends(o.receives(request.Peer.ID, membership.Message{
			Kind: membership.NeighborReply, Request: request.Message.Request, Verdict: membership.Refused,
			Sample: []views.Sighting{{Peer: made(fmt.Sprint("x", asked))}, {Peer: made(fmt.Sprint("y", asked))}},
		}), membership.Neighbor)...)
	}
	if asked != 10 {
		t.Fatalf("%d requests in a round", asked)
	}
}

// A node with one free slot whose neighbor has one too cannot link to it again. It
// passes the slot on, by an exchange; but only then, as there may be no other.
func TestFreeSlotIsPassedOn(t *testing.T) {
	for _, degree := range []uint8{1, 2} {
		o := newOne(t, 1, small(2)).has("a")
		o.receives("a", membership.Message{Kind: membership.Heartbeat, Active: true, Degree: degree})
		request := onlySend(t, o.knows("x"), membership.Neighbor)
		swaps := sends(o.receives("x", membership.Message{
			Kind: membership.NeighborReply, Request: request.Message.Request, Verdict: membership.Refused,
		}), membership.Neighbor)
		if (len(swaps) == 1 && swaps[0].Message.Priority == membership.Swap) != (degree == 1) {
			t.Fatalf("%d requests, a neighbor has %d of 2", len(swaps), degree)
		}
	}
}

// Whatever a peer sends shows that it is alive: a lost one is a spare peer again,
// and its failures are forgotten; a newer life replaces an older one.
func TestSignOfLife(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a", "b")
	o.loses("a", membership.Closed)
	if !o.node.Lost().Has("a") {
		t.Fatal("a is lost")
	}
	o.receives("a", membership.Message{Kind: membership.ShuffleReply, Request: 9})
	if o.node.Lost().Has("a") || !o.node.Passive().Has("a") {
		t.Fatal("a is back")
	}
	o.loses("a", membership.Unreachable)
	if _, spare := o.node.Passive().Get("a"); spare.Fails != 1 {
		t.Fatal("a has failed once")
	}
	later := &views.Peer{ID: "a", Incarnation: 2, Addr: "elsewhere:7000"}
	o.step(membership.Input{Kind: membership.Received, Peer: later, Link: 50, Message: membership.Message{
		Kind: membership.ShuffleReply, Request: 9,
	}})
	if p, spare := o.node.Passive().Get("a"); p != later || spare.Fails != 0 {
		t.Fatalf("known as %+v, %+v", p, spare)
	}
}

// A link that brought the answer to a shuffle is ended by a node that wants nobody, unless it is
// that of a neighbor, or of somebody who is asked to be one.
func TestLinkOfAnAnswerEnds(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		from string
		want bool
	}{
		"full":            {2, "x", true},
		"a free slot":     {3, "x", false},
		"of the neighbor": {2, "b", false},
	} {
		o := newOne(t, 1, small(c.size)).has("a", "b")
		shuffle := onlySend(t, o.step(membership.Input{
			Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer},
		}), membership.Shuffle)
		effects := o.receives(c.from, membership.Message{Kind: membership.ShuffleReply, Request: shuffle.Message.Request})
		closed := slices.ContainsFunc(effects, func(e membership.Effect) bool {
			return e.Kind == membership.Close && e.Peer.ID == c.from
		})
		if closed != c.want {
			t.Errorf("%s: the link ends: %v, want %v", name, closed, c.want)
		}
	}
}

// At an address where somebody else answers, nobody is looked for any more.
func TestWrongPeerIsForgotten(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a")
	o.knows("x")
	o.loses("x", membership.WrongPeer)
	o.loses("a", membership.Closed)
	o.loses("a", membership.WrongPeer)
	if o.node.Passive().Has("x") || o.node.Lost().Has("a") {
		t.Fatal("both are gone")
	}
}

// A newer life of a neighbor replaces it, and the old link is closed; the older one
// is sent away.
func TestNewerLife(t *testing.T) {
	o := newOne(t, 1, small(1)).has("a")
	old, info := o.node.Active().Get("a")
	closed := fmt.Sprintf("a %d", info.Link)
	later := *old
	later.Incarnation = 2
	ask := membership.Message{Kind: membership.Neighbor, Request: 1, Priority: membership.Low}
	effects := o.step(membership.Input{Kind: membership.Received, Peer: &later, Link: 50, Message: ask})
	expectEqual(t, "events", events(effects), []string{"neighbor_down a", "neighbor_up a/2"})
	expectEqual(t, "closed", closes(effects), []string{closed})
	effects = o.step(membership.Input{Kind: membership.Received, Peer: old, Link: 51, Message: ask})
	if m := onlySend(t, effects, membership.Disconnect).Message; m.Reason != membership.Superseded {
		t.Fatal(describe(&m))
	}
	expectEqual(t, "closed", closes(effects), []string{"a 51"})
}

// Whoever leaves says so to its neighbors and to those it has asked, who may accept
// just now. It is not isolated, it is gone.
func TestLeaveTellsAll(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a")
	o.knows("x")
	effects := o.step(membership.Input{Kind: membership.Leave})
	var told []string
	for _, e := range sends(effects, membership.Disconnect) {
		if e.Message.Reason != membership.Leaving {
			t.Error(describe(&e.Message))
		}
		told = append(told, e.Peer.ID)
	}
	expectEqual(t, "told", told, []string{"a", "x"})
	expectEqual(t, "events", events(effects), []string{"neighbor_down a"})
	if effects := o.receives("b", membership.Message{Kind: membership.Neighbor, Priority: membership.High, Request: 1}); len(effects) > 0 {
		t.Fatal("it does nothing any more")
	}
}

// Hearsay does not bring back a life that left, nor one before it; a later one is
// welcome, until it leaves too.
func TestWhoeverLeftStaysOut(t *testing.T) {
	o := newOne(t, 1, small(2)).has("b")
	alive := func(incarnation uint64) bool {
		p := &views.Peer{ID: "a", Incarnation: incarnation, Addr: "a:7000"}
		o.step(membership.Input{Kind: membership.Found, Sample: []views.Sighting{{Peer: p}}})
		return o.node.Passive().Has("a")
	}
	leaves := func(incarnation uint64) {
		o.links++
		p := &views.Peer{ID: "a", Incarnation: incarnation, Addr: "a:7000"}
		o.step(membership.Input{Kind: membership.Received, Peer: p, Link: o.links, Message: membership.Message{
			Kind: membership.Disconnect, Reason: membership.Leaving,
		}})
	}
	leaves(2)
	if alive(1) || alive(2) || !alive(3) {
		t.Fatal("the second life has left")
	}
	leaves(3)
	if alive(2) || alive(3) || !alive(4) {
		t.Fatal("the third life has left too")
	}
	leaves(4)
	o.now += 6 * time.Minute
	o.step(membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer}})
	if !alive(4) {
		t.Fatal("it is remembered for five minutes")
	}
}

// Isolated is told once, when the last neighbor is gone, and not when its place has
// been taken in the same step.
func TestIsolated(t *testing.T) {
	o := newOne(t, 1, small(1)).has("a")
	expectEqual(t, "events", events(o.loses("a", membership.Closed)), []string{"neighbor_down a", "isolated"})
	o.has("b")
	expectEqual(t, "events", events(o.receives("c", membership.Message{
		Kind: membership.Neighbor, Priority: membership.High, Request: 1,
	})), []string{"neighbor_down b", "neighbor_up c"})
}

// Two nodes that were given one ID and start in the same millisecond are the same life,
// and still two: only a Join from the own address is the node's own.
func TestTwinsAreToldApart(t *testing.T) {
	for addr, want := range map[string]membership.Verdict{"p:7000": membership.Own, "elsewhere:7000": membership.Stale} {
		o := newOne(t, 1, small(2))
		twin := made("p")
		twin.Addr = addr
		effects := o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{Kind: membership.Join, Peer: twin}})
		answer := effects[slices.IndexFunc(effects, func(e membership.Effect) bool { return e.Kind == membership.Answer })]
		if answer.Message.Verdict != want {
			t.Errorf("%s: %s", addr, describe(&answer.Message))
		}
	}
}

// A visit to the meeting place by a node that has neighbors exchanges samples, and
// evicts nobody.
func TestVisit(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a", "b")
	effects := o.step(membership.Input{Kind: membership.Asked, Token: 4, Message: membership.Message{
		Kind: membership.Join, Priority: membership.Low, Peer: made("x"), Sample: []views.Sighting{{Peer: made("y")}},
	}})
	answer := effects[slices.IndexFunc(effects, func(e membership.Effect) bool { return e.Kind == membership.Answer })]
	if answer.Token != 4 || answer.Message.Verdict != membership.Accepted || len(answer.Message.Sample) < 2 {
		t.Fatal(describe(&answer.Message))
	}
	if len(sends(effects, membership.Neighbor)) > 0 || !o.node.Passive().Has("x") || !o.node.Passive().Has("y") {
		t.Fatal("x and y are spare peers now")
	}
}

// A newcomer that could not be dialed back is told so when it asks again.
func TestUndialable(t *testing.T) {
	o := newOne(t, 1, nil).has("a")
	join := membership.Input{Kind: membership.Asked, Message: membership.Message{
		Kind: membership.Join, Priority: membership.High, Peer: made("x"),
	}}
	verdict := func() membership.Verdict {
		effects := o.step(join)
		return effects[slices.IndexFunc(effects, func(e membership.Effect) bool { return e.Kind == membership.Answer })].Message.Verdict
	}
	if v := verdict(); v != membership.Accepted {
		t.Fatal(v)
	}
	o.loses("x", membership.Unreachable)
	if v := verdict(); v != membership.Undialable {
		t.Fatal(v)
	}
}

// A sighting that is too old is worth no slot, and one from before a loss does not
// bring the lost peer back. A later one does, but it goes on being looked for.
func TestOldNews(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a", "b")
	o.now = time.Hour
	o.loses("a", membership.Closed)
	o.now += time.Minute
	o.step(membership.Input{Kind: membership.Found, Sample: []views.Sighting{
		{Peer: made("x"), Age: 31 * time.Minute}, {Peer: made("a"), Age: 2 * time.Minute},
	}})
	if o.node.Passive().Len() != 0 || !o.node.Lost().Has("a") {
		t.Fatal("neither is news")
	}
	o.step(membership.Input{Kind: membership.Found, Sample: []views.Sighting{{Peer: made("a"), Age: time.Second}}})
	if !o.node.Passive().Has("a") || !o.node.Lost().Seeks("a") {
		t.Fatal("a was seen after the loss, but not here")
	}
	o.receives("a", membership.Message{Kind: membership.Heartbeat})
	if _, spare := o.node.Passive().Get("a"); !spare.Proved || o.node.Lost().Has("a") {
		t.Fatal("a is back")
	}
}

// Heartbeats measure the round trip without a common clock, and refuse nonsense.
func TestRoundTrip(t *testing.T) {
	o := newOne(t, 1, nil).has("a")
	beat := func(echo, held time.Duration) time.Duration {
		o.receives("a", membership.Message{
			Kind: membership.Heartbeat, Active: true, Degree: 1, Sent: 7 * time.Hour, Echo: echo, Held: held,
		})
		_, info := o.node.Active().Get("a")
		return info.RTT
	}
	if rtt := beat(0, 0); rtt != 0 {
		t.Fatalf("%v before an echo", rtt)
	}
	if rtt := beat(o.now-100*time.Millisecond, 80*time.Millisecond); rtt != 20*time.Millisecond {
		t.Fatalf("%v", rtt)
	}
	if rtt := beat(o.now+time.Hour, 0); rtt != 20*time.Millisecond {
		t.Fatalf("%v from the future", rtt)
	}
	o.now += time.Second
	m := onlySend(t, o.step(membership.Input{
		Kind: membership.Expired, Timer: membership.Timer{Kind: membership.HeartbeatTimer},
	}), membership.Heartbeat).Message
	if m.Echo != 7*time.Hour || m.Held != time.Second || m.Sent != o.now || !m.Active || m.Degree != 1 {
		t.Fatalf("%+v", m)
	}
}

// Counts read as words in JSON.
func TestCountsAreNamedInJSON(t *testing.T) {
	var c membership.Counts
	c[membership.Shuffle] = 7
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]uint64
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if back["Shuffle"] != 7 || len(back) != membership.Kinds-1 {
		t.Errorf("JSON is %s", text)
	}
}

// Whoever says that it leaves does so, on whichever link: otherwise it would be a
// neighbor whose messages are those of a life that is over.
func TestLeavingOnAnotherLink(t *testing.T) {
	o := newOne(t, 1, small(2)).has("a", "b")
	old := o.node.Active().Link(made("a"))
	effects := o.step(membership.Input{Kind: membership.Received, Peer: made("a"), Link: 99, Message: membership.Message{
		Kind: membership.Disconnect, Reason: membership.Leaving,
	}})
	expectEqual(t, "events", events(effects), []string{"neighbor_down a"})
	expectEqual(t, "closed", closes(effects), []string{fmt.Sprint("a ", old), "a 99"})
}

// A timer to look for lost peers is set while there are any, one at a time, and for
// as long.
func TestProbesOnlyTheLost(t *testing.T) {
	probes := func(effects []membership.Effect) int {
		count := 0
		for _, e := range effects {
			if e.Kind == membership.Schedule && e.Timer.Kind == membership.ProbeTimer {
				count++
			}
		}
		return count
	}
	o := newOne(t, 1, small(3)).has("a", "b", "c")
	fires := func() []membership.Effect {
		o.now += 3 * time.Second
		return o.step(membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ProbeTimer}})
	}
	if n := probes(o.loses("a", membership.Closed)); n != 1 {
		t.Fatalf("%d timers for the first that is lost", n)
	}
	if n := probes(o.loses("b", membership.Closed)); n != 0 {
		t.Fatalf("%d more for the second", n)
	}
	if effects := fires(); probes(effects) != 1 || o.node.Stats().Probes != 1 {
		t.Fatalf("%d timers and %d probes while two are lost", probes(effects), o.node.Stats().Probes)
	}
	o.now += 10 * time.Second
	for _, id := range []string{"a", "b"} {
		o.receives(id, membership.Message{Kind: membership.ShuffleReply, Request: 9})
	}
	if n := probes(fires()); n != 0 || o.node.Lost().Len() != 0 {
		t.Fatalf("%d timers while nobody is lost", n)
	}
}
