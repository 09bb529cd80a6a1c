// Package made makes traces of meshes that never were, of any size, for looking at the dashboard.
package made

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

const degree = 5

// mesh is a made mesh, with the events that tell of it.
type mesh struct {
	random *rand.Rand
	ids    []string
	dead   map[string]bool
	edges  map[string]map[string]bool
	tree   map[string]map[string]bool // eager edges
	zones  int
	events []trace.Event
	t      float64
}

// Trace returns, as lines of JSON, what happens to a mesh of that many nodes in so many seconds:
// a node is killed every other second and its neighbors repair their views, and each second a
// message reaches all. The same arguments give the same trace. With zones above 0 the nodes are spread over so many.
func Trace(nodes, seconds, zones int, seed uint64) []byte {
	m := &mesh{
		random: rand.New(rand.NewPCG(seed, 0)),
		dead:   map[string]bool{}, edges: map[string]map[string]bool{}, tree: map[string]map[string]bool{}, zones: zones,
	}
	for i := range nodes {
		id := fmt.Sprintf("n%d", i)
		m.ids = append(m.ids, id)
		m.edges[id], m.tree[id] = map[string]bool{}, map[string]bool{}
	}
	m.wire()
	m.add(trace.Event{Kind: trace.Hello, Version: trace.Version, Cluster: "made", Source: "demo", Began: "2026-01-02T03:04:05Z"})
	m.add(trace.Event{Kind: trace.Whole, Picture: m.picture()})
	for second := range seconds {
		m.t = float64(second) * 1000
		m.sample()
		if second%2 == 1 {
			m.kill(second)
		}
		m.wave(second)
	}
	return m.lines()
}

// wire links each node to some that have room.
func (m *mesh) wire() {
	for i, id := range m.ids {
		if i > 0 {
			m.link(id, m.ids[m.random.IntN(i)])
		}
	}
	for _, id := range m.ids {
		for try := 0; try < 40 && len(m.edges[id]) < degree; try++ {
			m.refill(id)
		}
	}
	seen := map[string]bool{m.ids[0]: true}
	for queue := []string{m.ids[0]}; len(queue) > 0; queue = queue[1:] {
		for _, peer := range m.peers(queue[0]) {
			if !seen[peer] {
				seen[peer] = true
				m.tree[queue[0]][peer], m.tree[peer][queue[0]] = true, true
				queue = append(queue, peer)
			}
		}
	}
}

// refill links a node to one that lives and has room, if it draws one, and returns it.
func (m *mesh) refill(id string) string {
	peer := m.ids[m.random.IntN(len(m.ids))]
	if peer == id || m.dead[peer] || m.edges[id][peer] || len(m.edges[peer]) > degree {
		return ""
	}
	m.link(id, peer)
	return peer
}

func (m *mesh) link(a, b string) { m.edges[a][b], m.edges[b][a] = true, true }

func (m *mesh) peers(id string) []string {
	peers := make([]string, 0, len(m.edges[id]))
	for p := range m.edges[id] {
		peers = append(peers, p)
	}
	slices.Sort(peers)
	return peers
}

func (m *mesh) add(e trace.Event) {
	e.Seq, e.T = uint64(len(m.events)+1), m.t
	m.events = append(m.events, e)
}

func (m *mesh) picture() *trace.Picture {
	p := &trace.Picture{}
	for i, id := range m.ids {
		n := trace.Node{ID: id, State: trace.NodeUp, About: trace.About{Addr: fmt.Sprintf("127.0.0.1:%d", 20000+i), Version: "made"}}
		if m.zones > 0 {
			n.About.Zone = fmt.Sprintf("zone-%c", 'a'+i%m.zones)
		}
		for _, peer := range m.peers(id) {
			n.Edges = append(n.Edges, trace.Edge{Peer: peer, Link: trace.LinkUp, Eager: m.tree[id][peer]})
		}
		p.Nodes = append(p.Nodes, n)
	}
	return p
}

