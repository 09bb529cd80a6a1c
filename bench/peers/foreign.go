// What other processes did meanwhile.

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of /proc/stat, which Linux has shown as hundredths of a second on every
// architecture for decades.
const tick = 10 * time.Millisecond

// watch tells how many processors others keep busy from now on.
type watch struct {
	begin     time.Time
	own, busy time.Duration
	known     bool
}

func newWatch() watch {
	w := watch{begin: time.Now()}
	w.own, w.busy, w.known = times()
	return w
}

// foreign is how many processors others kept busy, on average; 0 where the system does not tell.
func (w watch) foreign() float64 {
	own, busy, known := times()
	if !w.known || !known {
		return 0
	}
	return max(0, ((busy-w.busy)-(own-w.own)).Seconds()/time.Since(w.begin).Seconds())
}

// times is what this process and the children that have ended have used, and what everybody has.
func times() (own, busy time.Duration, known bool) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		t, err := processorTime(who)
		if err != nil {
			return 0, 0, false
		}
		own += t
	}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	busy, known = parseBusy(string(stat))
	return own, busy, known
}

// parseBusy reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal,
// and two that are part of the first.
func parseBusy(stat string) (time.Duration, bool) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, false
	}
	var busy time.Duration
	for i, text := range fields[1:9] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, false
		}
		const idle, waiting = 3, 4
		if i != idle && i != waiting {
			busy += time.Duration(n) * tick
		}
	}
	return busy, true
}
