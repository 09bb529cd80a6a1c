// Package settings is a tiny service whose test, in settings_test.go, runs it on a whole mesh in one
// process, has a node crash, and checks that the service goes on: package meshtest.
//
// Every replica has all settings; whoever changes one tells the others.
package settings

import (
	"context"
	"strings"
	"sync"

	"github.com/kithmesh/kith"
)

const prefix = "settings."

// Replica is one instance of the service. Its methods may be called from any goroutine.
type Replica struct {
	node *kith.Node

	mu      sync.Mutex
	values  map[string]string
	changed chan struct{} // closed with the next change
}

// New starts an instance on a node, whose end is also its own.
func New(node *kith.Node) (*Replica, error) {
	r := &Replica{node: node, values: make(map[string]string), changed: make(chan struct{})}
	if _, err := node.Subscribe(prefix+"*", r.hear); err != nil {
		return nil, err
	}
	return r, nil
}

// Set changes a setting on all replicas. The name is a token of a subject.
func (r *Replica) Set(ctx context.Context, name, value string) error {
	return r.node.Publish(ctx, prefix+name, []byte(value))
}

// Await returns when a setting has that value here.
func (r *Replica) Await(ctx context.Context, name, value string) error {
	for {
		r.mu.Lock()
		have, changed := r.values[name], r.changed
		r.mu.Unlock()
		if have == value {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hear takes what some replica has set, perhaps this one.
func (r *Replica) hear(m *kith.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[strings.TrimPrefix(m.Subject, prefix)] = string(m.Data)
	close(r.changed)
	r.changed = make(chan struct{})
}
