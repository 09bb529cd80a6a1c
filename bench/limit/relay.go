// A bare relay: length and bytes, along a static tree of TCP connections.

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/membership"
)

// relay is a tree of stations with as many connections each as a Kith node has neighbors.
type relay struct {
	stations []*station
	work     sync.WaitGroup
}

// What a station keeps that keeps messages: as much as a Kith node, in pieces of the same size.
const (
	piece    = 64 << 10
	mostKept = 16 << 20 / piece
)

// station is a node of the tree. It hands over what comes from its parent, and passes it on.
type station struct {
	number   int
	receive  load.Receive
	parent   net.Conn // nil at the root
	children []*outbox
	// keeps says that messages are kept, in the latest pieces; else their memory is used again.
	keeps  bool
	pieces [][]byte
	room   []byte // the rest of the latest piece
}

// startRelay builds a tree that keeps nothing.
func startRelay(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	return start(ctx, nodes, receive, false)
}

// startKeepingRelay builds a tree whose stations keep what came last.
func startKeepingRelay(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	return start(ctx, nodes, receive, true)
}

func start(ctx context.Context, nodes int, receive load.Receive, keeps bool) (load.Cluster, error) {
	r := &relay{}
	for i := range nodes {
		r.stations = append(r.stations, &station{number: i, receive: receive, keeps: keeps})
	}
	for i := 1; i < nodes; i++ {
		if err := r.connect(ctx, parentOf(i, membership.DefaultConfig().ActiveSize), i); err != nil {
			r.Close()
			return nil, err
		}
	}
	for _, s := range r.stations[1:] {
		r.work.Go(s.read)
	}
	return r, nil
}

// parentOf returns the parent of a node other than 0 in a tree in which each node has that many
// connections: the root to children only, all others to one child fewer.
func parentOf(node, degree int) int {
	if node <= degree {
		return 0
	}
	return (node-degree-1)/(degree-1) + 1
}

// connect makes one connection of the tree.
func (r *relay) connect(ctx context.Context, parent, child int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	down, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return err
	}
	up, err := l.Accept()
	if err != nil {
		return errors.Join(err, down.Close())
	}
	r.stations[child].parent = up
	box := newOutbox(down)
	r.stations[parent].children = append(r.stations[parent].children, box)
	r.work.Go(box.write)
	return nil
}

// read takes frames until the connection ends.
func (s *station) read() {
	in := bufio.NewReaderSize(s.parent, piece)
	length := make([]byte, 4)
	for {
		if _, err := io.ReadFull(in, length); err != nil {
			return
		}
		payload := s.memory(int(binary.LittleEndian.Uint32(length)))
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		s.take(payload)
	}
}

// memory is where the next message goes.
func (s *station) memory(n int) []byte {
	if len(s.room) < n {
		s.room = make([]byte, max(piece, n))
		if s.keeps {
			if len(s.pieces) == mostKept {
				s.pieces = append(s.pieces[:0], s.pieces[1:]...)
			}
			s.pieces = append(s.pieces, s.room)
		}
	}
	payload := s.room[:n:n]
	if s.keeps {
		s.room = s.room[n:]
	}
	return payload
}

// take passes a message on and hands it over.
func (s *station) take(payload []byte) {
	for _, child := range s.children {
		child.add(payload)
	}
	s.receive(s.number, payload)
}

// outbox is what waits to be written to a child: all that has come while the last write went on
// is written at once. The window of the publisher bounds it.
type outbox struct {
	conn    net.Conn
	mu      sync.Mutex
	filled  sync.Cond
	waiting []byte
	closed  bool
}

func newOutbox(conn net.Conn) *outbox {
	o := &outbox{conn: conn}
	o.filled.L = &o.mu
	return o
}

// add puts a message in.
func (o *outbox) add(payload []byte) {
	o.mu.Lock()
	o.waiting = binary.LittleEndian.AppendUint32(o.waiting, uint32(len(payload)))
	o.waiting = append(o.waiting, payload...)
	o.mu.Unlock()
	o.filled.Signal()
}

// write empties it until it is closed.
func (o *outbox) write() {
	var spare []byte
	for {
		o.mu.Lock()
		for len(o.waiting) == 0 && !o.closed {
			o.filled.Wait()
		}
		if o.closed {
			o.mu.Unlock()
			return
		}
		batch := o.waiting
		o.waiting = spare[:0]
		o.mu.Unlock()
		if _, err := o.conn.Write(batch); err != nil {
			return
		}
		spare = batch
	}
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.filled.Signal()
	_ = o.conn.Close()
}

// Publish implements [load.Cluster].
func (r *relay) Publish(_ context.Context, payload []byte) error {
	if len(r.stations) == 0 {
		return fmt.Errorf("no stations")
	}
	r.stations[0].take(payload)
	return nil
}

// Close implements [load.Cluster].
func (r *relay) Close() {
	for _, s := range r.stations {
		for _, child := range s.children {
			child.close()
		}
		if s.parent != nil {
			_ = s.parent.Close()
		}
	}
	r.work.Wait()
}
