// Broadcasts in a world: a core of package broadcast beside each node's membership.

package sim

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// Broadcast is a core of package broadcast for each node of a world, driven as a
// service drives it: links follow the membership's events, frames travel on the links
// of the world, behind what was sent there before, and end with them. Nothing is
// encoded.
//
// A world may have several, with configurations of their own, to compare them on the
// very same overlay. They know nothing of each other, and change nothing for the
// membership unless they expel somebody; but where latency is drawn, each draw moves
// the world's source on.
type Broadcast struct {
	// OnEvent, when set, is told what a node delivers, misses, or gets for itself
	// alone: effects of the kinds Deliver, Miss and Arrive. It is called in the middle
	// of a step and only looks; the effect is its for that time.
	OnEvent func(id NodeID, e *broadcast.Effect)

	world    *World
	number   uint8 // in World.layers
	cfg      broadcast.Config
	stations []station // by node
	letters  letters
	crowded  bool // a lane has been full
	stats    BroadcastStats
}

// BroadcastStats counts what nodes received from others and delivered, in all their
// lives.
type BroadcastStats struct {
	// Published are the messages sent to everybody, Spread included.
	Published uint64 `json:"published"`
	// Payloads are the messages that came on links, and Fresh those that were new
	// there: Payloads/Fresh − 1 is the RMR of the Plumtree paper.
	Payloads uint64 `json:"payloads"`
	Fresh    uint64 `json:"fresh"`
	// IHaves, Grafts, Prunes and Gones are the control messages that came.
	IHaves uint64 `json:"ihaves"`
	Grafts uint64 `json:"grafts"`
	Prunes uint64 `json:"prunes"`
	Gones  uint64 `json:"gones"`
	// Directs are the messages for single nodes that came, at each node on their way.
	Directs uint64 `json:"directs"`
	// Missed are the messages that were given up, at each node for itself.
	Missed uint64 `json:"missed"`
	// Expelled counts the links that were given up as too slow, Strange the frames on
	// links of nodes that are no neighbors.
	Expelled uint64 `json:"expelled"`
	Strange  uint64 `json:"strange"`
}

// Controls is the number of control messages.
func (s *BroadcastStats) Controls() uint64 { return s.IHaves + s.Grafts + s.Prunes + s.Gones }

// mostLayers is how many broadcasts fit into an event.
const mostLayers = 1 << 8

var errLayers = errors.New("sim: a world has room for 256 broadcasts")

// Broadcast gives every node of the world, and every one that will come, a core of
// package broadcast. Nodes that have neighbors already begin with a link to each.
func (w *World) Broadcast(cfg broadcast.Config) (*Broadcast, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(w.layers) == mostLayers {
		return nil, errLayers
	}
	b := &Broadcast{world: w, number: uint8(len(w.layers)), cfg: cfg}
	w.layers = append(w.layers, b)
	for i := range w.seats {
		if id := NodeID(i); w.Lives(id) {
			b.begin(id)
			b.greet(id)
		}
	}
	return b, nil
}

// Stats returns what has been counted since the beginning.
func (b *Broadcast) Stats() BroadcastStats { return b.stats }

// Node returns the core of a live node, nil of others. It is to be looked at, not
// stepped.
func (b *Broadcast) Node(id NodeID) *broadcast.Node {
	if int(id) >= len(b.stations) {
		return nil
	}
	return b.stations[id].core
}

// Life returns the name that the node's latest life has as an origin.
func (b *Broadcast) Life(id NodeID) broadcast.Life { return b.stations[id].life }

// Publish lets a node send something to everybody, and returns the sequence of the
// message; 0 when the node does not run.
func (b *Broadcast) Publish(id NodeID, payload []byte) uint64 {
	if b.world.seats[id].state != up {
		return 0
	}
	return b.publish(id, payload)
}

func (b *Broadcast) publish(id NodeID, payload []byte) uint64 {
	s := &b.stations[id]
	sequence, first := s.core.Next()
	b.stats.Published++
	b.step(id, &broadcast.Input{Kind: broadcast.Published, Gossip: broadcast.Gossip{
		Life: []byte(s.life), Sequence: sequence, First: first, Frame: pack(first, payload),
	}})
	return sequence
}

// Send lets a node send something to another one alone.
func (b *Broadcast) Send(id NodeID, target string, payload []byte) {
	if b.world.seats[id].state != up {
		return
	}
	b.step(id, &broadcast.Input{Kind: broadcast.Routed, Target: target, Gossip: broadcast.Gossip{
		Life: []byte(b.stations[id].life), Frame: payload,
	}})
}

// firstLen is the length of what stands in a frame before its payload: the First of
// its Gossip, which the origin knows and relays pass on. The core looks into neither.
const firstLen = 8

func pack(first uint64, payload []byte) []byte {
	frame := binary.BigEndian.AppendUint64(make([]byte, 0, firstLen+len(payload)), first)
	return append(frame, payload...)
}

// Payload returns what the origin published of a message that is delivered.
func Payload(e *broadcast.Effect) []byte { return e.Frame[firstLen:] }

// begin gives a node that starts its core.
func (b *Broadcast) begin(id NodeID) {
	for len(b.stations) <= int(id) {
		b.stations = append(b.stations, station{})
	}
	p := b.world.seats[id].peer
	life := broadcast.NewLife(p.ID, p.Incarnation)
	core, err := broadcast.New(life, b.cfg)
	if err != nil {
		b.world.fail(id, err)
		return
	}
	b.stations[id] = station{core: core, life: life, born: b.world.now, wakes: b.stations[id].wakes}
}

// greet makes the links of a node that had neighbors before it had this core.
func (b *Broadcast) greet(id NodeID) {
	view := b.world.seats[id].node.Active()
	for i := range view.Len() {
		peer, neighbor := view.At(i)
		b.up(id, peer.ID, neighbor.Link)
	}
}

// end takes the core from a node that ends.
func (b *Broadcast) end(id NodeID) {
	s := &b.stations[id]
	*s = station{life: s.life, wakes: s.wakes + 1}
}

// now is the time since the node's core began.
func (b *Broadcast) now(s *station) time.Duration { return b.world.now - s.born }
