// The network that connects the nodes of a mesh: loopback TCP that can be cut.

package meshtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// stranger stands for whoever is on the other side of a connection that no node
// of the mesh made: it is cut off from nobody.
const stranger = -2

// errNotTCP is returned for a dial that is not one of TCP.
var errNotTCP = errors.New("meshtest: not a TCP connection")

// direction is one of the two between a pair of nodes.
type direction struct{ from, to int }

// route identifies one end of a connection by the addresses as that end sees them.
type route struct{ local, remote netip.AddrPort }

func (r route) reversed() route { return route{local: r.remote, remote: r.local} }

// network knows who is on which end of every connection, and which directions are
// blocked. A connection that is cut shows nothing: see [conn].
type network struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something is opened
	homes   map[netip.AddrPort]int
	ends    map[route]*conn
	blocked map[direction]bool
	paused  map[int]bool
	flushes sync.WaitGroup
}

func newNetwork() *network {
	return &network{
		changed: make(chan struct{}),
		homes:   make(map[netip.AddrPort]int),
		ends:    make(map[route]*conn),
		blocked: make(map[direction]bool),
		paused:  make(map[int]bool),
	}
}

// passes reports whether packets get from one node to another. The caller holds
// the mutex.
func (n *network) passes(from, to int) bool {
	return !n.paused[from] && !n.paused[to] && !n.blocked[direction{from, to}]
}

// block makes packets from one group to another vanish. It is called in change.
func (n *network) block(from, to []int) {
	for _, a := range from {
		for _, b := range to {
			if a != b {
				n.blocked[direction{a, b}] = true
			}
		}
	}
}

// change alters the rules and applies them to every connection.
func (n *network) change(alter func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	alter()
	for _, c := range n.ends {
		n.apply(c)
	}
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *network) apply(c *conn) {
	c.obey(n.passes(c.remote, c.host.index), n.passes(c.host.index, c.remote))
}

// settle records that a node, or a server that belongs to it, listens on addr.
func (n *network) settle(addr netip.AddrPort, index int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.homes[addr] = index
}

// homeOf returns who listens, or was the last to listen, on addr.
func (n *network) homeOf(addr string) int {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil {
		return stranger
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if index, ok := n.homes[parsed]; ok {
		return index
	}
	return stranger
}

// awaitOpen returns when h and another node can reach each other, or ctx ends. The
// dials of a host that has crashed hang too, lest a node that is as good as dead
// keeps the machine busy.
func (n *network) awaitOpen(ctx context.Context, h *host, to int) error {
	for {
		n.mu.Lock()
		open, changed := !h.down && n.passes(h.index, to) && n.passes(to, h.index), n.changed
		n.mu.Unlock()
		if open {
			return nil
		}
		select {
		case <-changed:
		case <-h.gone:
			return net.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// links counts the connections between the nodes themselves, each once.
func (n *network) links() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for _, c := range n.ends {
		if c.dialed && !c.nats {
			count++
		}
	}
	return count
}

// adopt takes a new connection in. Who dialed is known from the end that dialed:
// an accepted end may come first, and then learns it later.
func (n *network) adopt(c *conn) {
	c.route = route{local: addrPort(c.tcp.LocalAddr()), remote: addrPort(c.tcp.RemoteAddr())}
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.host.down {
		c.reset()
		return
	}
	if other, ok := n.ends[c.route.reversed()]; ok {
		if c.dialed {
			other.remote = c.host.index
			n.apply(other)
		} else {
			c.remote = other.host.index
		}
	}
	n.ends[c.route] = c
	n.apply(c)
}

func (n *network) forget(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ends[c.route] == c {
		delete(n.ends, c.route)
	}
}

// crash takes hosts off the network at one moment: every connection is reset and
// the listeners are gone. The nodes themselves learn nothing of it.
func (n *network) crash(hosts ...*host) {
	n.mu.Lock()
	for _, h := range hosts {
		h.down = true
		delete(n.paused, h.index)
	}
	var toOthers, among []*conn
	for r, c := range n.ends {
		if !c.host.down {
			continue
		}
		delete(n.ends, r)
		if far := n.ends[r.reversed()]; far != nil && !far.host.down {
			toOthers = append(toOthers, c)
		} else {
			among = append(among, c)
		}
	}
	n.mu.Unlock()
	for _, h := range hosts {
		h.stopListening()
	}
	for _, c := range append(toOthers, among...) {
		c.reset()
	}
	n.change(func() {}) // the ends of a crash in a pause are to be seen
}

// host is one life of a node, as the network sees it.
type host struct {
	network *network
	index   int
	gone    chan struct{} // closed when what is left of the life ends: no dial outlives it
	once    sync.Once

	// Guarded by the network's mutex.
	down     bool
	listener net.Listener
}

func (n *network) newHost(index int) *host {
	return &host{network: n, index: index, gone: make(chan struct{})}
}

// end ends the dials that hang.
func (h *host) end() { h.once.Do(func() { close(h.gone) }) }

func (h *host) stopListening() {
	h.network.mu.Lock()
	l := h.listener
	h.network.mu.Unlock()
	if l != nil {
		_ = l.Close() // the node may have closed it before
	}
}

// listen opens the address on which the node is dialed.
func (h *host) listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("meshtest: %w", err)
	}
	h.network.settle(addrPort(l.Addr()), h.index)
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	h.listener = l
	return &listener{Listener: l, host: h}, nil
}

// listener makes what it accepts obey the network.
type listener struct {
	net.Listener
	host *host
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.host.wrap(raw, stranger, false, false)
}

// dial connects to another node. While one cannot reach the other it hangs, as a
// dial does whose packets vanish.
func (h *host) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return h.dialTo(ctx, network, addr, false)
}

func (h *host) dialTo(ctx context.Context, network, addr string, nats bool) (net.Conn, error) {
	to := h.network.homeOf(addr)
	if err := h.network.awaitOpen(ctx, h, to); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	raw, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return h.wrap(raw, to, true, nats)
}

func (h *host) wrap(raw net.Conn, remote int, dialed, nats bool) (net.Conn, error) {
	tcp, ok := raw.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errNotTCP, raw.Close())
	}
	c := &conn{host: h, tcp: tcp, remote: remote, dialed: dialed, nats: nats}
	h.network.adopt(c)
	return c, nil
}

// addrPort returns the address of a TCP listener or connection.
func addrPort(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
