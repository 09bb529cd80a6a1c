// What machine this is.

package machine

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Description is what a table of results says about where it comes from. What is not known is
// empty or 0.
type Description struct {
	Processor  string
	Processors int
	MemoryGiB  float64
	Kernel     string
	Go         string
}

// Describe looks at this machine.
func Describe() Description {
	read := func(file string) string {
		text, _ := os.ReadFile(file)
		return string(text)
	}
	return Description{
		Processor:  field(read("/proc/cpuinfo"), "model name"),
		Processors: runtime.NumCPU(),
		MemoryGiB:  gibibytes(field(read("/proc/meminfo"), "MemTotal")),
		Kernel:     strings.TrimSpace(read("/proc/sys/kernel/osrelease")),
		Go:         runtime.Version(),
	}
}

// field returns what stands after a name and a colon.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// gibibytes reads a number of kB.
func gibibytes(text string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, " kB"), 64)
	return n / (1 << 20)
}
