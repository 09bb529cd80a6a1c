// Servers that are not what they should be, over pipes and in bubbles of time.

package leafnode_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

const (
	fakeInfo    = "INFO {\"server_id\":\"F\",\"server_name\":\"fake\",\"max_payload\":1024,\"headers\":true} \r\n"
	fakeConnect = "INFO {\"server_id\":\"F\",\"server_name\":\"fake\",\"max_payload\":1024,\"headers\":true,\"connect_info\":true,\"remote_account\":\"A\"} \r\n"
)

// fake is the other end of each connection that a Conn dials.
type fake struct {
	conns chan net.Conn
	dials []time.Time
}

func newFake() *fake { return &fake{conns: make(chan net.Conn, 100)} }

func (f *fake) dial(context.Context, string, string) (net.Conn, error) {
	f.dials = append(f.dials, time.Now())
	ours, theirs := net.Pipe()
	f.conns <- theirs
	return ours, nil
}

// far is a connection seen from the fake server.
type far struct {
	net.Conn
	lines *bufio.Reader
}

// accept greets the next connection as far as the words say.
func (f *fake) accept(t *testing.T, greeting string) *far {
	t.Helper()
	conn := <-f.conns
	t.Cleanup(func() { _ = conn.Close() })
	s := &far{conn, bufio.NewReader(conn)}
	s.say(greeting)
	return s
}

// welcome greets a connection properly.
func (f *fake) welcome(t *testing.T) *far {
	t.Helper()
	s := f.accept(t, fakeInfo)
	s.expect(t, "CONNECT ")
	s.expect(t, "PING")
	s.say(fakeConnect + "LS+ a\r\nPONG\r\n")
	return s
}

func (s *far) say(text string) { _, _ = io.WriteString(s, text) }

// expect reads a line that begins so.
func (s *far) expect(t *testing.T, prefix string) {
	t.Helper()
	line, err := s.lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, prefix) {
		t.Errorf("read %q, %v, want %q", line, err, prefix)
	}
}

// bubble attaches to a fake server in a bubble.
func bubble(t *testing.T, change func(*leafnode.Config), test func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f, r := newFake(), newRecorder()
		cfg := leafnode.Config{URL: "nats-leaf://fake:7422", Dialer: f.dial, ReconnectMin: leafnode.DefaultReconnectMin, ReconnectMax: leafnode.DefaultReconnectMax}
		if change != nil {
			change(&cfg)
		}
		c := attach(t, r, cfg)
		test(t, f, c, r)
		c.Close()
	})
}

func TestAnswersPings(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
		s := f.welcome(t)
		r.await(t, 0, "synced")
		s.say("PING\r\n+OK\r\n")
		s.expect(t, "PONG")
		for range 10 { // three minutes of silence but for this
			s.expect(t, "PING")
			s.say("PONG\r\n")
		}
		if r.has(0, "down") {
			t.Errorf("down with %v although every ping was answered", r.reasons())
		}
	})
}

func TestSilentServer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
		s := f.welcome(t)
		began := time.Now()
		s.expect(t, "PING")
		s.expect(t, "PING")
		r.await(t, 0, "down")
		if took := time.Since(began); took != 3*leafnode.DefaultPingInterval {
			t.Errorf("down after %v, want three intervals", took)
		}
		if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrSilent) {
			t.Errorf("reason is %v, want ErrSilent", err)
		}
	})
}

// A handler that takes its time is not the server's silence.
func TestSlowHandlerIsNotSilence(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		release := make(chan struct{})
		r.onMessage = func(*leafnode.Message) { <-release }
		s := f.welcome(t)
		r.await(t, 0, "synced")
		s.say("LMSG a 0\r\n\r\n")
		for range 5 {
			s.expect(t, "PING")
		}
		close(release)
		s.say("PONG\r\n")
		s.expect(t, "PING")
		if !c.Stats().Connected {
			t.Errorf("down with %v", r.reasons())
		}
	})
}

