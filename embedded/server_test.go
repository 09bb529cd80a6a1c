// Servers that start, that cannot start, and that end.

package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/embedded"
)

// start runs a server for the length of the test.
func start(t *testing.T, cfg embedded.Config) *embedded.Server {
	t.Helper()
	ns, err := embedded.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Shutdown)
	return ns
}

// echo checks that a request over nc is answered over the same server.
func echo(t *testing.T, nc *nats.Conn) {
	t.Helper()
	sub, err := nc.Subscribe("echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answer, err := nc.RequestWithContext(ctx, "echo", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if string(answer.Data) != "hello" {
		t.Errorf("got %q, want hello", answer.Data)
	}
}

func TestZeroConfigListensOnAFreeLoopbackPort(t *testing.T) {
	ns := start(t, embedded.Config{})
	host, port, err := net.SplitHostPort(strings.TrimPrefix(ns.URL(), "nats://"))
	if err != nil || host != "127.0.0.1" || port == "0" || port == "4222" {
		t.Fatalf("URL is %q, want a random port of 127.0.0.1", ns.URL())
	}
	nc, err := nats.Connect(ns.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	echo(t, nc)
	if ns.NATS().JetStreamEnabled() {
		t.Error("JetStream is on")
	}
}

// Servers of one NATS cluster open one more listener, in the background.
func TestStartWaitsForTheRoutesListener(t *testing.T) {
	ns := start(t, embedded.Config{Options: func(o *server.Options) {
		o.Cluster.Name, o.Cluster.Host, o.Cluster.Port = "c", "127.0.0.1", -1
	}})
	if ns.NATS().ClusterAddr() == nil {
		t.Error("the listener for routes is not open")
	}
}

func TestNameTagsAndMetadataReachTheServer(t *testing.T) {
	ns := start(t, embedded.Config{
		Name:     "orders-1",
		Tags:     []string{"kith:orders"},
		Metadata: map[string]string{"node": "orders-1"},
	})
	varz, err := ns.NATS().Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	if varz.Name != "orders-1" || len(varz.Tags) != 1 || varz.Tags[0] != "kith:orders" || varz.Metadata["node"] != "orders-1" {
		t.Errorf("varz says %q %v %v", varz.Name, varz.Tags, varz.Metadata)
	}
}

func TestDontListenIsReachedThroughMemoryOnly(t *testing.T) {
	ns := start(t, embedded.Config{DontListen: true})
	if ns.URL() != "" || ns.NATS().Addr() != nil {
		t.Errorf("URL %q, address %v, want none", ns.URL(), ns.NATS().Addr())
	}
	nc, err := ns.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	echo(t, nc)
}

// The whole life of a server and a client takes place in a bubble: whoever
// tests on virtual time needs that, and a poll during the start would show as
// time that has passed.
func TestStartsInABubbleWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		ns, err := embedded.Start(t.Context(), embedded.Config{DontListen: true})
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("the start took %v, want no waiting", d)
		}
		nc, err := ns.Connect()
		if err != nil {
			t.Fatal(err)
		}
		echo(t, nc)
		time.Sleep(time.Hour)
		echo(t, nc)
		nc.Close()
		ns.Shutdown()
	})
}

func TestUnspecifiedHostGivesAURLThatCanBeDialed(t *testing.T) {
	ns := start(t, embedded.Config{Host: "0.0.0.0"})
	if !strings.HasPrefix(ns.URL(), "nats://127.0.0.1:") {
		t.Errorf("URL is %q", ns.URL())
	}
}

func TestPortInUseIsNamed(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	addr, ok := taken.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("address is a %T", taken.Addr())
	}

	for name, cfg := range map[string]embedded.Config{
		"clients": {Port: addr.Port},
		"leaf nodes": {Options: func(o *server.Options) {
			o.LeafNode.Host, o.LeafNode.Port = "127.0.0.1", addr.Port
		}},
		"routes": {Options: func(o *server.Options) {
			o.Cluster.Name, o.Cluster.Host, o.Cluster.Port = "c", "127.0.0.1", addr.Port
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := embedded.Start(t.Context(), cfg)
			var taken *embedded.ListenError
			if !errors.As(err, &taken) || taken.Addr != addr.String() {
				t.Fatalf("got %v, want a ListenError for %s", err, addr)
			}
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("%v does not match EADDRINUSE", err)
			}
			if want := "embedded: cannot listen on " + addr.String(); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q does not begin with %q", err, want)
			}
		})
	}
}

func TestWrongConfigIsRefusedByField(t *testing.T) {
	for field, cfg := range map[string]embedded.Config{
		"Port": {Port: 65536},
		"Name": {Name: "two words"},
		"DontListen": {DontListen: true, Options: func(o *server.Options) {
			o.Cluster.Name, o.Cluster.Port = "c", -1
		}},
	} {
		_, err := embedded.Start(t.Context(), cfg)
		var wrong *embedded.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != field || !errors.Is(err, embedded.ErrConfig) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	_, both := embedded.Start(t.Context(), embedded.Config{Name: "two words", Port: -2})
	if both == nil || !strings.Contains(both.Error(), "Name") || !strings.Contains(both.Error(), "Port") {
		t.Errorf("two faults: got %v", both)
	}
	_, err := embedded.Start(t.Context(), embedded.Config{Options: func(o *server.Options) { o.MaxPending = 1 }})
	if err == nil || !strings.Contains(err.Error(), "max_payload") {
		t.Errorf("options the server refuses: got %v", err)
	}
}

func TestFatalErrorEndsTheStartAndNotTheProcess(t *testing.T) {
	dir := t.TempDir()
	_, err := embedded.Start(t.Context(), embedded.Config{Options: func(o *server.Options) {
		o.PidFile = dir // a folder cannot be written
	}})
	if err == nil || !strings.Contains(err.Error(), "pidfile") || !errors.Is(err, syscall.EISDIR) {
		t.Errorf("got %v, want what is wrong with the pid file", err)
	}
}

func TestCanceledContextStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ctx, embedded.Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestContextBoundsOnlyTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ns, err := embedded.Start(ctx, embedded.Config{DontListen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Shutdown()
	cancel()
	nc, err := ns.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	echo(t, nc)
}

func TestShutdownClosesClientsAndFreesThePort(t *testing.T) {
	ns := start(t, embedded.Config{})
	closed := make(chan struct{})
	nc, err := nats.Connect(ns.URL(), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()

	var both sync.WaitGroup
	for range 2 {
		both.Go(ns.Shutdown)
	}
	both.Wait()
	<-closed
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(ns.URL(), "nats://"))
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	start(t, embedded.Config{Port: n})
	if _, err := ns.Connect(); err == nil {
		t.Error("a server that is gone accepted a connection")
	}
}

func TestLogGoesToTheLoggerAtItsLevel(t *testing.T) {
	for level, want := range map[zerolog.Level]string{
		zerolog.InfoLevel:  `"level":"info","message":"Server is ready"`,
		zerolog.DebugLevel: `"level":"debug"`,
	} {
		var out bytes.Buffer
		ns, err := embedded.Start(t.Context(), embedded.Config{
			DontListen: true,
			Logger:     zerolog.New(zerolog.SyncWriter(&out)).Level(level),
		})
		if err != nil {
			t.Fatal(err)
		}
		ns.Shutdown()
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: %q is not in the log:\n%s", level, want, out.String())
		}
		if level == zerolog.InfoLevel && strings.Contains(out.String(), `"debug"`) {
			t.Errorf("debug lines in the log of level info:\n%s", out.String())
		}
	}
}
