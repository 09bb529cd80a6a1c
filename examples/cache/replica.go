// The part that a service would take over: a local cache, and how it is told what to forget.

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/kithmesh/kith"
)

// prefix is that of all messages which say that a key has changed. The key is a token of the
// subject: it has no dots, white space and wildcards.
const prefix = "cache.invalidate."

// replica is one instance of the service.
type replica struct {
	node      *kith.Node
	heard     *kith.Subscription
	truth     *database
	forgotten chan<- string

	mu      sync.Mutex
	cache   map[string]string
	version int // grows whenever something is forgotten
}

func newReplica(ctx context.Context, cfg kith.Config, truth *database, forgotten chan<- string, pending int) (*replica, error) {
	node, err := kith.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r := &replica{node: node, truth: truth, forgotten: forgotten, cache: make(map[string]string)}
	r.heard, err = node.Subscribe(prefix+"*",
		func(m *kith.Message) { r.forget(strings.TrimPrefix(m.Subject, prefix)) },
		kith.OnGap(r.forgetAll),
		kith.WithPending(pending, kith.DefaultPendingBytes))
	if err != nil {
		node.Stop()
		return nil, err
	}
	return r, nil
}

// read returns a value, from the cache if it is there. What was forgotten while the database
// was asked is not put into the cache: it may be older than that.
func (r *replica) read(key string) string {
	r.mu.Lock()
	value, found := r.cache[key]
	version := r.version
	r.mu.Unlock()
	if found {
		return value
	}
	value = r.truth.read(key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.version == version {
		r.cache[key] = value
	}
	return value
}

// write changes a value, and tells everybody when it is done. The writer forgets it at once,
// and hears of it once more like all others.
func (r *replica) write(ctx context.Context, key, value string) error {
	r.truth.write(key, value)
	r.mu.Lock()
	delete(r.cache, key)
	r.version++
	r.mu.Unlock()
	return r.node.Publish(ctx, prefix+key, nil)
}

// forget drops one key.
func (r *replica) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version++
	if _, found := r.cache[key]; found {
		delete(r.cache, key)
		r.forgotten <- fmt.Sprintf("%s forgets %s", r.node.Self().ID, key)
	}
}

// forgetAll drops everything: messages are missing, and which keys they were about is not known.
// That is so when this replica was too slow, or was cut off for longer than its neighbors
// remember, half a minute.
func (r *replica) forgetAll(gap kith.Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version++
	if len(r.cache) > 0 {
		clear(r.cache)
		r.forgotten <- fmt.Sprintf("%s has missed messages of %s (%s), and forgets everything", r.node.Self().ID, gap.Origin, gap.Reason)
	}
}