// A server that does not read holds up nobody, and is given up.
func TestStalledServer(t *testing.T) {
	bubble(t, func(cfg *leafnode.Config) { cfg.PendingBytes = 10_000 }, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		f.welcome(t)
		r.await(t, 0, "synced")
		began := time.Now()
		m := leafnode.Message{Subject: []byte("a"), Data: make([]byte, 100)}
		sent := 0
		var err error
		for ; err == nil; sent++ {
			err = c.Publish(&m)
		}
		if !errors.Is(err, leafnode.ErrPending) || sent < 50 || sent > 100 || time.Since(began) > 0 {
			t.Errorf("after %d messages and %v: %v, want ErrPending at once", sent, time.Since(began), err)
		}
		for i := range 1000 { // bounded by what is wanted, not by how often it changes
			if err := c.Subscribe("b", "q", 1+i%2); err != nil {
				t.Fatal(err)
			}
		}
		if s := c.Stats(); s.Pending > 10_000 || s.DroppedPending != 1 {
			t.Errorf("stats are %+v, want no more than 10000 bytes pending", s)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Room(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("room is %v, want none", err)
		}
		if err := c.Room(t.Context()); !errors.Is(err, leafnode.ErrDown) {
			t.Errorf("room at the end is %v, want ErrDown", err)
		}
		r.await(t, 0, "down")
		if took := time.Since(began); took > 3*leafnode.DefaultPingInterval {
			t.Errorf("down after %v", took)
		}
		if s := c.Stats(); s.Lost != uint64(sent-1) {
			t.Errorf("%d messages lost, want %d", s.Lost, sent-1)
		}
	})
}

// Whoever waits for room goes on when the server has read half.
func TestRoom(t *testing.T) {
	bubble(t, func(cfg *leafnode.Config) { cfg.PendingBytes = 1000 }, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		s := f.welcome(t)
		r.await(t, 0, "synced")
		m := leafnode.Message{Subject: []byte("a"), Data: make([]byte, 100)}
		for c.Publish(&m) == nil {
		}
		done := make(chan error, 1)
		go func() { done <- c.Room(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("room is %v while nothing is read", err)
		default:
		}
		go func() { _, _ = io.Copy(io.Discard, s) }()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := c.Stats().Pending; n > 500 {
			t.Errorf("%d bytes wait, want at most half of 1000", n)
		}
	})
}

// What is wanted is told to every connection before the messages, the last word
// only, and what changes is told as it changes.
func TestSubscriptionsAreTold(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		if err := c.Subscribe("a", "", 1); err != nil {
			t.Fatal(err)
		}
		s := f.welcome(t)
		s.expect(t, "LS+ a\r\n")
		r.await(t, 0, "synced")
		synctest.Wait()
		for _, weight := range []int{1, 0, 3} {
			_ = c.Subscribe("b", "q", weight)
		}
		publish(t, c, &leafnode.Message{Subject: []byte("m")})
		s.expect(t, "LS+ b q ")
		s.expect(t, "")
		_ = s.Close()
		again := f.welcome(t)
		lines := make([]string, 2)
		for i := range lines {
			lines[i], _ = again.lines.ReadString('\n')
		}
		if all := strings.Join(lines, ""); !strings.Contains(all, "LS+ a\r\n") || !strings.Contains(all, "LS+ b q 3\r\n") {
			t.Errorf("told %q, want what is wanted", all)
		}
	})
}

// A later INFO may forbid what was permitted, and permit it again.
func TestPermissionsChange(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		_ = c.Subscribe("a", "", 1)
		s := f.welcome(t)
		s.expect(t, "LS+ a\r\n")
		r.await(t, 0, "synced")
		s.say(strings.Replace(fakeConnect, "\"connect_info\"", "\"import\":{\"deny\":[\"a\"]},\"export\":{\"allow\":[\"b\"]},\"connect_info\"", 1))
		s.expect(t, "LS- a\r\n")
		if err := c.Publish(&leafnode.Message{Subject: []byte("c")}); !errors.Is(err, leafnode.ErrPermission) {
			t.Errorf("publishing gives %v, want ErrPermission", err)
		}
		s.say(fakeConnect)
		s.expect(t, "LS+ a\r\n")
	})
}

// Attempts come ever more slowly, and each is waited for at least half its time.
func TestBackoff(t *testing.T) {
	want := errors.New("no route")
	fail := func(cfg *leafnode.Config) {
		dial := cfg.Dialer
		cfg.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, _ = dial(ctx, network, addr)
			return nil, want
		}
	}
	bubble(t, fail, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := r.reasons()[1]; !errors.Is(err, want) {
			t.Errorf("reason is %v, want the dialer's", err)
		}
		delay := leafnode.DefaultReconnectMin
		for i := 1; i < len(f.dials); i++ {
			if gap := f.dials[i].Sub(f.dials[i-1]); gap < delay/2 || gap > delay {
				t.Errorf("pause %d is %v, want %v to %v", i, gap, delay/2, delay)
			}
			delay = min(2*delay, leafnode.DefaultReconnectMax)
		}
		if n := len(f.dials); n < 15 || n > 40 {
			t.Errorf("%d attempts in a minute", n)
		}
	})
}

