// Attached to a real server: interest, messages both ways, queue groups, limits.

package leafnode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// attached returns a server, a client of it and a Conn that is up and synced.
func attached(t *testing.T, change func(*server.Options)) (*nats.Conn, *leafnode.Conn, *recorder, *embedded.Server) {
	t.Helper()
	ns := serve(t, change)
	nc := client(t, ns)
	r := newRecorder()
	c := attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns)})
	r.await(t, 0, "up", "synced")
	return nc, c, r, ns
}

func TestInterestIsTold(t *testing.T) {
	ns := serve(t, nil)
	nc := client(t, ns)
	subscribe(t, nc, "before.*", "")
	r := newRecorder()
	c := attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns), Name: "a-bridge"})
	mark := r.await(t, 0, "up", "interest before.*  1", "synced")
	if list := r.list(0); list[len(list)-1] != "synced" {
		t.Errorf("events are %q, want synced behind what was there before", list)
	}
	if s := r.server(t); s.Name != "hub" || s.ID != ns.NATS().ID() || s.Account != "$G" || s.MaxPayload != 1<<20 || !s.Headers || s.Version == "" {
		t.Errorf("server is %+v", s)
	}
	leafz, err := ns.NATS().Leafz(nil)
	if err != nil || len(leafz.Leafs) != 1 || leafz.Leafs[0].Name != "a-bridge" {
		t.Errorf("leafz is %+v, %v, want one named a-bridge", leafz, err)
	}

	one := subscribe(t, nc, "orders.>", "")
	subscribe(t, nc, "work", "q")
	second := subscribe(t, nc, "work", "q")
	mark = r.await(t, mark, "interest orders.>  1", "interest work q 1", "interest work q 2")
	_ = one.Unsubscribe()
	_ = second.Unsubscribe()
	r.await(t, mark, "interest orders.>  0", "interest work q 1")
	if s := c.Stats(); s.Interest < 2 || !s.Connected {
		t.Errorf("stats are %+v, want interest and a connection", s)
	}
}

// The snapshot of a server with many subscriptions is complete when Synced comes.
func TestSyncedComesBehindAllInterest(t *testing.T) {
	const many = 5000
	ns := serve(t, nil)
	nc := client(t, ns)
	for i := range many {
		if _, err := nc.SubscribeSync("many." + strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, nc)
	r := newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns)})
	r.await(t, 0, "synced")
	before := 0
	for _, e := range r.list(0) {
		if e == "synced" {
			break
		}
		if strings.HasPrefix(e, "interest many.") {
			before++
		}
	}
	if before != many {
		t.Errorf("%d subscriptions were told before Synced, want %d", before, many)
	}
}

