//go:build unix

// Writing without waiting, where there are sockets to which a plain write may be made.

package tcptransport

import (
	"errors"
	"net"
	"syscall"
)

// instant writes on a connection what it takes at once.
type instant struct {
	raw   syscall.RawConn
	write func(fd uintptr) bool // made once: raw takes a function
	bytes []byte                // to be written
	n     int
	err   error
}

// newInstant returns nil for a connection that only its own methods may be used of.
func newInstant(conn net.Conn) *instant {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	i := &instant{raw: raw}
	i.write = func(fd uintptr) bool {
		i.n, i.err = syscall.Write(int(fd), i.bytes)
		return true
	}
	return i
}

// put writes what can be written of b without waiting, and returns how much that is.
func (i *instant) put(b []byte) (int, error) {
	i.bytes = b
	err := i.raw.Write(i.write)
	i.bytes = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(i.err, syscall.EAGAIN), errors.Is(i.err, syscall.EINTR):
		return 0, nil
	case i.err != nil:
		return 0, i.err
	default:
		return i.n, nil
	}
}
