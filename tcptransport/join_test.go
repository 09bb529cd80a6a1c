// JOINs over TCP.

package tcptransport_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

func joinOf(p *views.Peer) membership.Message {
	return membership.Message{Kind: membership.Join, Priority: membership.High, Peer: p}
}

// answering makes n answer each JOIN, and returns what comes.
func answering(n *node) chan membership.Message {
	asked := make(chan membership.Message, 16)
	n.join = func(_ context.Context, join membership.Message) (membership.Message, error) {
		asked <- join
		return membership.Message{
			Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: n.peer,
			Sample: []views.Sighting{{Peer: stranger("x"), Age: time.Second}},
		}, nil
	}
	return asked
}

func TestAsk(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), listen(t, f, "b", 1)
		asked := answering(b)
		b.Start(b.peer, b)
		reply, err := a.Ask(t.Context(), b.peer.Addr, joinOf(a.peer))
		if err != nil {
			t.Fatal(err)
		}
		if reply.Verdict != membership.Accepted || !reply.Peer.Same(b.peer) || len(reply.Sample) != 1 {
			t.Fatalf("got %+v", reply)
		}
		if join := <-asked; *join.Peer != *a.peer || join.Priority != membership.High {
			t.Fatalf("asked %+v", join)
		}
		a.shut()
		b.shut()
		a.silent() // no link was made
		b.silent()
	})
}

// A node that asks itself has its own handler answer.
func TestAskSelf(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a := listen(t, f, "a", 1)
		asked := answering(a)
		a.Start(a.peer, a)
		if _, err := a.Ask(t.Context(), a.peer.Addr, joinOf(a.peer)); err != nil {
			t.Fatal(err)
		}
		if join := <-asked; !join.Peer.Same(a.peer) {
			t.Fatalf("asked %+v", join)
		}
	})
}

func TestAskIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a := start(t, f, "a", 1)
		other := start(t, f, "b", 1, func(cfg *tcptransport.Config) { cfg.Cluster = "other" })
		if _, err := a.Ask(t.Context(), other.peer.Addr, joinOf(a.peer)); !errors.Is(err, tcptransport.ErrCluster) {
			t.Fatalf("other cluster: %v", err)
		}
		if _, err := a.Ask(t.Context(), "nobody:1", joinOf(a.peer)); err == nil {
			t.Fatal("an answer from nobody")
		}
		if _, err := a.Ask(t.Context(), "no address", joinOf(a.peer)); !errors.Is(err, views.ErrPeer) {
			t.Fatalf("no address: %v", err)
		}
	})
}

// The newcomer is who the hello says.
func TestJoinForSomebodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), listen(t, f, "b", 1)
		asked := answering(b)
		b.Start(b.peer, b)
		if _, err := a.Ask(t.Context(), b.peer.Addr, joinOf(stranger("x"))); !errors.Is(err, tcptransport.ErrJoin) {
			t.Fatalf("got %v", err)
		}
		wait()
		if len(asked) != 0 || b.Stats().Faults[tcptransport.FaultJoin] != 1 {
			t.Fatalf("%d asked, %+v", len(asked), b.Stats())
		}
	})
}

// A handler that does not answer, or too late, is no answer; and everything ends.
func TestJoinWithoutAnAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), listen(t, f, "b", 1)
		b.join = func(ctx context.Context, _ membership.Message) (membership.Message, error) {
			return membership.Message{}, errors.New("leaving")
		}
		b.Start(b.peer, b)
		if _, err := a.Ask(t.Context(), b.peer.Addr, joinOf(a.peer)); !errors.Is(err, io.EOF) {
			t.Fatalf("got %v", err)
		}
		b.join = func(ctx context.Context, _ membership.Message) (membership.Message, error) {
			<-ctx.Done()
			return membership.Message{}, ctx.Err()
		}
		begin := time.Now()
		_, err := a.Ask(t.Context(), b.peer.Addr, joinOf(a.peer))
		if got := time.Since(begin); !errors.Is(err, tcptransport.ErrJoin) || got != 2*time.Second {
			t.Fatalf("%v after %v", err, got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin = time.Now()
		_, err = a.Ask(ctx, b.peer.Addr, joinOf(a.peer))
		if got := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || got != time.Second {
			t.Fatalf("%v after %v", err, got)
		}
	})
}

// An asker that says hello and nothing more is closed in time.
func TestJoinThatIsNotAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c := dialRaw(t, f, b)
		h := goodHello(stranger("a"), "")
		h.purpose = joinPurpose
		c.send(h.frame())
		c.verdict(tcptransport.VerdictOK)
		begin := time.Now()
		c.ends()
		if got := time.Since(begin); got != 2*time.Second {
			t.Fatalf("closed after %v", got)
		}
	})
}