func TestOnlyWhatIsWantedArrives(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	if err := c.Subscribe("orders.*", "", 1); err != nil {
		t.Fatal(err)
	}
	settled(t, c, nc)
	for _, subject := range []string{"unwanted", "orders", "orders.1"} {
		if err := nc.PublishRequest(subject, "answers", []byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	msg := nats.NewMsg("orders.2")
	msg.Header.Set("Key", "value")
	msg.Data = []byte("with header")
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`message orders.1 reply=answers queues=[] header="" data="hello"`,
		`message orders.2 reply= queues=[] header="NATS/1.0\r\nKey: value\r\n\r\n" data="with header"`,
	}
	r.await(t, 0, want...)
	var got []string
	for _, e := range r.list(0) {
		if strings.HasPrefix(e, "message") {
			got = append(got, e)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("messages are %q, want %q", got, want)
	}
	r.await(t, 0, "pause")

	if err := c.Subscribe("orders.*", "", 0); err != nil {
		t.Fatal(err)
	}
	settled(t, c, nc)
	mark := len(r.list(0))
	_ = nc.Publish("orders.3", nil)
	if err := c.Subscribe("last", "", 1); err != nil {
		t.Fatal(err)
	}
	settled(t, c, nc)
	_ = nc.Publish("last", nil)
	r.await(t, 0, `message last reply= queues=[] header="" data=""`)
	if list := r.list(0)[mark:]; strings.Contains(fmt.Sprint(list), "orders.3") {
		t.Errorf("events are %q, want nothing of what is no longer subscribed to", list)
	}
}

// The server serves a queue group locally if it can, and else names it.
func TestQueueGroupsAreNamed(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	for _, queue := range []string{"workers", "audit"} {
		if err := c.Subscribe("work", queue, 2); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, c, nc)
	local := subscribe(t, nc, "work", "audit")
	_ = nc.PublishRequest("work", "answers", []byte("1"))
	receive(t, local)
	mark := r.await(t, 0, `message work reply=answers queues=[workers] header="" data="1"`)
	_ = local.Unsubscribe()
	_ = nc.Publish("work", []byte("2"))
	flush(t, nc)
	deadline := time.After(patience)
	for {
		a := r.has(mark, `message work reply= queues=[workers audit] header="" data="2"`)
		b := r.has(mark, `message work reply= queues=[audit workers] header="" data="2"`)
		if a || b {
			return
		}
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("events are %q, want a message for both groups", r.list(mark))
		}
	}
}

func TestInjectedMessageDoesNotComeBack(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	if err := c.Subscribe("orders.>", "", 1); err != nil {
		t.Fatal(err)
	}
	sub := subscribe(t, nc, "orders.*", "")
	publish(t, c, &leafnode.Message{
		Subject: []byte("orders.1"), Reply: []byte("answers"),
		Header: len("NATS/1.0\r\nKey: value\r\n\r\n"), Data: []byte("NATS/1.0\r\nKey: value\r\n\r\nhello"),
	})
	m := receive(t, sub)
	if string(m.Data) != "hello" || m.Reply != "answers" || m.Header.Get("Key") != "value" {
		t.Errorf("client received %+v", m)
	}
	// What the client says next comes, and nothing before it.
	mark := len(r.list(0))
	_ = nc.Publish("orders.2", []byte("mine"))
	r.await(t, 0, `message orders.2 reply= queues=[] header="" data="mine"`)
	if list := fmt.Sprint(r.list(0)); strings.Contains(list, "orders.1") || mark == 0 {
		t.Errorf("events are %s, want the injected message not among them", list)
	}
}

func TestInjectionServesOneMember(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	members := []*nats.Subscription{subscribe(t, nc, "work", "q"), subscribe(t, nc, "work", "q")}
	plain := subscribe(t, nc, "work", "")
	r.await(t, 0, "interest work q 2", "interest work  1")
	publish(t, c, &leafnode.Message{Subject: []byte("work"), Data: []byte("for nobody in q")})
	publish(t, c, &leafnode.Message{Subject: []byte("work"), Queues: [][]byte{[]byte("q")}, Data: []byte("for one")})
	settled(t, c, nc)
	total := 0
	for _, m := range members {
		n, _, err := m.Pending()
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 1 {
		t.Errorf("the group received %d messages, want 1", total)
	}
	if n, _, _ := plain.Pending(); n != 2 {
		t.Errorf("the plain subscription received %d messages, want both", n)
	}
}

// Nobody answers at once while nobody subscribes, and a subscription makes a
// request leave the server.
func TestNoRespondersStaysCorrect(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	if _, err := nc.Request("service", nil, patience); !errors.Is(err, nats.ErrNoResponders) {
		t.Fatalf("a request to nobody gives %v, want no responders", err)
	}
	r.onMessage = nil
	if err := c.Subscribe("service", "", 1); err != nil {
		t.Fatal(err)
	}
	settled(t, c, nc)
	answer := make(chan error, 1)
	go func() {
		m, err := nc.Request("service", []byte("question"), patience)
		if err == nil && string(m.Data) != "answer" {
			err = fmt.Errorf("answer is %q", m.Data)
		}
		answer <- err
	}()
	reply := awaitReply(t, r)
	publish(t, c, &leafnode.Message{Subject: []byte(reply), Data: []byte("answer")})
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// awaitReply returns where the answer to the first message is awaited.
func awaitReply(t *testing.T, r *recorder) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		for _, e := range r.list(0) {
			if _, rest, ok := strings.Cut(e, " reply="); ok {
				reply, _, _ := strings.Cut(rest, " ")
				return reply
			}
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("events are %q, want a message", r.list(0))
		}
	}
}

// Another leaf node sees what this one subscribes to, and so how the server
// understands a change of weight.
func TestWeightChanges(t *testing.T) {
	_, c, _, ns := attached(t, nil)
	other := newRecorder()
	attach(t, other, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns), Cluster: "others"})
	mark := other.await(t, 0, "synced")
	for _, weight := range []int{2, 5, 1, 0} {
		if err := c.Subscribe("work", "q", weight); err != nil {
			t.Fatal(err)
		}
		mark = other.await(t, mark, fmt.Sprintf("interest work q %d", weight))
	}
}

