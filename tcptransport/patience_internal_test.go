// That a busy link does not set a deadline for each read, and is no less exact for it.

package tcptransport

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// deadlines is a connection that counts how often its deadline for reading is set.
type deadlines struct {
	net.Conn

	set int
	by  time.Time
}

func (d *deadlines) SetDeadline(time.Time) error { return nil }

func (d *deadlines) SetReadDeadline(by time.Time) error {
	d.set, d.by = d.set+1, by
	return nil
}

// A reader that reads all the time sets a deadline now and then, and one that meets an early one
// waits until the very end of Silence.
func TestFewDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &deadlines{}
		p := patience{
			silence: 3 * time.Second, idle: time.Second, retained: true,
			late: func(time.Duration) {}, lenience: func() time.Duration { return 0 },
		}
		p.attach(conn)
		const reads = 1000
		for range reads {
			p.listening()
			if wait := time.Until(conn.by); wait < p.silence*7/8 || wait > p.silence {
				t.Fatalf("a deadline in %v", wait)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if conn.set > reads/30 {
			t.Errorf("%d deadlines for %d reads", conn.set, reads)
		}
		heard := time.Now()
		p.listening()
		for time.Sleep(time.Until(conn.by)); ; time.Sleep(time.Until(conn.by)) {
			if err := p.spent(); err != nil {
				if silent := time.Since(heard); !errors.Is(err, ErrSilent) || silent != p.silence {
					t.Errorf("%v after %v", err, silent)
				}
				return
			}
		}
	})
}
