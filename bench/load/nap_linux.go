// Sleeping for less than a millisecond.

package load

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// napper sleeps to within some ten microseconds. [time.Sleep] rounds up to a
// millisecond when the process is idle, and the publisher would send in bursts. A
// timer of the operating system wakes it as a network connection would.
type napper struct{ timer *os.File }

func newNapper() (*napper, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("a timer: %w", err)
	}
	return &napper{os.NewFile(uintptr(fd), "timer")}, nil
}

// nap sleeps for d, which is above 0.
func (n *napper) nap(d time.Duration) error {
	raw, err := n.timer.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	if err := raw.Control(func(fd uintptr) { set = unix.TimerfdSettime(int(fd), 0, &once, nil) }); err != nil {
		return err
	}
	if set != nil {
		return set
	}
	var expired [8]byte
	_, err = n.timer.Read(expired[:])
	return err
}

func (n *napper) close() error { return n.timer.Close() }
