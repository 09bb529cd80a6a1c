// A network that can lose everything between some nodes, without telling anybody.

package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// weather decides what gets through. What is written into a cut is lost, a dial into it hangs until it is
// given up, even if the cut ends before, and the end of a connection does not show on the other side.
type weather struct {
	cut atomic.Pointer[func(a, b int) bool]
}

// set cuts between those nodes of which between says so; nil for none.
func (w *weather) set(between func(a, b int) bool) {
	if between == nil {
		w.cut.Store(nil)
		return
	}
	w.cut.Store(&between)
}

// lost reports whether what one node sends to the other gets lost. It is so both ways.
func (w *weather) lost(a, b int) bool {
	if w == nil {
		return false
	}
	between := w.cut.Load()
	return between != nil && (*between)(a, b)
}

// dialer dials from the own address of a node, by which others know who it is.
func (w *weather) dialer(from int) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		to := hostOf(addr)
		if w.lost(from, to) {
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
		}
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(address(from), 0))}
		raw, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return w.wrap(raw, from, to), nil
	}
}

// listener makes what a node accepts obey the weather.
func (w *weather) listener(l net.Listener, node int) net.Listener {
	return &exposedListener{Listener: l, weather: w, node: node}
}

type exposedListener struct {
	net.Listener
	weather *weather
	node    int
}

// Accept implements net.Listener.
func (l *exposedListener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.weather.wrap(raw, l.node, hostOf(raw.RemoteAddr().String())), nil
}

func (w *weather) wrap(raw net.Conn, node, other int) net.Conn {
	tcp, ok := raw.(*net.TCPConn)
	if !ok {
		return raw
	}
	return &exposed{Conn: tcp, tcp: tcp, lost: func() bool { return w.lost(node, other) }}
}

// exposed is one end of a connection that obeys the weather. The connection is not embedded as what it is,
// lest something be written past it.
type exposed struct {
	net.Conn
	tcp  *net.TCPConn
	lost func() bool

	mu     sync.Mutex
	torn   bool // something was lost: the rest makes no sense any more
	closed bool // but not on the network
}

// gone reports whether nothing gets through any more.
func (c *exposed) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.torn = c.torn || c.lost()
	return c.torn
}

// Write implements net.Conn.
func (c *exposed) Write(b []byte) (int, error) {
	if c.gone() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// CloseWrite ends the outgoing direction, unless that would get lost.
func (c *exposed) CloseWrite() error {
	if c.gone() {
		return nil
	}
	return c.tcp.CloseWrite()
}

// SetLinger says what Close does with what was not sent yet.
func (c *exposed) SetLinger(sec int) error { return c.tcp.SetLinger(sec) }

// Close implements net.Conn. In a cut it only ends what this side does.
func (c *exposed) Close() error {
	if !c.gone() {
		return c.Conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return c.Conn.SetDeadline(time.Unix(1, 0))
}

// SetDeadline implements net.Conn.
func (c *exposed) SetDeadline(t time.Time) error { return c.unlessClosed(c.Conn.SetDeadline, t) }

// SetReadDeadline implements net.Conn.
func (c *exposed) SetReadDeadline(t time.Time) error {
	return c.unlessClosed(c.Conn.SetReadDeadline, t)
}

// SetWriteDeadline implements net.Conn.
func (c *exposed) SetWriteDeadline(t time.Time) error {
	return c.unlessClosed(c.Conn.SetWriteDeadline, t)
}

func (c *exposed) unlessClosed(set func(time.Time) error, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return set(t)
}

// hostOf is the node at an address, -1 for none.
func hostOf(addr string) int {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil {
		return -1
	}
	return nodeAt(parsed.Addr())
}
