// What a process takes from the system: memory and descriptors.

//go:build unix

package integration_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// usage is what a process takes from the system.
type usage struct {
	descriptors       int
	resident, virtual int // KiB; virtual is the most there ever was
}

// String returns the usage for a log line.
func (u usage) String() string {
	return fmt.Sprintf("%d descriptors and %d MiB (%d MiB virtual)", u.descriptors, u.resident>>10, u.virtual>>10)
}

// check fails the test if the process takes much more than before.
func (u usage) check(t *testing.T, before usage) {
	t.Helper()
	const descriptors, resident, virtual = 12, 48 << 10, 512 << 10
	if u.descriptors > before.descriptors+descriptors {
		t.Errorf("%v, want at most %d descriptors more than %v", u, descriptors, before)
	}
	if u.resident > before.resident+resident || u.virtual > before.virtual+virtual {
		t.Errorf("%v, want at most %d MiB more than %v, and %d MiB virtual", u, resident>>10, before, virtual>>10)
	}
}

// measure reads the usage of a process; ok is false where there is no /proc.
func measure(t *testing.T, p *process) (u usage, ok bool) {
	t.Helper()
	dir := "/proc/" + strconv.Itoa(p.cmd.Process.Pid)
	descriptors, err := os.ReadDir(dir + "/fd")
	if errors.Is(err, os.ErrNotExist) {
		return usage{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		t.Fatal(err)
	}
	return usage{len(descriptors), kibibytes(t, status, "VmRSS:"), kibibytes(t, status, "VmPeak:")}, true
}

// kibibytes reads a line such as "VmRSS:  1234 kB".
func kibibytes(t *testing.T, status []byte, name string) int {
	t.Helper()
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name); found {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no %s in\n%s", name, status)
	return 0
}
