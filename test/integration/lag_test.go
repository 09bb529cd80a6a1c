// How late the machine is on which a run takes place.

//go:build unix

package integration_test

import (
	"sync/atomic"
	"testing"
	"time"
)

// lag measures by how much a timer of this process is late at worst.
type lag struct{ most atomic.Int64 }

// startLag measures until the end of the test.
func startLag(t *testing.T) *lag {
	t.Helper()
	l := new(lag)
	over := make(chan struct{})
	go func() {
		const every = 50 * time.Millisecond
		timer := time.NewTimer(every)
		defer timer.Stop()
		for due := time.Now().Add(every); ; due = time.Now().Add(every) {
			select {
			case <-over:
				return
			case <-timer.C:
				l.most.Store(max(l.most.Load(), int64(time.Since(due))))
				timer.Reset(every)
			}
		}
	}()
	t.Cleanup(func() { close(over) })
	return l
}

func (l *lag) worst() time.Duration { return time.Duration(l.most.Load()) }

// beside returns limits for a machine that is late by so much: every step of a repair takes
// that much longer, and a node that notices it bears the silence of others for three times that.
func (l limits) beside(lag time.Duration) limits {
	l.repair += 3 * lag
	l.notice += 3 * lag
	l.kept -= min(l.kept, 3*lag)
	return l
}
