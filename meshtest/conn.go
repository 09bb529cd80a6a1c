// One end of a connection that can be cut without anybody being told.

package meshtest

import (
	"net"
	"os"
	"sync"
	"time"
)

// mostHeld is how many bytes one end may write into a cut before writing blocks,
// as it does when the buffers of the operating system are full.
const mostHeld = 1 << 20

// conn is one end of a loopback connection. While its incoming direction is shut,
// what arrives, the end of the connection included, stays where it is and reads
// wait; while the outgoing direction is shut, what is written is held. Deadlines
// count all the time. When a direction opens again everything arrives.
type conn struct {
	host   *host
	tcp    *net.TCPConn
	route  route
	dialed bool
	nats   bool
	remote int // guarded by the network's mutex

	reading sync.Mutex // held by a Read
	pending []byte     // read just when the incoming direction was shut
	failure error      // the same

	writing sync.Mutex // held by a Write, and by the flush of what was held

	mu      sync.Mutex
	changed chan struct{} // closed when anything below changes; nil while nobody waits
	in, out bool          // that direction is open
	readBy  time.Time
	writeBy time.Time
	held    []byte
	half    bool // CloseWrite was called while something was held
	// flushing means that what was held is being sent.
	flushing bool
	closed   bool
}

// past is a deadline that interrupts a read at once.
func past() time.Time { return time.Unix(1, 0) }

// notify wakes whoever waits for a change. The caller holds mu.
func (c *conn) notify() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// obey opens or shuts the two directions.
func (c *conn) obey(in, out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.in == in && c.out == out {
		return
	}
	c.in = in
	if !in {
		_ = c.tcp.SetReadDeadline(past()) // a read under way must not take anything more
	} else {
		_ = c.tcp.SetReadDeadline(c.readBy) // an error shows in the read
	}
	c.out = out
	if out && (len(c.held) > 0 || c.half) {
		c.host.network.flushes.Go(c.flush)
	}
	c.notify()
}

// await returns when ready says so, the deadline has passed or the connection is
// closed. It is called, and returns, with mu held; ready and deadline are too.
func (c *conn) await(ready func() bool, deadline func() time.Time) error {
	for {
		switch by := deadline(); {
		case c.closed:
			return net.ErrClosed
		case !by.IsZero() && !time.Now().Before(by):
			return os.ErrDeadlineExceeded
		case ready():
			return nil
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed, by := c.changed, deadline()
		c.mu.Unlock()
		waitUntil(changed, by)
		c.mu.Lock()
	}
}

// waitUntil returns at the change or at the deadline, if there is one.
func waitUntil(changed <-chan struct{}, by time.Time) {
	if by.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if err := c.awaitIn(); err != nil {
			return 0, c.fault("read", err)
		}
		if n, err := c.takePending(b); n > 0 || err != nil {
			return n, err
		}
		n, err := c.tcp.Read(b)
		if c.isOpen() && !c.interrupted(err) {
			return n, err
		}
		c.pending = append(c.pending, b[:n]...)
		if err != nil && !c.interrupted(err) && !os.IsTimeout(err) {
			c.failure = err
		}
	}
}

func (c *conn) awaitIn() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.await(func() bool { return c.in }, func() time.Time { return c.readBy })
}

func (c *conn) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in
}

// interrupted reports whether err came from shutting the incoming direction, not
// from the reader's own deadline.
func (c *conn) interrupted(err error) bool {
	if err == nil || !os.IsTimeout(err) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readBy.IsZero() || time.Now().Before(c.readBy)
}

// takePending returns what the last read got when it was too late.
func (c *conn) takePending(b []byte) (int, error) {
	if len(c.pending) > 0 {
		n := copy(b, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	err := c.failure
	c.failure = nil
	return 0, err
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	err := c.await(
		func() bool { return c.out || len(c.held)+len(b) <= mostHeld },
		func() time.Time { return c.writeBy },
	)
	if err == nil && !c.out {
		c.held = append(c.held, b...)
		c.mu.Unlock()
		return len(b), nil
	}
	c.mu.Unlock()
	if err == nil {
		err = c.release()
	}
	if err != nil {
		return 0, c.fault("write", err)
	}
	return c.tcp.Write(b)
}

// flush sends what was held, when the outgoing direction has opened.
func (c *conn) flush() {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.release() // an error shows in the next write, or read
}

// release sends what was held, which was written in time and so obeys no deadline
// any more. The caller holds writing.
func (c *conn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.out || len(c.held) == 0 && !c.half {
		return nil
	}
	held, half := c.held, c.half
	c.held, c.half, c.flushing = nil, false, true
	_ = c.tcp.SetWriteDeadline(time.Time{}) // an error shows in the write
	c.mu.Unlock()
	_, err := c.tcp.Write(held)
	if err == nil && half {
		err = c.tcp.CloseWrite()
	}
	c.mu.Lock()
	c.flushing = false
	_ = c.tcp.SetWriteDeadline(c.writeBy) // an error shows in the next write
	return err
}

// CloseWrite ends the outgoing direction after what was written, as
// [net.TCPConn.CloseWrite] does.
func (c *conn) CloseWrite() error {
	c.mu.Lock()
	if !c.out || len(c.held) > 0 || c.flushing {
		c.half = true
		c.mu.Unlock()
		return nil
	}
	c.mu.Unlock()
	return c.tcp.CloseWrite()
}

// Close implements net.Conn. What is held is lost.
func (c *conn) Close() error {
	c.mu.Lock()
	c.closed, c.held, c.half = true, nil, false
	c.notify()
	c.mu.Unlock()
	err := c.tcp.Close()
	c.host.network.forget(c)
	return err
}

// reset ends the connection as the crash of its process would. On this side it
// then looks cut, until it is closed.
func (c *conn) reset() {
	c.mu.Lock()
	c.in, c.out, c.held, c.half = false, false, nil, false
	c.mu.Unlock()
	_ = c.tcp.SetLinger(0) // it may be closed already
	_ = c.tcp.Close()
}

// SetLinger says what Close does with what was not sent yet, as
// [net.TCPConn.SetLinger] does.
func (c *conn) SetLinger(sec int) error { return c.tcp.SetLinger(sec) }

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn. It holds while the direction is shut too.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = t
	c.notify()
	if !c.in && !c.closed {
		return nil
	}
	return c.tcp.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn. It holds while the direction is shut too.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeBy = t
	c.notify()
	if c.flushing {
		return nil
	}
	return c.tcp.SetWriteDeadline(t)
}

// fault wraps an error as the operating system's would be.
func (c *conn) fault(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

var _ interface {
	net.Conn
	SetLinger(sec int) error
	CloseWrite() error
} = (*conn)(nil)