func TestServerRestarts(t *testing.T) {
	ns := serve(t, nil)
	addr := leafAddr(t, ns)
	_, port, _ := strings.Cut(addr, ":")
	r := newRecorder()
	c := attach(t, r, leafnode.Config{URL: "nats-leaf://" + addr})
	if err := c.Subscribe("orders", "", 1); err != nil {
		t.Fatal(err)
	}
	mark := r.await(t, 0, "up", "synced")
	ns.Shutdown()
	mark = r.await(t, mark, "down")
	if err := c.Publish(&leafnode.Message{Subject: []byte("a")}); !errors.Is(err, leafnode.ErrDown) {
		t.Errorf("publishing without a connection gives %v, want ErrDown", err)
	}
	if err := c.Room(background(t)); !errors.Is(err, leafnode.ErrDown) {
		t.Errorf("room without a connection gives %v, want ErrDown", err)
	}
	if err := c.Subscribe("work", "q", 3); err != nil {
		t.Fatal(err)
	}
	again := serve(t, func(o *server.Options) { o.LeafNode.Port, _ = strconv.Atoi(port) })
	r.await(t, mark, "up", "synced")
	nc := client(t, again)
	settled(t, c, nc)
	_ = nc.Publish("orders", []byte("1"))
	_ = nc.Publish("work", []byte("2"))
	r.await(t, mark, `message orders reply= queues=[] header="" data="1"`, `message work reply= queues=[q] header="" data="2"`)
	if s := c.Stats(); s.Reconnects != 1 || s.DroppedDown != 1 || s.Wanted != 2 {
		t.Errorf("stats are %+v, want one reconnect, one message dropped and two subscriptions", s)
	}
}

func TestMaxPayloadIsObeyed(t *testing.T) {
	nc, c, _, _ := attached(t, func(o *server.Options) { o.MaxPayload = 1000 })
	sub := subscribe(t, nc, "a", "")
	var pe *leafnode.PayloadError
	err := c.Publish(&leafnode.Message{Subject: []byte("a"), Data: make([]byte, 1001)})
	if !errors.Is(err, leafnode.ErrPayload) || !errors.As(err, &pe) || *pe != (leafnode.PayloadError{Size: 1001, Max: 1000}) {
		t.Errorf("error is %v", err)
	}
	publish(t, c, &leafnode.Message{Subject: []byte("a"), Data: make([]byte, 1000)})
	if m := receive(t, sub); len(m.Data) != 1000 {
		t.Errorf("client received %d bytes", len(m.Data))
	}
}

// Large messages in both directions, through a buffer that has to grow, and shrinks.
func TestLargeMessages(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	got := make(chan []byte, 8)
	r.onMessage = func(m *leafnode.Message) { got <- bytes.Clone(m.Data) }
	if err := c.Subscribe("large", "", 1); err != nil {
		t.Fatal(err)
	}
	settled(t, c, nc)
	sub := subscribe(t, nc, "back", "")
	for _, size := range []int{1 << 20, 65 << 10, 0, 3} {
		want := bytes.Repeat([]byte{byte(size), 'x', '\n'}, 1+size/3)[:size]
		_ = nc.Publish("large", want)
		select {
		case data := <-got:
			if !bytes.Equal(data, want) {
				t.Fatalf("a message of %d bytes arrived as %d others", size, len(data))
			}
			publish(t, c, &leafnode.Message{Subject: []byte("back"), Data: data})
		case <-time.After(patience):
			t.Fatal("nothing came")
		}
		if m := receive(t, sub); !bytes.Equal(m.Data, want) {
			t.Fatalf("a message of %d bytes came back as %d others", size, len(m.Data))
		}
	}
}

func TestPermissionsAreObeyed(t *testing.T) {
	ns := serve(t, func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "admin", Password: "pw"},
			{Username: "leaf", Password: "pw", Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Allow: []string{"out.>"}, Deny: []string{"out.secret"}},
				Subscribe: &server.SubjectPermission{Allow: []string{"in.*"}, Deny: []string{"in.secret"}},
			}},
		}
	})
	nc := client(t, ns, nats.UserInfo("admin", "pw"))
	r := newRecorder()
	c := attach(t, r, leafnode.Config{URL: "nats-leaf://leaf:pw@" + leafAddr(t, ns)})
	r.await(t, 0, "synced")
	s := r.server(t)
	if fmt.Sprint(s.Export) != "{[out.>] [out.secret]}" || fmt.Sprint(s.Import) != "{[in.*] [in.secret]}" {
		t.Fatalf("server permits export %v and import %v", s.Export, s.Import)
	}
	for _, subject := range []string{"in.secret", "other", "in.a", ">", "other.*"} {
		if err := c.Subscribe(subject, "", 1); err != nil {
			t.Fatal(err)
		}
	}
	for subject, permitted := range map[string]bool{"out.a": true, "out.secret": false, "in.a": false} {
		err := c.Publish(&leafnode.Message{Subject: []byte(subject)})
		if permitted && err != nil || !permitted && !errors.Is(err, leafnode.ErrPermission) {
			t.Errorf("publishing to %s gives %v", subject, err)
		}
	}
	sub := subscribe(t, nc, "out.settled", "")
	publish(t, c, &leafnode.Message{Subject: []byte("out.settled")})
	receive(t, sub)
	for _, subject := range []string{"in.secret", "other", "in.b", "in.a"} {
		_ = nc.Publish(subject, nil)
	}
	r.await(t, 0, `message in.a reply= queues=[] header="" data=""`, `message in.b reply= queues=[] header="" data=""`)
	if list := fmt.Sprint(r.list(0)); strings.Contains(list, "message in.secret") || strings.Contains(list, "message other") || strings.Contains(list, "down") {
		t.Errorf("events are %s, want one connection and what is permitted", list)
	}
	if s := c.Stats(); s.Forbidden != 3 || s.DroppedPermission != 2 || s.Violations != 0 {
		t.Errorf("stats are %+v, want 3 forbidden, 2 dropped and no violation", s)
	}
}

