// A cluster's meeting place on NATS: opened, served and closed.

package natstransport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// A Member is what a Meeting answers for. Its methods are called one at a time,
// from the goroutine that answers everything, so each returns within
// milliseconds; none of them calls [Meeting.Close].
type Member interface {
	// Join answers a newcomer's request. ctx carries a deadline.
	Join(ctx context.Context, join membership.Message) (membership.Message, error)
	// Views returns what the member knows of others now.
	Views() Views
	// Stats returns the member's counts, which encoding/json must be able to write.
	Stats() any
}

// Config says whose meeting place it is.
type Config struct {
	// Cluster is part of every subject: 1 to 64 of A-Z a-z 0-9 - _.
	Cluster string
	// Self is the node itself.
	Self *views.Peer
	// Version is the semantic version that `nats micro` shows. Empty: 0.0.0.
	Version string
	// Logger is silent unless set.
	Logger zerolog.Logger
}

// validate reports every fault at once, joined; each matches [ErrConfig].
func (c *Config) validate() error {
	faults := []error{checkCluster(c.Cluster)}
	if c.Self == nil {
		faults = append(faults, &ConfigError{Field: "Self", Value: "nil", Want: "the own node"})
	} else if err := c.Self.Validate(); err != nil {
		fault := &ConfigError{Field: "Self", Value: clip(c.Self.ID), Want: "a valid peer"}
		faults = append(faults, fmt.Errorf("%w: %w", fault, err))
	}
	return errors.Join(faults...)
}

// A Meeting is a cluster's meeting place on NATS: where a node asks others to let
// it in, and, once it serves, answers them.
type Meeting struct {
	nc  *nats.Conn
	cfg Config
	log zerolog.Logger

	closing context.Context // done when Close begins
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu      sync.Mutex
	service *service // nil until Serve
}

// Open returns the meeting place of a cluster on nc. It sends nothing and starts
// nothing yet.
//
// The connection stays the caller's: it is never closed or drained, and its
// handlers are not touched. It should be made with nats.NoEcho(), see
// [Meeting.Join].
//
// The error joins a [ConfigError] for each fault.
func Open(nc *nats.Conn, cfg Config) (*Meeting, error) {
	if err := errors.Join(checkConn(nc), cfg.validate()); err != nil {
		return nil, err
	}
	if cfg.Version == "" {
		cfg.Version = "0.0.0"
	}
	m := &Meeting{nc: nc, cfg: cfg, log: cfg.Logger}
	m.closing, m.cancel = context.WithCancel(context.Background())
	if !nc.Opts.NoEcho {
		m.log.Warn().Str("want", "nats.NoEcho()").Msg("nats_connection_echoes")
	}
	return m, nil
}

// Serve begins to answer for member, until Close. When it returns, the NATS server
// knows of the member, unless it has not answered before ctx ended or within 2 s.
// The member is served all the same then. If there is no server at present, it
// will be told on reconnecting, and Serve does not wait.
func (m *Meeting) Serve(ctx context.Context, member Member) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing.Err() != nil {
		return ErrClosed
	}
	if m.service != nil {
		return ErrServing
	}
	s := newService(m, member)
	if err := s.subscribe(); err != nil {
		return err
	}
	m.service = s
	m.work.Go(s.run)
	m.flush(ctx)
	return nil
}

// flush waits until the server has seen what was sent, for a while. That it did
// not is no error: the subscriptions are renewed with the connection.
func (m *Meeting) flush(ctx context.Context) {
	const patience = 2 * time.Second
	if !m.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer context.AfterFunc(m.closing, cancel)() //nolint:contextcheck // the end of the meeting counts too
	if err := m.nc.FlushWithContext(ctx); err != nil {
		m.log.Debug().Err(err).Msg("nats_flush_failed")
	}
}

// Close stops answering and waits for the answer that is being given. Requests
// that have arrived and not been answered are refused with [CodeUnavailable].
// Calls of Join that are under way end with [ErrClosed]. Close is idempotent and
// returns nil.
func (m *Meeting) Close() error {
	m.cancel()
	m.mu.Lock()
	if m.service != nil {
		m.service.unsubscribe()
	}
	m.mu.Unlock()
	m.work.Wait()
	return nil
}
