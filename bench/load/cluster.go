// Package load publishes on a cluster and judges what comes of it: at full speed, or at a
// steady rate. Every message is numbered, and each node has to get every one, in order.
package load

import "context"

// Cluster is a number of nodes in this process, each with a subscriber.
type Cluster interface {
	// Publish sends a message from the first node to the subscribers of all. The payload is
	// the caller's again when it returns.
	Publish(ctx context.Context, payload []byte) error
	// Close ends everything, and waits for it.
	Close()
}

// Receive is told what comes to a node. Each node calls it from one goroutine; the payload is
// only lent.
type Receive func(node int, payload []byte)

// Side is one way to make a cluster.
type Side struct {
	Name string
	// Start starts nodes that hand over what they receive, and returns when they are
	// linked as they should be.
	Start func(ctx context.Context, nodes int, receive Receive) (Cluster, error)
}
