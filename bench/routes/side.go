// The two things that are compared.

package main

import "context"

// cluster is a number of nodes in this process, each with a subscriber.
type cluster interface {
	// publish sends a message from one node to the subscribers of all. The payload is
	// the caller's again when it returns.
	publish(ctx context.Context, payload []byte) error
	// close ends everything, and waits for it.
	close()
}

// side is one way to make a cluster.
type side struct {
	name string
	// start starts nodes that hand over what they receive, and returns when they are
	// linked as they should be.
	start func(ctx context.Context, nodes int, receive func(node int, payload []byte)) (cluster, error)
}

// The ways in which a Kith node hands over messages.
const (
	byCallback = "callback"
	byBridge   = "bridge"
)

var deliveries = map[string]func(ctx context.Context, nodes int, receive func(node int, payload []byte)) (cluster, error){
	byCallback: startMesh,
	byBridge:   startBridged,
}

// subject is what everybody publishes on and subscribes to.
const subject = "bench"
