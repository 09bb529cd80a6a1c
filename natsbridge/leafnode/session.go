// One connection: its beginning, and what is read on it.

package leafnode

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

const (
	// readBuffer is the size of a buffer that holds no large message, in bytes.
	readBuffer = 64 << 10
	// calmReads is after how many reads without a large message a buffer that has
	// grown is given back.
	calmReads = 256
	// headroom is by how much a message may exceed the server's max_payload, in
	// bytes: a server adds headers to some.
	headroom = 64 << 10
)

// session is one connection and what belongs to it.
type session struct {
	c    *Conn
	raw  net.Conn
	wg   sync.WaitGroup // of the writer
	wake chan struct{}  // there is something to write
	done chan struct{}  // closed at the end

	// Of the goroutine that reads.
	conn     net.Conn // raw, or TLS on it
	parser   Parser
	op       Op
	buf      []byte
	r, w     int // what is in buf and not parsed yet
	calm     int // reads since the buffer was last needed to be large
	told     bool
	up       bool
	synced   bool
	ended    bool // nothing more can be read
	server   Server
	refused  *ServerError // what does not end the connection by itself
	interest map[string]struct{}

	turn    sync.Mutex  // of whoever writes
	control []byte      // a buffer for that
	heard   atomic.Bool // something since the last ping
	reading atomic.Bool // waiting for the server, not in the handler

	// Guarded by the mutex of the Conn.
	limits Server
	sent   map[topic]int // what the server knows of what is wanted
	dirty  map[topic]struct{}
	idle   bool // the writer waits
	pong   bool // the server is owed an answer
	pings  pings
	fault  error
}

func newSession(c *Conn, raw net.Conn) *session {
	return &session{
		c:        c,
		raw:      raw,
		conn:     raw,
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		buf:      make([]byte, readBuffer),
		pings:    pings{sent: 1}, // that of the greeting
		parser:   Parser{MaxPayload: min(firstMaxPayload, c.cfg.MaxMessage)},
		interest: make(map[string]struct{}),
	}
}

// run greets the server and reads until the connection ends. The context limits the
// greeting.
func (s *session) run(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	if err := s.raw.SetDeadline(deadline); err != nil {
		return fmt.Errorf("leafnode: %w", err)
	}
	if err := s.greet(ctx); err != nil {
		return err
	}
	for {
		op, err := s.next()
		if err != nil {
			return err
		}
		if err := s.handle(op); err != nil {
			return err
		}
	}
}

// greet reads the INFO, begins TLS if need be and says who we are. The PING behind the
// CONNECT is answered when the server has said all of its interest, as it
// answers in order.
func (s *session) greet(ctx context.Context) error {
	op, err := s.next()
	if err != nil {
		return err
	}
	if op.Kind != KindInfo {
		if op.Kind == KindErr {
			return &ServerError{Text: string(op.Text)}
		}
		return unexpected(s.buf[:s.r], "INFO")
	}
	in, err := parseInfo(op.Text)
	if err != nil {
		return err
	}
	if err := s.secure(ctx, in.TLSRequired); err != nil {
		return err
	}
	s.learn(in)
	hello, err := s.c.connectJSON(in.Nonce)
	if err != nil {
		return err
	}
	if _, err = s.conn.Write(AppendPing(AppendConnect(nil, hello))); err != nil {
		return fmt.Errorf("leafnode: write: %w", err)
	}
	return nil
}

// secure begins TLS when the server or the URL asks for it.
func (s *session) secure(ctx context.Context, required bool) error {
	if !required {
		if s.c.target.secure {
			return ErrNoTLS
		}
		return nil
	}
	if s.r != s.w {
		return unexpected(s.buf[s.r:s.w], "nothing between INFO and TLS")
	}
	cfg := s.c.cfg.TLS.Clone()
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = s.c.target.host
	}
	conn := tls.Client(s.raw, cfg)
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("leafnode: tls: %w", err)
	}
	s.conn = conn
	return nil
}

// learn takes what an INFO says.
func (s *session) learn(in info) {
	s.server = in.server()
	s.parser.MaxPayload = min(in.MaxPayload+headroom, s.c.cfg.MaxMessage)
}

// next returns the next operation, which is valid until the next call.
func (s *session) next() (*Op, error) {
	for {
		n, err := s.parser.Next(s.buf[s.r:s.w], &s.op)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			s.r += n
			return &s.op, nil
		}
		if s.told {
			s.told = false
			s.c.cfg.Handler.Pause()
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more. The buffer grows as a large message comes, and not by what is
// announced.
func (s *session) fill() error {
	need := s.parser.Need()
	if s.r > 0 {
		s.w = copy(s.buf, s.buf[s.r:s.w])
		s.r = 0
	}
	switch size := len(s.buf); {
	case s.w == size:
		grown := make([]byte, min(2*size, max(need, size+1)))
		copy(grown, s.buf)
		s.buf, s.calm = grown, 0
	case need > readBuffer:
		s.calm = 0
	case size > readBuffer && s.w < readBuffer:
		if s.calm++; s.calm > calmReads {
			small := make([]byte, readBuffer)
			copy(small, s.buf[:s.w])
			s.buf = small
		}
	}
	s.reading.Store(true)
	n, err := s.conn.Read(s.buf[s.w:])
	s.reading.Store(false)
	if n > 0 {
		s.heard.Store(true)
		s.w += n
		s.c.count.bytesIn.Add(uint64(n))
		return nil
	}
	if err != nil {
		s.ended = true
		return fmt.Errorf("leafnode: read: %w", err)
	}
	return nil
}