// What the server refused is asked again after the longest pause.
func TestRefusalIsTriedAgainLate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
		s := f.accept(t, fakeInfo)
		s.expect(t, "CONNECT ")
		s.expect(t, "PING")
		s.say("-ERR 'Loop detected for leafnode'\r\n")
		r.await(t, 0, "down")
		f.welcome(t)
		if gap := f.dials[1].Sub(f.dials[0]); gap < leafnode.DefaultReconnectMax/2 {
			t.Errorf("tried again after %v", gap)
		}
		var se *leafnode.ServerError
		if err := r.reasons()[0]; !errors.As(err, &se) || se.Text != "Loop detected for leafnode" {
			t.Errorf("reason is %v, want the server's", err)
		}
	})
}

// A violation of permissions is counted; the server ends the connection over it,
// and what it had said is why.
func TestViolation(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		s := f.welcome(t)
		r.await(t, 0, "synced")
		s.say("-ERR 'Permissions Violation for Publish to \"x\"'\r\n")
		synctest.Wait()
		if st := c.Stats(); st.Violations != 1 || !st.Connected {
			t.Errorf("stats are %+v, want one violation and a connection", st)
		}
		_ = s.Close()
		r.await(t, 0, "down")
		if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrServer) || !errors.Is(err, io.EOF) {
			t.Errorf("reason is %v, want the server's and the end", err)
		}
	})
}

// What the server says at the end is the reason, and not that nothing could be
// written any more.
func TestServerHasTheLastWord(t *testing.T) {
	for _, stalled := range []bool{true, false} {
		bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
			s := f.welcome(t)
			r.await(t, 0, "synced")
			if stalled { // a write is under way all the time
				publish(t, c, &leafnode.Message{Subject: []byte("a")})
				synctest.Wait()
			}
			s.say("-ERR 'Stale Connection'\r\n")
			_ = s.Close()
			r.await(t, 0, "down")
			var se *leafnode.ServerError
			if err := r.reasons()[0]; !errors.As(err, &se) {
				t.Errorf("reason is %v, want the server's", err)
			}
		})
	}
}

// A server that says nothing is given up in time.
func TestNoGreeting(t *testing.T) {
	for _, greeting := range []string{"", fakeInfo} {
		bubble(t, nil, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
			began := time.Now()
			s := f.accept(t, greeting)
			go func() { _, _ = io.Copy(io.Discard, s) }()
			r.await(t, 0, "down")
			if took := time.Since(began); took != leafnode.DefaultTimeout {
				t.Errorf("down after %v, want %v", took, leafnode.DefaultTimeout)
			}
		})
	}
}

func TestHostileServer(t *testing.T) {
	tests := []struct {
		name, says string
		greeted    bool
		want       error
	}{
		{"another protocol", "SSH-2.0-OpenSSH_9\r\n", false, leafnode.ErrProtocol},
		{"no INFO first", "PING\r\n", false, leafnode.ErrProtocol},
		{"an error first", "-ERR 'go away'\r\n", false, leafnode.ErrServer},
		{"no JSON", "INFO what\r\n", false, leafnode.ErrProtocol},
		{"negative limit", "INFO {\"max_payload\":-1}\r\n", false, leafnode.ErrProtocol},
		{"a line without end", "INFO {" + strings.Repeat(" ", leafnode.MaxLine), false, leafnode.ErrProtocol},
		{"garbage", "\x00\x01\x02", true, leafnode.ErrProtocol},
		{"a message too large", "LMSG a 999999999\r\n", true, leafnode.ErrProtocol},
		{"no JSON later", "INFO {\r\n", true, leafnode.ErrProtocol},
		{"too much interest", "LS+ b\r\nLS+ b\r\nLS- a\r\nLS+ c\r\nLS+ d\r\nLS+ e\r\n", true, leafnode.ErrInterest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(cfg *leafnode.Config) { cfg.MaxInterest = 3 }, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
				if tt.greeted {
					f.welcome(t).say(tt.says)
				} else {
					f.accept(t, tt.says)
				}
				r.await(t, 0, "down")
				if err := r.reasons()[0]; !errors.Is(err, tt.want) {
					t.Errorf("reason is %v, want one that matches %v", err, tt.want)
				}
			})
		})
	}
}

