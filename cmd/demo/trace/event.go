// Package trace is the record of what happens in a mesh, event by event, as lines of JSON: what
// the dashboard shows live, and what it plays back. docs/trace.md is its reference.
package trace

// Version is that of the form of the events. A reader refuses a trace whose version is newer.
const Version = 1

// Kind says what an event is about, and so which of its fields are set.
type Kind string

// The kinds of events.
const (
	// Hello begins a stream: Version, Cluster, Source, Began, Controls.
	Hello Kind = "hello"
	// Whole is everything that is so at this moment: Picture. It follows Hello, comes again now and
	// then, so that one can begin in the middle, and after Gap.
	Whole Kind = "picture"
	// Gap says that events are missing here, since the reader was too slow or came back too late.
	Gap Kind = "gap"

	// NodeIs says that a node has come or has changed: Node and State, with Peer fields in About.
	NodeIs Kind = "node"
	// Up and Down: Node has Peer as a neighbor, or has it no longer, for Reason. Each side tells its own.
	Up   Kind = "up"
	Down Kind = "down"
	// LinkIs: the NATS link of Node to Peer has become Link.
	LinkIs Kind = "link"
	// TreeIs: messages go from Node to Peer eagerly, or are only announced.
	TreeIs Kind = "tree"

	// Sample is what is measured each second: Figures.
	Sample Kind = "sample"
	// Repaired: Node had lost a neighbor, and its view was full again after Ms.
	Repaired Kind = "repaired"
	// Action is what somebody did to the mesh: Action, Nodes. Those of a cut are one side of it, and
	// all others the other.
	Action Kind = "action"

	// Wave begins when Node publishes Message; Hop is when Node gets it, Ms later, over Hops links, the
	// last of them from Peer where that is known; Reached when all have it or none has for a while:
	// Count of Of nodes, the first among them, after Ms, over at most Hops links.
	Wave    Kind = "wave"
	Hop     Kind = "hop"
	Reached Kind = "reached"
)

// State is what a node does.
type State string

// The states of a node. Those of a demo cluster are known exactly; of any other mesh it is
// known that a node answers (NodeUp) or is named by others and does not (NodeSilent).
const (
	NodeUp     State = "up"
	NodePaused State = "paused"
	NodeKilled State = "killed"
	NodeLeft   State = "left"
	NodeSilent State = "silent"
	// NodeGone takes a node out of the picture: nothing has been heard of it for long.
	NodeGone State = "gone"
)

// Link is what the NATS link to a neighbor does.
type Link string

// The states of a NATS link.
const (
	LinkNone    Link = "none"    // it has ended and nobody wants it
	LinkWanted  Link = "wanted"  // it ought to be there and is not
	LinkUp      Link = "up"      // it works
	LinkHolding Link = "holding" // the neighbor has gone, and the link is kept for a moment
)

// Event is one line. Fields that its kind does not use are left out.
type Event struct {
	// Seq grows by one from event to event of a stream, from 1; what is made for one reader, Hello, Gap
	// and the Whole after them, has that of the last event that it stands for, 0 if none. T is when,
	// in milliseconds since the stream began; it never falls.
	Seq  uint64  `json:"seq"`
	T    float64 `json:"t"`
	Kind Kind    `json:"kind"`

	Version  int    `json:"version,omitempty"`
	Cluster  string `json:"cluster,omitempty"`
	Source   string `json:"source,omitempty"` // "demo" or "watch"
	Began    string `json:"began,omitempty"`  // RFC 3339
	Controls bool   `json:"controls,omitempty"`

	Picture *Picture `json:"picture,omitempty"`

	Node   string `json:"node,omitempty"`
	Peer   string `json:"peer,omitempty"`
	State  State  `json:"state,omitempty"`
	About  *About `json:"about,omitempty"`
	Reason string `json:"reason,omitempty"`
	Link   Link   `json:"link,omitempty"`
	Why    string `json:"why,omitempty"` // what is wrong with a link that is wanted
	Eager  bool   `json:"eager,omitempty"`

	Figures *Figures `json:"figures,omitempty"`
	Ms      float64  `json:"ms,omitempty"`

	Action string   `json:"action,omitempty"`
	Nodes  []string `json:"nodes,omitempty"`

	Message string `json:"message,omitempty"`
	Hops    int    `json:"hops,omitempty"`
	Count   int    `json:"count,omitempty"`
	Of      int    `json:"of,omitempty"`
}

// Picture is the whole mesh at one moment.
type Picture struct {
	Nodes []Node `json:"nodes"` // ordered by ID
	// Cut are the two sides of a cut that lasts, nil when there is none.
	Cut [][]string `json:"cut,omitempty"`
}

// Node is one node in a picture.
type Node struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	About About  `json:"about"`
	// Edges are its neighbors as it tells them itself, ordered by peer.
	Edges []Edge `json:"edges,omitempty"`
}

// About is what a node says of itself.
type About struct {
	Addr    string `json:"addr,omitempty"`
	NATS    string `json:"nats,omitempty"`
	Zone    string `json:"zone,omitempty"`
	Version string `json:"version,omitempty"`
	Started string `json:"started,omitempty"` // RFC 3339
}

// Edge is one neighbor of a node, with what goes along.
type Edge struct {
	Peer  string `json:"peer"`
	Link  Link   `json:"link,omitempty"`
	Why   string `json:"why,omitempty"`
	Eager bool   `json:"eager,omitempty"`
}

// Figures is one sample of the whole mesh.
type Figures struct {
	Nodes      int   `json:"nodes"` // that are up
	Components int   `json:"components"`
	Sizes      []int `json:"sizes,omitempty"` // of the components, largest first; at most 16
	Pairs      int   `json:"pairs"`           // of neighbors
	OneSided   int   `json:"one_sided"`
	Isolated   int   `json:"isolated"`
	// Degrees are how many nodes have 0, 1, 2 … neighbors.
	Degrees []int `json:"degrees"`
	// Messages are deliveries and Bytes what was written to links, both per second, over all nodes;
	// Duplicates what came twice, per second.
	Messages   float64 `json:"messages"`
	Bytes      float64 `json:"bytes"`
	Duplicates float64 `json:"duplicates"`
	// Repairs ended in the last second; the percentiles are of the last 256, in milliseconds.
	Repairs   int     `json:"repairs"`
	RepairP50 float64 `json:"repair_p50"`
	RepairP99 float64 `json:"repair_p99"`
	// Kith and FullMesh are what the mesh needs, and what a full mesh of so many nodes would.
	Kith     Cost `json:"kith"`
	FullMesh Cost `json:"full_mesh"`
}

// Cost is what a mesh needs, over all nodes.
type Cost struct {
	Connections   int `json:"connections"`
	Subscriptions int `json:"subscriptions"`
}

// Detail is what one node tells of itself when it is asked; it is no part of the stream.
type Detail struct {
	ID      string   `json:"id"`
	State   State    `json:"state"`
	About   About    `json:"about"`
	Edges   []Edge   `json:"edges"`
	Passive []string `json:"passive"`
	Lost    int      `json:"lost"`
	// RTT is the latest round trip to each neighbor in milliseconds, 0 before the first.
	RTT map[string]float64 `json:"rtt,omitempty"`
	// AgeSeconds is how long each neighbor has been one.
	AgeSeconds map[string]float64 `json:"age_s,omitempty"`
	// Counters are the node's own, by the names of docs/metrics.md.
	Counters map[string]float64 `json:"counters,omitempty"`
}
