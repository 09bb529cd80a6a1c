// The publisher: as fast as the window lets it, or at a steady rate.

package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// load publishes on a cluster and has its tracker judge what comes of it.
type load struct {
	cluster Cluster
	tracker *tracker
	payload []byte
	sent    uint64 // the number of the last message
}

// send publishes the next message as sent at that time.
func (l *load) send(ctx context.Context, at time.Duration) error {
	l.sent++
	write(l.payload, l.sent, at)
	if err := l.cluster.Publish(ctx, l.payload); err != nil {
		return fmt.Errorf("message %d: %w", l.sent, err)
	}
	return nil
}

// full publishes batch after batch, each as soon as the gate lets it through, until
// stop is closed.
func (l *load) full(ctx context.Context, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := l.tracker.gate.enter(ctx); err != nil {
			return err
		}
		for range l.tracker.gate.batch {
			if err := l.send(ctx, l.tracker.now()); err != nil {
				return err
			}
		}
	}
}

// paced publishes so many messages, at a steady rate a second. One that is sent late
// since those before it took too long counts as sent when it was due; that the
// system woke the publisher late is not held against anybody.
func (l *load) paced(ctx context.Context, messages uint64, rate float64) (err error) {
	timer, err := newNapper()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, timer.close()) }()
	began := l.tracker.now()
	awake := began
	for i := range messages {
		due := began + time.Duration(float64(i)*float64(time.Second)/rate)
		if now := l.tracker.now(); now < due {
			if err := timer.nap(due - now); err != nil {
				return err
			}
			awake = l.tracker.now()
		}
		if err := l.tracker.gate.enter(ctx); err != nil {
			return err
		}
		if err := l.send(ctx, max(due, awake)); err != nil {
			return err
		}
	}
	return nil
}
