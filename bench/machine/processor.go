// Package machine tells what a measurement costs, and what else the machine did meanwhile.
package machine

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of /proc/stat, which Linux has shown as hundredths of a second on
// every architecture for decades.
const tick = 10 * time.Millisecond

// ProcessorTime returns what this process has used.
func ProcessorTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// BusyTime returns what everybody on this machine has used, and false where the
// system has no /proc.
func BusyTime() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return parseBusy(string(stat))
}

// parseBusy reads the first line of /proc/stat: user, nice, system, idle, iowait,
// irq, softirq, steal, and two that are part of the first. Time stolen by the host
// counts as that of others.
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
