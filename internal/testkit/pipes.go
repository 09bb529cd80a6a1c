// Connections in memory that end like TCP's.

package testkit

import (
	"errors"
	"net"
	"time"
)

// Pipes returns the ends of a connection in memory that, unlike that of [net.Pipe], can be closed
// for writing alone, by CloseWrite.
func Pipes() (net.Conn, net.Conn) {
	a, b := net.Pipe()
	c, d := net.Pipe()
	return &duplex{Conn: a, out: c}, &duplex{Conn: d, out: b}
}

// duplex is one end: a pipe each way.
type duplex struct {
	net.Conn // to read from
	out      net.Conn
}

func (d *duplex) Write(b []byte) (int, error) { return d.out.Write(b) }

func (d *duplex) CloseWrite() error { return d.out.Close() }

func (d *duplex) Close() error { return errors.Join(d.out.Close(), d.Conn.Close()) }

func (d *duplex) SetWriteDeadline(by time.Time) error { return d.out.SetWriteDeadline(by) }

func (d *duplex) SetDeadline(by time.Time) error {
	return errors.Join(d.out.SetWriteDeadline(by), d.SetReadDeadline(by))
}