// kill ends a node, and lets its neighbors find others.
func (m *mesh) kill(second int) {
	id := m.ids[m.random.IntN(len(m.ids))]
	if m.dead[id] || len(m.dead) > len(m.ids)/3 {
		return
	}
	m.dead[id] = true
	m.add(trace.Event{Kind: trace.Action, Action: "kill", Nodes: []string{id}})
	m.add(trace.Event{Kind: trace.NodeIs, Node: id, State: trace.NodeKilled})
	for i, peer := range m.peers(id) {
		m.t = float64(second)*1000 + 20 + float64(i)*15
		delete(m.edges[id], peer)
		delete(m.edges[peer], id)
		m.add(trace.Event{Kind: trace.Down, Node: peer, Peer: id, Reason: "failed"})
		m.add(trace.Event{Kind: trace.LinkIs, Node: peer, Peer: id, Link: trace.LinkNone})
		m.replace(peer, float64(i))
	}
}

// replace gives a node that lost a neighbor another one, whose NATS link comes up a moment later.
func (m *mesh) replace(id string, delay float64) {
	for range 20 {
		found := m.refill(id)
		if found == "" {
			continue
		}
		m.t += 35
		for _, side := range [][2]string{{id, found}, {found, id}} {
			m.tree[side[0]][side[1]] = true
			m.add(trace.Event{Kind: trace.Up, Node: side[0], Peer: side[1]})
			m.add(trace.Event{Kind: trace.TreeIs, Node: side[0], Peer: side[1], Eager: true})
			m.add(trace.Event{Kind: trace.LinkIs, Node: side[0], Peer: side[1], Link: trace.LinkWanted, Why: "dial: no answer yet"})
		}
		m.add(trace.Event{Kind: trace.Repaired, Node: id, Ms: 35 + delay})
		m.t += 300
		m.add(trace.Event{Kind: trace.LinkIs, Node: id, Peer: found, Link: trace.LinkUp})
		m.add(trace.Event{Kind: trace.LinkIs, Node: found, Peer: id, Link: trace.LinkUp})
		return
	}
}

// wave sends a message from a node to all that live, link by link.
func (m *mesh) wave(second int) {
	from := m.ids[m.random.IntN(len(m.ids))]
	if m.dead[from] {
		return
	}
	begin := float64(second)*1000 + 700
	m.t = begin
	message := fmt.Sprintf("m%d", second)
	m.add(trace.Event{Kind: trace.Wave, Node: from, Message: message})
	hops := map[string]int{from: 0}
	most := 0
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for i, peer := range m.peers(queue[0]) {
			if _, ok := hops[peer]; ok {
				continue
			}
			hops[peer] = hops[queue[0]] + 1
			most = max(most, hops[peer])
			m.t = begin + float64(hops[peer])*4 + float64(i)*0.4
			m.add(trace.Event{Kind: trace.Hop, Node: peer, Peer: queue[0], Message: message, Hops: hops[peer], Ms: m.t - begin})
			queue = append(queue, peer)
		}
	}
	m.add(trace.Event{Kind: trace.Reached, Message: message, Count: len(hops), Of: len(m.ids) - len(m.dead), Hops: most, Ms: m.t - begin})
}

func (m *mesh) sample() {
	alive := len(m.ids) - len(m.dead)
	f := &trace.Figures{
		Nodes: alive, Components: 1, Sizes: []int{alive}, Degrees: make([]int, degree+4),
		Messages: float64(alive) + m.random.Float64()*20, Bytes: float64(alive)*400 + m.random.Float64()*9000, Duplicates: 2,
		Repairs: m.random.IntN(6), RepairP50: 34 + m.random.Float64()*4, RepairP99: 60 + m.random.Float64()*30,
		FullMesh: trace.Cost{Connections: alive * (alive - 1) / 2, Subscriptions: alive * (alive - 1)},
	}
	for _, id := range m.ids {
		if m.dead[id] {
			continue
		}
		n := len(m.edges[id])
		f.Pairs += n
		f.Degrees[min(n, len(f.Degrees)-1)]++
	}
	f.Kith = trace.Cost{Connections: f.Pairs, Subscriptions: f.Pairs}
	f.Pairs /= 2
	m.add(trace.Event{Kind: trace.Sample, Figures: f})
}

// lines writes the events in the order of their times.
func (m *mesh) lines() []byte {
	slices.SortStableFunc(m.events, func(a, b trace.Event) int {
		switch {
		case a.T < b.T:
			return -1
		case a.T > b.T:
			return 1
		}
		return 0
	})
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	for i, e := range m.events {
		e.Seq = uint64(i + 1)
		if err := encoder.Encode(e); err != nil {
			panic(err) // a struct of ours always has a form in JSON
		}
	}
	return out.Bytes()
}
