// What is compared: a number of nodes in this process.

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// cluster is a number of nodes of one kind. Nodes are numbered from 0, which is whom the others ask
// to let them in.
type cluster interface {
	// start starts node i and lets it join. It is called by several goroutines at once, but for
	// node 0, which is first.
	start(ctx context.Context, i int) error
	// whole reports whether those nodes are what the side promises to make of them: see the types.
	// Formed asks for what a new cluster becomes.
	whole(nodes []int, formed bool) bool
	// publish sends a message from node i to all. The payload is the caller's again.
	publish(ctx context.Context, i int, payload []byte) error
	// copies is how many payloads of messages came to nodes, and how many of them were new.
	copies() (came, fresh uint64)
	// kill ends nodes as the kernel does when a process dies: nobody is told, but sockets are closed.
	kill(nodes []int)
	// close ends everything.
	close()
}

// setup is what a side needs for a cluster.
type setup struct {
	nodes   int
	receive func(node int, payload []byte) bool // reports whether it was new
	weather *weather                            // nil where nothing is cut
}

// maker returns what makes clusters of a side, nil for one that there is not.
func maker(side string) func(setup) cluster {
	return map[string]func(setup) cluster{
		kithSide:  newKith,
		lanSide:   newLAN,
		tunedSide: newTuned,
		serfSide:  newSerf,
		gossipsub: newGossipsub,
	}[side]
}

const (
	// atOnce is how many nodes join at the same time.
	atOnce = 8
	// throttle is the pace of joins in a large cluster: memberlist's would not settle otherwise.
	throttle, large = 40 * time.Millisecond, 150
	// clusters is how many are begun until one is whole in time.
	clusters = 4
	// glance is how often it is looked whether a cluster is whole.
	glance = 5 * time.Millisecond
)

var errNotWhole = errors.New("not whole within the time")

// address is the own loopback address of a node.
func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}) }

// nodeAt is the node whose address that is, -1 for none.
func nodeAt(addr netip.Addr) int {
	b := addr.Unmap().As4()
	if b[0] != 127 || b[1] != 1 {
		return -1
	}
	return int(b[2])<<8 | int(b[3])
}

// everybody are the nodes of a cluster.
func everybody(n int) []int {
	nodes := make([]int, n)
	for i := range nodes {
		nodes[i] = i
	}
	return nodes
}

// open starts a cluster, and returns how long it took until it was whole. One that does not get so in time is
// thrown away for another, unless forming is what is measured.
func open(ctx context.Context, t task, receive func(int, []byte) bool, w *weather) (cluster, time.Duration, error) {
	start := maker(t.Side)
	if start == nil {
		return nil, 0, fmt.Errorf("no side %q", t.Side)
	}
	if receive == nil {
		receive = func(int, []byte) bool { return false }
	}
	limit, most := t.Times.Again, clusters
	if t.Measure == forms {
		limit, most = t.Times.Form, 1
	}
	for attempt := 1; ; attempt++ {
		c := start(setup{nodes: t.Nodes + t.Spare, receive: receive, weather: w})
		begin := time.Now()
		err := startAll(ctx, c, t.Nodes)
		if err == nil {
			err = await(ctx, limit, func() bool { return c.whole(everybody(t.Nodes), true) })
		}
		if err == nil {
			return c, time.Since(begin), nil
		}
		c.close()
		if attempt == most || ctx.Err() != nil {
			return nil, 0, fmt.Errorf("forming: %w", err)
		}
	}
}

// startAll starts nodes, some at a time.
func startAll(ctx context.Context, c cluster, nodes int) error {
	if err := c.start(ctx, 0); err != nil {
		return err
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	var faults []error
	places := make(chan struct{}, atOnce)
	for i := 1; i < nodes; i++ {
		places <- struct{}{}
		if nodes >= large {
			time.Sleep(throttle)
		}
		work.Go(func() {
			defer func() { <-places }()
			if err := c.start(ctx, i); err != nil {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, fmt.Errorf("node %d: %w", i, err))
			}
		})
	}
	work.Wait()
	return errors.Join(faults...)
}

// await looks again and again until ready says so.
func await(ctx context.Context, limit time.Duration, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	look := time.NewTicker(glance)
	defer look.Stop()
	for !ready() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", errNotWhole, limit)
		}
	}
	return nil
}

// rest lets a cluster alone for a while.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
