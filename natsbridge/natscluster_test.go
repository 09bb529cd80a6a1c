package natsbridge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// natsCluster starts servers with routes between all of them.
func natsCluster(t *testing.T, n int) []*embedded.Server {
	t.Helper()
	var servers []*embedded.Server
	for i := range n {
		srv, err := embedded.Start(t.Context(), embedded.Config{LeafNodes: true, Options: func(o *server.Options) {
			o.Cluster = server.ClusterOpts{Name: "hub", Host: "127.0.0.1", Port: server.RANDOM_PORT, PoolSize: -1}
			if i > 0 {
				o.Routes = server.RoutesFromStr("nats-route://" + servers[0].NATS().ClusterAddr().String())
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Shutdown)
		servers = append(servers, srv)
	}
	return servers
}

// Of the nodes on one NATS cluster one acts for it, so that nothing comes twice; when it
// ends another one does.
func TestOneOfANATSClusterActs(t *testing.T) {
	const clustered = 3
	mesh := meshtest.Run(t, meshtest.Nodes(clustered+2), meshtest.SharedServer())
	b := &bridged{mesh, t}
	hub := natsCluster(t, clustered)
	times := natsbridge.Config{TTL: 5 * time.Second, Grace: 500 * time.Millisecond}
	var bridges []*natsbridge.Bridge
	for i := range clustered + 2 {
		cfg := times
		if i < clustered {
			cfg.URL = hub[i].LeafURL()
		} else {
			srv, err := embedded.Start(t.Context(), embedded.Config{LeafNodes: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(srv.Shutdown)
			hub, cfg.URL = append(hub, srv), srv.LeafURL()
		}
		bridges = append(bridges, b.bridge(i, cfg))
	}
	inHub, outside := connect(t, hub[1].URL()), connect(t, hub[clustered].URL())
	fromOutside, fromHub := inbox(t, inHub, "to.hub"), inbox(t, outside, "to.outside")
	respond(t, connect(t, hub[2].URL()), "echo", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	exchange := func(acting int) {
		t.Helper()
		for _, wait := range []struct {
			bridge  int
			subject string
		}{{clustered, "to.hub"}, {clustered, "echo"}, {acting, "to.outside"}} {
			if err := bridges[wait.bridge].Await(b.within(10*time.Second), wait.subject, 1); err != nil {
				t.Fatal(err)
			}
		}
		ready(t, hub[clustered], "echo")
		for i := range 20 {
			publish(t, outside, "to.hub", fmt.Sprint(i))
			if m := next(t, fromOutside); string(m.Data) != fmt.Sprint(i) {
				t.Fatalf("%q came to the hub, want %d", m.Data, i)
			}
			publish(t, inHub, "to.outside", fmt.Sprint(i))
			if m := next(t, fromHub); string(m.Data) != fmt.Sprint(i) {
				t.Fatalf("%q came out of the hub, want %d", m.Data, i)
			}
			if _, err := outside.Request("echo", nil, 5*time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	exchange(0)
	acting := 0
	for _, bridge := range bridges[:clustered] {
		if bridge.Stats().Exporter {
			acting++
		}
	}
	if acting != 1 || !bridges[0].Stats().Exporter {
		t.Errorf("%d act for the cluster", acting)
	}
	b.Kill(0)
	refused(t, outside, "nobody.at.all")
	awaitExporter(t, bridges[1])
	exchange(1)
}

func awaitExporter(t *testing.T, bridge *natsbridge.Bridge) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := bridge.AwaitExporter(ctx); err != nil {
		t.Fatalf("nobody took over: %v", err)
	}
}