func TestWrongPassword(t *testing.T) {
	ns := serve(t, func(o *server.Options) { o.LeafNode.Username, o.LeafNode.Password = "u", "right" })
	r := newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://u:wrong@" + leafAddr(t, ns)})
	r.await(t, 0, "down", "down")
	var se *leafnode.ServerError
	if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrServer) || !errors.As(err, &se) || se.Text != "Authorization Violation" {
		t.Errorf("reason is %v, want the server's", err)
	}
	if r.has(0, "up") {
		t.Error("up with a wrong password")
	}
	right := newRecorder()
	attach(t, right, leafnode.Config{URL: (&url.URL{Scheme: "nats", User: url.UserPassword("u", "right"), Host: leafAddr(t, ns)}).String()})
	right.await(t, 0, "synced")
}

// A server that would like to compress, or only accepts who is new enough, is one
// that we can be attached to.
func TestServersWithDemands(t *testing.T) {
	attached(t, func(o *server.Options) {
		o.LeafNode.Compression.Mode = server.CompressionS2Best
		o.LeafNode.MinVersion = "2.12.0"
	})
}

// zombie is a connection that does not close.
type zombie struct{ net.Conn }

func (z *zombie) Close() error { return nil }

// A new connection of the same Conn replaces one that the server still believes in.
func TestStaleConnectionIsReplaced(t *testing.T) {
	ns := serve(t, nil)
	dialed := make(chan *zombie, 1)
	r := newRecorder()
	attach(t, r, leafnode.Config{
		URL: "nats-leaf://" + leafAddr(t, ns),
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil || cap(dialed) == len(dialed) {
				return conn, err
			}
			z := &zombie{conn}
			dialed <- z
			return z, nil
		},
	})
	mark := r.await(t, 0, "synced")
	z := <-dialed
	defer func() { _ = z.Conn.Close() }()
	dialed <- z // the next connection is an ordinary one
	if err := z.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	r.await(t, mark, "down", "synced")
	if err := z.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	last, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(last), "Duplicate Remote LeafNode Connection") {
		t.Errorf("the old connection ends with %q, %v, want it replaced", last, err)
	}
}

// Connections of others of the same name stay.
func TestNamesakes(t *testing.T) {
	_, _, r, ns := attached(t, nil)
	other := newRecorder()
	attach(t, other, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns)})
	other.await(t, 0, "synced")
	if n := ns.NATS().NumLeafNodes(); n != 2 || r.has(0, "down") {
		t.Errorf("%d leaf nodes, want both", n)
	}
}

func TestClosed(t *testing.T) {
	_, c, r, _ := attached(t, nil)
	c.Close()
	c.Close()
	if list := r.list(0); list[len(list)-1] != "down" || !errors.Is(r.reasons()[0], leafnode.ErrClosed) {
		t.Errorf("events are %q, %v, want an end by ErrClosed", list, r.reasons())
	}
	if err := c.Start(); !errors.Is(err, leafnode.ErrClosed) {
		t.Errorf("starting again gives %v, want ErrClosed", err)
	}
	if err := c.Room(t.Context()); !errors.Is(err, leafnode.ErrClosed) {
		t.Errorf("room gives %v, want ErrClosed", err)
	}
	if err := c.Publish(&leafnode.Message{Subject: []byte("a")}); !errors.Is(err, leafnode.ErrDown) {
		t.Errorf("publishing gives %v, want ErrDown", err)
	}
}
