// Keeps a connection: starts it, begins it again when it ends, and closes it.

package leafnode

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Conn is an attachment to one account of one server. Its methods may be called
// from any goroutine.
type Conn struct {
	cfg    Config
	target target
	id     string // of this Conn alone
	rng    *rand.Rand
	cancel context.CancelFunc
	ctx    context.Context // ends with Close
	wg     sync.WaitGroup
	count  counters
	said   said

	mu      sync.Mutex
	started bool
	closed  bool
	session *session // that is under way, for Close
	live    *session // that is up, nil without one
	out     outbox
	wanted  map[topic]int
}

// New checks the config and makes a Conn that has yet to be started. Its error is
// a [ConfigError] for each fault, joined.
func New(cfg Config) (*Conn, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	to, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	var seed [32]byte
	if _, err := crand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("leafnode: random: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Conn{
		cfg:    cfg.withDefaults(),
		target: to,
		id:     fmt.Sprintf("KITH%X", seed[16:]),
		rng: rand.New(rand.NewPCG(
			binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:16]))),
		ctx:    ctx,
		cancel: cancel,
		wanted: make(map[topic]int),
	}, nil
}

// Start begins to connect, in the background. It returns [ErrStarted] the second time and
// [ErrClosed] after Close.
func (c *Conn) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.started:
		return ErrStarted
	}
	c.started = true
	c.wg.Go(c.run)
	return nil
}

// Close ends the connection at once, with whatever waits to be written, and
// returns when nothing is left of it: the handler is not called afterwards. It may be
// called more than once, but not from the handler.
func (c *Conn) Close() {
	c.mu.Lock()
	c.closed = true
	s := c.session
	c.mu.Unlock()
	c.cancel()
	if s != nil {
		_ = s.raw.Close()
	}
	c.wg.Wait()
}

// run connects again and again.
func (c *Conn) run() {
	delay := c.cfg.ReconnectMin
	for {
		began := time.Now()
		wasUp, err := c.attempt()
		if c.ctx.Err() != nil {
			if wasUp {
				c.cfg.Handler.Down(ErrClosed)
			}
			return
		}
		c.said.down(&c.cfg.Logger, err)
		c.cfg.Handler.Down(err)
		switch {
		case errors.Is(err, ErrServer):
			delay = c.cfg.ReconnectMax
		case time.Since(began) >= c.cfg.ReconnectMax:
			delay = c.cfg.ReconnectMin
		}
		if !c.pause(delay) {
			return
		}
		delay = min(2*delay, c.cfg.ReconnectMax)
	}
}

// pause waits for at least half of d, and reports whether there is to be another
// attempt.
func (c *Conn) pause(d time.Duration) bool {
	half := max(int64(d/2), 1)
	timer := time.NewTimer(d - time.Duration(c.rng.Int64N(half)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// attempt makes a connection and returns why it has ended, and whether it was up.
func (c *Conn) attempt() (wasUp bool, err error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.cfg.Timeout)
	defer cancel()
	raw, err := c.cfg.Dialer(ctx, "tcp", c.target.addr)
	if err != nil {
		return false, fmt.Errorf("leafnode: dial %s: %w", c.target.addr, err)
	}
	s := newSession(c, raw)
	if !c.begin(s) {
		_ = raw.Close()
		return false, ErrClosed
	}
	err = s.run(ctx)
	c.end(s)
	return s.up, s.reason(err)
}

// begin makes s the session that Close ends.
func (c *Conn) begin(s *session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.session = s
	return true
}

// end takes back what belongs to s, and waits for its writer.
func (c *Conn) end(s *session) {
	_ = s.raw.Close()
	c.mu.Lock()
	c.session, c.live = nil, nil
	c.out.reset()
	c.mu.Unlock()
	close(s.done)
	s.wg.Wait()
}
