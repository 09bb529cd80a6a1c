// The NATS server goes away and comes back.

package natstransport_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
)

// A connection that comes back makes nats.go use its process-wide timers, so the
// tests with a return are not in a bubble and wait for nats.go's own callbacks.

func TestJoinWithoutServerFailsAtOnceAndWorksAgainWithIt(t *testing.T) {
	w := newWorld(t)
	lost, back := make(chan struct{}, 2), make(chan struct{}, 2)
	opts := []nats.Option{
		nats.NoEcho(), nats.ReconnectWait(time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { lost <- struct{}{} }),
		nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }),
	}
	a, b := w.serve("a", opts...), w.serve("b", opts...)
	for round := range 3 {
		w.stop()
		<-lost
		<-lost
		if _, err := a.meeting.Join(within(t), joinOf("a")); !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("got %v, want ErrDisconnected", err)
		}
		w.start()
		<-back
		<-back
		flush(t, b.nc)
		reply, err := a.meeting.Join(within(t), joinOf("a"))
		if err != nil || reply.Peer.ID != "b" || len(b.asked()) != round+1 {
			t.Errorf("after the return: %+v, %v", reply, err)
		}
		all, err := natstransport.Inspect(within(t), w.connect(), cluster, natstransport.InspectOptions{Max: 2})
		if err != nil || len(all) != 2 {
			t.Errorf("after the return %d members answer, %v", len(all), err)
		}
	}
}

func TestJoinWithoutServerTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.serve("a", nats.NoEcho())
		w.stop()
		synctest.Wait()
		begin := time.Now()
		if _, err := a.meeting.Join(t.Context(), joinOf("a")); !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("got %v, want ErrDisconnected", err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

func TestAnswerLostWithTheServerFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.serve("b", nats.NoEcho())
		b.join = func(ctx context.Context, _ membership.Message) (membership.Message, error) {
			w.stop()
			<-ctx.Done()
			return membership.Message{}, ctx.Err()
		}
		a := w.open("a", nats.NoEcho())
		begin := time.Now()
		if _, err := a.Join(t.Context(), joinOf("a")); !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("got %v, want ErrDisconnected", err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

// A node may start before its NATS server does.
func TestServeBeforeTheServerIsThere(t *testing.T) {
	w := newWorld(t)
	w.stop()
	back := make(chan struct{}, 1)
	nc := w.connect(nats.NoEcho(), nats.RetryOnFailedConnect(true), nats.ReconnectWait(time.Millisecond),
		nats.ConnectHandler(func(*nats.Conn) { back <- struct{}{} }))
	if err := w.openOn(nc, "b").Serve(t.Context(), &member{}); err != nil {
		t.Fatal(err)
	}
	w.start()
	<-back
	flush(t, nc)
	if _, err := w.open("a", nats.NoEcho()).Join(within(t), joinOf("a")); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestClosedConnectionIsADisconnectedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		nc := w.connect()
		b := w.openOn(nc, "b")
		if err := b.Serve(t.Context(), &member{}); err != nil {
			t.Fatal(err)
		}
		nc.Close()
		if _, err := b.Join(t.Context(), joinOf("b")); !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("got %v", err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// The same with sockets and a port that is used twice.
func TestRestartOnTheSamePort(t *testing.T) {
	first, err := embedded.Start(t.Context(), embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Shutdown()
	w := &world{t: t}
	lost, back := make(chan struct{}, 2), make(chan struct{}, 2)
	var nodes []*member
	for _, id := range []string{"a", "b"} {
		nc, err := nats.Connect(first.URL(), nats.NoEcho(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond),
			nats.DisconnectErrHandler(func(*nats.Conn, error) { lost <- struct{}{} }),
			nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		f := &member{nc: nc, meeting: w.openOn(nc, id)}
		if err := f.meeting.Serve(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, f)
	}
	if reply, err := nodes[0].meeting.Join(within(t), joinOf("a")); err != nil || reply.Peer.ID != "b" {
		t.Fatalf("before: %+v, %v", reply, err)
	}

	first.Shutdown()
	<-lost
	<-lost
	if _, err := nodes[0].meeting.Join(within(t), joinOf("a")); !errors.Is(err, natstransport.ErrDisconnected) {
		t.Errorf("while it is away: %v", err)
	}

	_, text, _ := net.SplitHostPort(strings.TrimPrefix(first.URL(), "nats://"))
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	second, err := embedded.Start(t.Context(), embedded.Config{Port: port})
	if errors.Is(err, syscall.EADDRINUSE) {
		t.Skipf("NOT TESTED: somebody else took the port in the meantime: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer second.Shutdown()
	<-back
	<-back
	flush(t, nodes[1].nc)
	if reply, err := nodes[0].meeting.Join(within(t), joinOf("a")); err != nil || reply.Peer.ID != "b" {
		t.Errorf("after: %+v, %v", reply, err)
	}
}
