// Peers that lie, shout, or say nothing, on every way into a node.

//go:build unix

package integration_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/natstransport"
)

// TestHostilePeers attacks one node of a small mesh. It must keep its neighbors,
// give back what the attackers made it take, and go on serving.
func TestHostilePeers(t *testing.T) {
	t.Parallel()
	server := startNATS(t)
	w := newWorld(t, "hostile")
	all := w.startMany(t, 8, "--server", server.url())
	w.settle(t, "all have joined")
	victim := all[0]
	neighbors := w.picture()[victim.id]
	before, measured := measure(t, victim)
	w.mu.Lock()
	at, lines := time.Now(), len(victim.lines)
	w.mu.Unlock()

	a := &attacker{t: t, victim: victim}
	nc := server.connect(t)
	a.suffer(nc, plainAttacks())
	a.overNATS(nc)
	w.tell(t, "all attacks are over, all their connections closed")

	after, _ := measure(t, victim)
	w.settle(t, "the mesh is whole")
	for _, id := range neighbors {
		w.mu.Lock()
		downs := victim.since(at, "neighbor_down", id)
		w.mu.Unlock()
		for _, e := range downs {
			if !slices.Contains([]string{"evicted", "not_active"}, e.Reason) { // the mesh's own exchanges
				t.Errorf("%s has lost %s: %s", victim.id, id, e.Reason)
			}
		}
	}
	w.mu.Lock()
	lines = len(victim.lines) - lines
	w.mu.Unlock()
	t.Logf("%d connections: %v before, %v after, %d lines of log", a.connections, before, after, lines)
	if most := 120; lines > most {
		t.Errorf("the attacks have made %s log %d lines, want at most %d", victim.id, lines, most)
	}
	w.start(t, "late", "--server", server.url())
	w.start(t, "late-too", "--contact", victim.addr)
	w.awaitWhole(t, "newcomers join over NATS, and by the victim's address")
	if !measured {
		t.Skip("this system has no /proc: memory and descriptors were not measured")
	}
	after.check(t, before)
}

// overNATS sends to every subject of the cluster what does not belong there.
func (a *attacker) overNATS(nc *nats.Conn) {
	a.t.Helper()
	cluster := a.victim.world.cluster
	join := natstransport.JoinSubject(cluster)
	for what, payload := range payloads(cluster) {
		for _, subject := range []string{join, natstransport.ViewsSubject(cluster), natstransport.StatsSubject(cluster)} {
			if err := nc.Publish(subject, payload); err != nil { // nobody waits for an answer
				a.t.Fatal(err)
			}
			answer, err := nc.Request(subject, payload, patience)
			if err != nil {
				a.t.Errorf("%s on %s: %v, want an answer", what, subject, err)
				continue
			}
			got, want := answer.Header.Get(micro.ErrorCodeHeader), ""
			if subject == join {
				want = natstransport.CodeBadRequest
			}
			if got != want {
				a.t.Errorf("%s on %s: error code %q, want %q", what, subject, got, want)
			}
		}
	}
}

// payloads are no JOINs of that cluster.
func payloads(cluster string) map[string][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 4<<10)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	message := func(kind, cluster, addr string) []byte {
		b, err := json.Marshal(map[string]any{
			"type": kind, "cluster": cluster, "priority": "high",
			"peer": map[string]any{"id": "ghost", "incarnation": 1, "addr": addr},
		})
		if err != nil {
			panic(err) // it cannot fail
		}
		return b
	}
	return map[string][]byte{
		"nothing":                 nil,
		"noise":                   noise,
		"900 KiB":                 bytes.Repeat([]byte("kith"), 900<<10/4),
		"a deep nest":             bytes.Repeat([]byte("["), 60<<10),
		"a number":                []byte("17"),
		"null":                    []byte("null"),
		"another type":            message(natstransport.TypeViews, cluster, "127.0.0.1:1"),
		"another cluster":         message(natstransport.TypeJoin, "another", "127.0.0.1:1"),
		"an address for nobody":   message(natstransport.TypeJoin, cluster, "0.0.0.0:1"),
		"an ID that is no string": []byte(`{"type":"` + natstransport.TypeJoin + `","cluster":"` + cluster + `","peer":{"id":{}}}`),
	}
}
