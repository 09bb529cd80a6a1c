//go:build !linux

// Sleeping.

package load

import "time"

// napper sleeps. Where that takes a millisecond at least, messages go out in small
// bursts.
type napper struct{}

func newNapper() (*napper, error) { return &napper{}, nil }

func (*napper) nap(d time.Duration) error {
	time.Sleep(d)
	return nil
}

func (*napper) close() error { return nil }