// A server that wants no TLS, when the URL does.
func TestNoTLS(t *testing.T) {
	bubble(t, func(cfg *leafnode.Config) { cfg.URL = "tls://u:secret@fake" }, func(t *testing.T, f *fake, _ *leafnode.Conn, r *recorder) {
		s := f.accept(t, fakeInfo)
		r.await(t, 0, "down")
		if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrNoTLS) {
			t.Errorf("reason is %v, want ErrNoTLS", err)
		}
		if said, _ := io.ReadAll(s); len(said) > 0 {
			t.Errorf("said %q to a server without TLS, want nothing", said)
		}
	})
}

// To a server that takes no headers, messages go without.
func TestServerWithoutHeaders(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		s := f.accept(t, fakeInfo)
		s.expect(t, "CONNECT ")
		s.expect(t, "PING")
		s.say(strings.Replace(fakeConnect, "\"headers\":true", "\"headers\":false", 1))
		r.await(t, 0, "up")
		publish(t, c, &leafnode.Message{Subject: []byte("a"), Header: 12, Data: []byte("NATS/1.0\r\n\r\nhello")})
		s.expect(t, "LMSG a 5\r\n")
		s.expect(t, "hello\r\n")
	})
}

// Pings are answered however many there are, with bounded memory.
func TestFloodOfPings(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		s := f.welcome(t)
		r.await(t, 0, "synced")
		s.say(strings.Repeat("PING\r\n", 10_000))
		synctest.Wait()
		if n := c.Stats().Pending; n != 0 {
			t.Errorf("%d bytes wait, want none but one answer", n)
		}
		s.expect(t, "PONG")
	})
}

func TestWhatCannotBeWritten(t *testing.T) {
	bubble(t, nil, func(t *testing.T, f *fake, c *leafnode.Conn, r *recorder) {
		f.welcome(t)
		r.await(t, 0, "synced")
		queue := []byte(strings.Repeat("q", leafnode.MaxName))
		long := leafnode.Message{Subject: []byte("a")}
		for range leafnode.MaxLine / leafnode.MaxName {
			long.Queues = append(long.Queues, queue)
		}
		for what, err := range map[string]error{
			"a line too long":   c.Publish(&long),
			"a subject":         c.Publish(&leafnode.Message{Subject: []byte("a\r\nPING")}),
			"a negative weight": c.Subscribe("a", "q", -1),
			"a pattern":         c.Subscribe("a b", "", 1),
			"a queue group":     c.Subscribe("a", "q\n", 1),
		} {
			if !errors.Is(err, leafnode.ErrInvalid) {
				t.Errorf("%s: error is %v, want ErrInvalid", what, err)
			}
		}
		if s := c.Stats(); s.DroppedInvalid != 2 || s.Wanted != 0 {
			t.Errorf("stats are %+v, want two messages refused and nothing wanted", s)
		}
	})
}

func TestCloseWhileDialing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		began := time.Now()
		c := attach(t, r, leafnode.Config{
			URL: "nats-leaf://fake",
			Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		synctest.Wait()
		c.Close()
		if time.Since(began) > 0 || len(r.list(0)) > 0 {
			t.Errorf("closed after %v with %q, want at once and without a word", time.Since(began), r.list(0))
		}
	})
}

func TestConfigFaults(t *testing.T) {
	_, err := leafnode.New(leafnode.Config{
		URL: "http://u:secret@host/path", Name: "a b", Credentials: "x", NkeySeed: "y",
		PendingBytes: -1, MaxMessage: -1, MaxInterest: -1, PingInterval: -1, Timeout: -1, ReconnectMin: 2, ReconnectMax: 1,
	})
	for _, field := range []string{"URL", "Name", "Cluster", "NkeySeed", "Handler", "PendingBytes", "MaxMessage", "MaxInterest", "PingInterval", "Timeout", "ReconnectMax"} {
		if err == nil || !strings.Contains(err.Error(), "config "+field+" is") {
			t.Errorf("error is %v, want one about %s", err, field)
		}
	}
	var ce *leafnode.ConfigError
	if !errors.Is(err, leafnode.ErrConfig) || !errors.As(err, &ce) || strings.Contains(fmt.Sprint(err), "secret") {
		t.Errorf("error is %v, want ConfigErrors without the password", err)
	}
	for _, raw := range []string{"", "nats-leaf://", "nats-leaf://h/x", "nats-leaf://u:secret@h:port", "nats-leaf://h?x", "ws://h"} {
		_, err := leafnode.New(leafnode.Config{URL: raw, Cluster: "c", Handler: newRecorder()})
		if !errors.Is(err, leafnode.ErrConfig) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %v, want a ConfigError", raw, err)
		}
	}
}
