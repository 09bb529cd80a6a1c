package natsbridge_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// respond answers requests on a subject.
func respond(t *testing.T, nc *nats.Conn, subject, queue string, answer func(m *nats.Msg)) {
	t.Helper()
	_, err := nc.QueueSubscribe(subject, queue, answer)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRequest(t *testing.T) {
	b := run(t, 5)
	respond(t, b.client(3), "double", "", func(m *nats.Msg) { _ = m.Respond(append(m.Data, m.Data...)) })
	for i := range 5 {
		if i != 3 {
			b.wanted(i, "double", 1)
		}
		for range 20 {
			answer, err := b.client(i).Request("double", []byte("ab"), 5*time.Second)
			if err != nil || string(answer.Data) != "abab" {
				t.Fatalf("asked at node %d: %v", i, err)
			}
		}
	}
}

// Several answer one request, and one of them with many messages.
func TestManyReplies(t *testing.T) {
	const stream = 100
	b := run(t, 6)
	for i := 1; i < 4; i++ {
		respond(t, b.client(i), "who", "", func(m *nats.Msg) { _ = m.Respond(fmt.Append(nil, i)) })
	}
	respond(t, b.client(4), "count", "", func(m *nats.Msg) {
		for i := range stream {
			_ = m.Respond(fmt.Append(nil, i))
		}
	})
	b.wanted(5, "who", 3)
	b.wanted(5, "count", 1)
	nc := b.client(5)
	replies := inbox(t, nc, nc.NewRespInbox())
	if err := nc.PublishRequest("who", replies.Subject, nil); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]int)
	for range 3 {
		seen[string(next(t, replies).Data)]++
	}
	if len(seen) != 3 {
		t.Errorf("answers from %v", seen)
	}
	if err := nc.PublishRequest("count", replies.Subject, nil); err != nil {
		t.Fatal(err)
	}
	for i := range stream {
		if m := next(t, replies); string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("%q where %d was due", m.Data, i)
		}
	}
}

// A reply may ask something itself.
func TestRequestInReply(t *testing.T) {
	b := run(t, 3)
	far := b.client(2)
	respond(t, far, "offer", "", func(m *nats.Msg) {
		go func() { // not in the handler: it would wait for itself
			back, err := far.Request(m.Reply, []byte("how many?"), 5*time.Second)
			if err == nil {
				_ = back.Respond([]byte("sold " + string(back.Data)))
			}
		}()
	})
	b.wanted(0, "offer", 1)
	nc := b.client(0)
	question, err := nc.Request("offer", nil, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	end, err := nc.Request(question.Reply, []byte("3"), 5*time.Second)
	if err != nil || string(end.Data) != "sold 3" {
		t.Errorf("the end is %v: %v", end, err)
	}
}

// Where there is nobody in the whole mesh, the server says so.
func TestNoResponders(t *testing.T) {
	b := run(t, 4)
	inbox(t, b.client(2), "something.else")
	b.wanted(0, "something.else", 1)
	for i := range 4 {
		if _, err := b.client(i).Request("nobody", nil, 5*time.Second); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("node %d: %v", i, err)
		}
	}
}

// One member in the whole mesh handles each request, and all are used.
func TestQueueGroup(t *testing.T) {
	const nodes, members, requests = 16, 5, 1000
	b := run(t, nodes)
	var mu sync.Mutex
	handled, used := make(map[string]int), make([]int, members)
	for i := range members {
		respond(t, b.client(3*i), "work", "workers", func(m *nats.Msg) {
			mu.Lock()
			handled[string(m.Data)]++
			used[i]++
			mu.Unlock()
			_ = m.Respond(nil)
		})
	}
	b.wanted(1, "work", members)
	nc := b.client(1)
	for i := range requests {
		if _, err := nc.Request("work", fmt.Append(nil, i), 5*time.Second); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	b.nothing(1, 0)
	mu.Lock()
	defer mu.Unlock()
	for i := range requests {
		if n := handled[fmt.Sprint(i)]; n != 1 {
			t.Errorf("request %d was handled %d times", i, n)
		}
	}
	for i, n := range used {
		if n == 0 {
			t.Errorf("member %d got none of them: %v", i, used)
		}
	}
}

// Members at the own server come first, and plain subscribers get everything besides.
func TestLocalMemberFirst(t *testing.T) {
	b := run(t, 3)
	var mu sync.Mutex
	handled := make(map[string]int)
	for i, name := range []string{"here", "there"} {
		respond(t, b.client(i), "work", "workers", func(m *nats.Msg) {
			mu.Lock()
			handled[name]++
			mu.Unlock()
			_ = m.Respond([]byte(name))
		})
	}
	audit := inbox(t, b.client(2), "work")
	b.wanted(0, "work", 2)
	nc := b.client(0)
	for range 50 {
		if answer, err := nc.Request("work", nil, 5*time.Second); err != nil || string(answer.Data) != "here" {
			t.Fatalf("answered by %v: %v", answer, err)
		}
		next(t, audit)
	}
	mu.Lock()
	defer mu.Unlock()
	if handled["here"] != 50 || handled["there"] != 0 {
		t.Errorf("handled %v", handled)
	}
}

// Services of the package micro are found at all nodes, if that is wanted.
func TestServices(t *testing.T) {
	const nodes = 4
	b := run(t, nodes, meshtest.Bridges(func(_ int, cfg *natsbridge.Config) { cfg.Services = true }))
	for i := range nodes {
		service, err := micro.AddService(b.client(i), micro.Config{Name: "echo", Version: "1.0.0"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = service.Stop() })
	}
	b.wanted(0, "$SRV.PING", nodes-1)
	nc := b.client(0)
	replies := inbox(t, nc, nc.NewRespInbox())
	if err := nc.PublishRequest("$SRV.PING", replies.Subject, nil); err != nil {
		t.Fatal(err)
	}
	for range nodes {
		next(t, replies)
	}
}

// A request that is passed on is answered by the node to which it went last.
func TestForwardedRequest(t *testing.T) {
	b := run(t, 4)
	respond(t, b.client(2), "second", "", func(m *nats.Msg) { _ = m.Respond([]byte("from the second")) })
	first := b.client(1)
	b.wanted(1, "second", 1)
	respond(t, first, "first", "", func(m *nats.Msg) { _ = first.PublishRequest("second", m.Reply, m.Data) })
	b.wanted(0, "first", 1)
	answer, err := b.client(0).Request("first", nil, 5*time.Second)
	if err != nil || string(answer.Data) != "from the second" {
		t.Errorf("answered by %v: %v", answer, err)
	}
}

// By a reply nobody reaches what may not cross.
func TestReplyReachesNoReserved(t *testing.T) {
	b := run(t, 3)
	secrets := inbox(t, b.client(1), "$JS.API.>")
	inboxes := inbox(t, b.client(1), "_INBOX.mine.>")
	id := b.Node(1).Self().ID
	b.wanted(0, "anything", 0) // its server knows of replies
	nc := b.client(0)
	publish(t, nc, "_KITH_."+id+".$JS.API.STREAM.DELETE.ORDERS", "no")
	publish(t, nc, "_KITH_."+id+"._INBOX.mine.1", "a reply")
	if m := next(t, inboxes); string(m.Data) != "a reply" {
		t.Errorf("got %q", m.Data)
	}
	b.nothing(0, 1, secrets)
}
