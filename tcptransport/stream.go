// One connection: the frames on it, and the ways to end it.

package tcptransport

import (
	"io"
	"net"
)

// stream is a connection that frames are read from by one goroutine and written
// to by one other at a time.
type stream struct {
	raw  net.Conn // as dialed or accepted
	conn net.Conn // raw, or the TLS connection over it
	in   *inflow
	// instant writes on conn without waiting; nil when that cannot be done.
	instant *instant
	link    *link // whose deadlines hold for reading; nil during the hello
}

func newStream(raw, conn net.Conn) *stream {
	s := &stream{raw: raw, conn: conn, instant: newInstant(conn)}
	s.in = newInflow(s)
	return s
}

// Read implements io.Reader for the buffer: it reads the connection with the
// deadlines of the link.
func (s *stream) Read(b []byte) (int, error) {
	if s.link == nil {
		return s.conn.Read(b)
	}
	return s.link.readConn(s.conn, b)
}

// halfClose tells the peer that nothing more comes, after what was written.
func (s *stream) halfClose() {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		return
	}
	s.close()
}

// close ends the connection without waiting for anything.
func (s *stream) close() { closeQuietly(s.raw) }

// abort ends the connection as a crash would: what was written but not sent is
// thrown away and the peer sees a reset.
func (s *stream) abort() { abort(s.raw) }

func abort(raw net.Conn) {
	if tcp, ok := raw.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // closed already, or about to be
	}
	closeQuietly(raw)
}

// closeQuietly closes what nobody uses any more. What it was used for has told
// its errors before.
func closeQuietly(c io.Closer) { _ = c.Close() }
