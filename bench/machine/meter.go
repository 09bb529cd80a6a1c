// How busy others were during a measurement.

package machine

import (
	"syscall"
	"time"
)

// Meter watches what others do with the processors, from its making on.
type Meter struct {
	began     time.Time
	own, busy time.Duration
}

// NewMeter starts to watch.
func NewMeter() *Meter {
	busy, _ := BusyTime()
	return &Meter{time.Now(), withChildren(), busy}
}

// Foreign is how many processors others kept busy, on average: others than this process and
// its children that have ended. It is 0 where the system does not tell.
func (m *Meter) Foreign() float64 {
	busy, known := BusyTime()
	if !known {
		return 0
	}
	used := (busy - m.busy) - (withChildren() - m.own)
	return max(used.Seconds()/time.Since(m.began).Seconds(), 0)
}

// withChildren is the processor time of this process and of its children that have ended.
func withChildren() time.Duration {
	own, _ := ProcessorTime()
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage) != nil {
		return own
	}
	return own + time.Duration(usage.Utime.Nano()+usage.Stime.Nano())
}
