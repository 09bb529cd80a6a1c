// Package side starts what is compared: Kith in its forms, and clusters of NATS servers.
package side

import (
	"fmt"

	"github.com/kithmesh/kith/bench/load"
)

// The forms of Kith.
const (
	Callback = "callback" // a Node.Subscribe handler
	Bridge   = "bridge"   // plain NATS clients of each node's own server
	Linker   = "linker"   // NATS connections to the servers of the neighbors, and no broadcast
)

// Subject is what everybody publishes on and subscribes to.
const Subject = "bench"

// Kith returns the side of that form: Callback or Bridge.
func Kith(form string) (load.Side, error) {
	switch form {
	case Callback:
		return load.Side{Name: form, Start: StartMesh}, nil
	case Bridge:
		return load.Side{Name: form, Start: StartBridged}, nil
	default:
		return load.Side{}, fmt.Errorf("a form %q, want %s or %s", form, Callback, Bridge)
	}
}
