// What a process and its network have used.

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/bench/machine"
)

// usage is what was used up to a moment.
type usage struct {
	at      time.Time
	cpu     time.Duration
	garbage uint64 // bytes allocated
	traffic traffic
}

// traffic is what went over the loopback interface of this network, each packet counted once.
type traffic struct{ bytes, packets uint64 }

// used returns what this process has used.
func used() (usage, error) {
	cpu, err := machine.ProcessorTime()
	if err != nil {
		return usage{}, err
	}
	text, err := os.ReadFile("/proc/self/net/dev")
	if err != nil {
		return usage{}, err
	}
	t, err := parseTraffic(string(text))
	if err != nil {
		return usage{}, err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return usage{at: time.Now(), cpu: cpu, garbage: memory.TotalAlloc, traffic: t}, nil
}

// since is what was used between two moments.
func (t traffic) since(before traffic) traffic {
	return traffic{t.bytes - before.bytes, t.packets - before.packets}
}

// parseTraffic reads what was sent on lo: packets, and their bytes with IP headers, but without the Ethernet
// header that lo only pretends to have. A segment larger than a real network's counts as one.
func parseTraffic(text string) (traffic, error) {
	for line := range strings.Lines(text) {
		name, rest, found := strings.Cut(line, ":")
		if !found || strings.TrimSpace(name) != "lo" {
			continue
		}
		const sentBytes, sentPackets, columns = 8, 9, 16
		fields := strings.Fields(rest)
		if len(fields) < columns {
			return traffic{}, fmt.Errorf("/proc/self/net/dev: %d columns, want %d", len(fields), columns)
		}
		all, err := strconv.ParseUint(fields[sentBytes], 10, 64)
		if err != nil {
			return traffic{}, fmt.Errorf("/proc/self/net/dev: %w", err)
		}
		packets, err := strconv.ParseUint(fields[sentPackets], 10, 64)
		if err != nil {
			return traffic{}, fmt.Errorf("/proc/self/net/dev: %w", err)
		}
		return traffic{bytes: all, packets: packets}, nil
	}
	return traffic{}, fmt.Errorf("/proc/self/net/dev: no interface lo")
}

// memory is what the heap and the stacks hold after a collection, in bytes.
func memory() float64 {
	runtime.GC()
	runtime.GC() // what finalizers have let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}
