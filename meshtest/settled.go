// When a mesh is as it should be, and what is wrong as long as it is not.

package meshtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrUnsettled is matched by every [UnsettledError].
var ErrUnsettled = errors.New("meshtest: the mesh has not settled")

// ErrClosed is the cause of an [UnsettledError] when the mesh was closed.
var ErrClosed = errors.New("meshtest: the mesh was closed")

// UnsettledError says what keeps a mesh from being settled.
type UnsettledError struct {
	// Faults are what is wrong, each naming the nodes. It is empty when only the
	// quiet was missing.
	Faults []string
	// Err is why the waiting ended.
	Err error
}

// Error implements error. Of many faults it tells the first.
func (e *UnsettledError) Error() string {
	const most = 20
	what := "something always changed"
	if len(e.Faults) > 0 {
		what = strings.Join(e.Faults[:min(len(e.Faults), most)], "; ")
	}
	if more := len(e.Faults) - most; more > 0 {
		what += fmt.Sprintf("; and %d more", more)
	}
	return fmt.Sprintf("%v: %v: %s", ErrUnsettled, e.Err, what)
}

// Is makes every UnsettledError match [ErrUnsettled].
func (e *UnsettledError) Is(target error) bool { return target == ErrUnsettled }

// Unwrap returns why the waiting ended.
func (e *UnsettledError) Unwrap() error { return e.Err }

// AwaitSettled returns when the nodes that run form the mesh that they should and
// nothing has changed for a short while, see [Quiet]:
//
//   - views hold nodes only that run and can be reached, and are symmetric;
//   - views are full as far as possible: nobody lacks two neighbors, and of two
//     who lack one each, both know each other already, or the mesh is larger than
//     what a node knows;
//   - the nodes that can reach each other are in one piece;
//   - every link that is wanted is up, and no other.
//
// While the network is cut each part of it is judged by itself. When ctx ends
// first the error is an [UnsettledError].
func (m *Mesh) AwaitSettled(ctx context.Context) error {
	for {
		rest, changed := m.settled()
		if rest == 0 {
			return nil
		}
		if err := m.wait(ctx, changed, rest); err != nil {
			return &UnsettledError{Faults: m.Faults(), Err: err}
		}
	}
}

// wait returns at the next change, after rest if that is above 0, or with an error
// when ctx or the mesh ends.
func (m *Mesh) wait(ctx context.Context, changed <-chan struct{}, rest time.Duration) error {
	var quiet <-chan time.Time
	if rest > 0 {
		timer := time.NewTimer(rest)
		defer timer.Stop()
		quiet = timer.C
	}
	select {
	case <-changed:
		return nil
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-m.ctx.Done():
		return ErrClosed
	}
}

// settled returns how long nothing may change yet for the mesh to be settled: 0
// if it is, below 0 if there is a fault. The channel is closed at the next change.
func (m *Mesh) settled() (time.Duration, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notice()
	for range m.faults() {
		return -1, m.changed
	}
	rest := max(0, m.settings.quiet-time.Since(m.last))
	if rest == 0 && m.formed == 0 {
		m.formed = m.last.Sub(m.started)
	}
	return rest, m.changed
}

// Faults returns what keeps the mesh from being settled now, see
// [Mesh.AwaitSettled].
func (m *Mesh) Faults() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notice()
	return slices.Collect(m.faults())
}
