// How long a link waits for its peer: silence, idleness, slow writes, lingering.

package tcptransport

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// secondLook is how long a reader whose deadline has passed looks once more
// before it gives the peer up. On an overloaded machine the data may long be
// there, and only this goroutine had no turn: a read whose deadline has passed
// fails without looking.
const secondLook = 50 * time.Millisecond

// listenSlack is which part of Silence a deadline for reading may be too early.
const listenSlack = 8

// Ways in which a reader's patience ends.
var (
	errIdle   = errors.New("tcptransport: idle")
	errLinger = errors.New("tcptransport: peer did not close in time")
)

// patience keeps the deadlines of one link's connection. Reader, writer and
// whoever closes or retains the link change them concurrently.
type patience struct {
	silence, idle, linger, write time.Duration        // as in Config
	calm                         time.Duration        // between two writes of which the second is made at once
	late                         func(time.Duration)  // told by how much a deadline was missed
	lenience                     func() time.Duration // how much more silence is borne at present

	mu       sync.Mutex
	conn     net.Conn  // nil while the link has none
	retained bool      // silence counts, rather than idleness
	closing  bool      // the link ends at closeBy, whatever happens
	closeBy  time.Time // set once there is a connection
	since    time.Time // when listening began: heard then, or retained since
	wrote    time.Time // when something was last written
	hurried  bool      // a write has to end by a deadline
	readBy   time.Time // the deadline of the read that is waited for
}

// attach gives the link its connection.
func (p *patience) attach(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = conn
	_ = conn.SetDeadline(time.Time{}) // an error shows in the next read
	if p.closing {
		p.close()
	}
}

// closeSoon ends the link's patience one linger from now, counted from attach
// when there is no connection yet.
func (p *patience) closeSoon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return
	}
	p.closing = true
	if p.conn != nil {
		p.close()
	}
}

func (p *patience) close() {
	p.closeBy = time.Now().Add(p.linger)
	_ = p.conn.SetDeadline(p.closeBy) // an error shows in the next read or write
}

// retain says whether silence counts or idleness, from now on.
func (p *patience) retain(keep bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.retained == keep {
		return
	}
	p.retained = keep
	if p.conn != nil {
		p.listen()
	}
}

func (p *patience) isRetained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.retained
}

func (p *patience) isClosing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing
}

// listening is called before each read.
func (p *patience) listening() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen()
}

// listen begins to wait. A deadline that is set already and a little too early is left as it is, as
// setting one is dear beside a read: a reader that meets it waits for the rest.
func (p *patience) listen() {
	p.since = time.Now()
	by := p.deadline()
	if early := by.Sub(p.readBy); early < 0 || early > p.silence/listenSlack || !p.readBy.After(p.since) {
		p.read(by)
	}
}

// read lets the reader wait until then.
func (p *patience) read(by time.Time) {
	p.readBy = by
	_ = p.conn.SetReadDeadline(by) // an error shows in the next read
}

// deadline returns when a read has waited for long enough.
func (p *patience) deadline() time.Time {
	switch {
	case p.closing:
		return p.closeBy
	case p.retained:
		return p.since.Add(p.silence)
	case p.wrote.After(p.since):
		return p.wrote.Add(p.idle)
	default:
		return p.since.Add(p.idle)
	}
}

// writing is called before each write.
func (p *patience) writing() {
	p.mu.Lock()
	defer p.mu.Unlock()
	by := time.Now().Add(p.write)
	if p.closing && p.closeBy.Before(by) {
		by = p.closeBy
	}
	_ = p.conn.SetWriteDeadline(by) // an error shows in the write
	p.hurried = true
}

// mayWriteAtOnce reports whether nothing has been written for a while, and is called before a
// write that does not wait: the deadline of an earlier one, if it has passed, would not let
// it begin.
func (p *patience) mayWriteAtOnce() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || time.Since(p.wrote) < p.calm {
		return false
	}
	if p.hurried {
		_ = p.conn.SetWriteDeadline(time.Time{}) // an error shows in the write
		p.hurried = false
	}
	return true
}

// written is called after each write.
func (p *patience) written() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote = time.Now()
}

// spent is called when a read has met its deadline. It returns nil, having set a
// new deadline, when there is still something to wait for.
func (p *patience) spent() error {
	p.late(turn())
	p.mu.Lock()
	defer p.mu.Unlock()
	left := time.Until(p.deadline())
	if p.retained && !p.closing {
		p.late(time.Since(p.readBy))             // so long has this reader waited for its turn
		left = min(left+p.lenience(), p.silence) // and then look again whether lenience is needed
	}
	if left > 0 {
		p.read(time.Now().Add(left))
		return nil
	}
	switch {
	case p.closing:
		return errLinger
	case p.retained:
		return ErrSilent
	default:
		return errIdle
	}
}

// begin starts a closing link's linger anew, when its reader begins: until then it
// has had to wait for another link.
func (p *patience) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		p.close()
	}
}

// mayLook reports whether a second look is worth it: at a neighbor, or for what a
// closing link has not received yet, within reason.
func (p *patience) mayLook(spent error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Is(spent, ErrSilent) ||
		errors.Is(spent, errLinger) && time.Since(p.closeBy) < p.linger
}

// glance sets a short deadline for one more look.
func (p *patience) glance() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read(time.Now().Add(secondLook))
}

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
