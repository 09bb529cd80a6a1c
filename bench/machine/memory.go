// What this process holds.

package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Resident returns the memory that this process has in RAM, in bytes.
func Resident() (int64, error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/self/statm is %q, want two numbers at least", statm)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/self/statm: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}

// Sockets returns how many sockets this process has open: both ends of a connection within
// it, and listeners.
func Sockets() (int, error) {
	const folder = "/proc/self/fd"
	files, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	sockets := 0
	for _, file := range files {
		// One may have been closed since.
		if to, err := os.Readlink(folder + "/" + file.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets, nil
}
