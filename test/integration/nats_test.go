// The NATS server where nodes meet, connections to it, and what it knows of them.

//go:build unix

package integration_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

// ports hands out port numbers that can be freed and taken again: below those
// that systems give to whoever asks for any, so that nobody gets one by chance.
var ports = func() *atomic.Uint32 {
	var n atomic.Uint32
	n.Store(rand.Uint32N(portCount)) // another test process begins elsewhere
	return &n
}()

const lowestPort, portCount = 20000, 10000

// nextPort returns the next candidate.
func nextPort() int { return lowestPort + int(ports.Add(1)%portCount) }

// freeAddr returns an address of this machine at which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(nextPort()))
		l, err := net.Listen("tcp", addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}

// natsServer is a NATS server that can be stopped, and started again at the same
// address.
type natsServer struct {
	port   int
	server *embedded.Server
}

// startNATS starts a server that ends with the test.
func startNATS(t *testing.T) *natsServer {
	t.Helper()
	s := &natsServer{}
	for range 100 {
		s.port = nextPort()
		err := s.listen(t)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.server.Shutdown() })
		return s
	}
	t.Fatal("no port is free")
	return nil
}

func (s *natsServer) listen(t *testing.T) error {
	server, err := embedded.Start(t.Context(), embedded.Config{Port: s.port})
	if err == nil {
		s.server = server
	}
	return err
}

// stop ends the server as a crash would: no client is told.
func (s *natsServer) stop() { s.server.Shutdown() }

// restart starts another server at the same address.
func (s *natsServer) restart(t *testing.T) {
	t.Helper()
	if err := s.listen(t); err != nil {
		t.Fatalf("start NATS again: %v", err)
	}
}

func (s *natsServer) url() string { return s.server.URL() }

// connect returns a connection that ends with the test.
func (s *natsServer) connect(t *testing.T) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.url(), nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// agrees asks all members over NATS for their views, and compares those with the
// picture: who has whom, and at which address.
func (w *world) agrees(t *testing.T, nc *nats.Conn) error {
	t.Helper()
	want, addrs := w.picture(), w.addrs()
	all, err := natstransport.Inspect(t.Context(), nc, w.cluster, natstransport.InspectOptions{
		Stall: calm, OnError: func(err error) { t.Errorf("an answer to the inspection: %v", err) },
	})
	if err != nil {
		return err
	}
	got := make(map[string][]string)
	for _, v := range all {
		if _, twice := got[v.Self.ID]; twice {
			return fmt.Errorf("%s has answered twice", v.Self.ID)
		}
		var active []string
		for _, p := range append(peers(v.Active), v.Self) {
			if p.Addr != addrs[p.ID] {
				return fmt.Errorf("%s tells that %s is at %s, which is at %s", v.Self.ID, p.ID, p.Addr, addrs[p.ID])
			}
			if p != v.Self {
				active = append(active, p.ID)
			}
		}
		slices.Sort(active)
		got[v.Self.ID] = active
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		return fmt.Errorf("members tell %v, and log %v", got, want)
	}
	return nil
}

func peers(neighbors []natstransport.Neighbor) []*views.Peer {
	var all []*views.Peer
	for _, n := range neighbors {
		all = append(all, n.Peer)
	}
	return all
}

// services asks $SRV.INFO.kith until that many have answered, and returns them by
// the name of the node.
func services(t *testing.T, nc *nats.Conn, n int) map[string]micro.Info {
	t.Helper()
	ask, err := micro.ControlSubject(micro.InfoVerb, natstransport.ServiceName, "")
	if err != nil {
		t.Fatal(err)
	}
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(ask, inbox, nil); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]micro.Info)
	for range n {
		msg, err := sub.NextMsg(patience)
		if err != nil {
			t.Fatalf("%s: %d of %d have answered: %v", ask, len(all), n, err)
		}
		var info micro.Info
		if err := json.Unmarshal(msg.Data, &info); err != nil {
			t.Fatalf("%s: %v in %s", ask, err, msg.Data)
		}
		all[info.Metadata["node"]] = info
	}
	return all
}
