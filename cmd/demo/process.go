// What a process tells of itself besides its node: the Go runtime, and on Linux what the kernel says.

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
)

// goMetrics are those of the Go runtime, under the names that the client of Prometheus has for them.
var goMetrics = []struct{ name, kind, help, from string }{
	{"go_goroutines", "gauge", "Goroutines that there are.", "/sched/goroutines:goroutines"},
	{"go_sched_gomaxprocs_threads", "gauge", "Threads that may run Go code at the same time.", "/sched/gomaxprocs:threads"},
	{"go_gc_cycles_total_gc_cycles_total", "counter", "Garbage collections.", "/gc/cycles/total:gc-cycles"},
	{"go_memstats_alloc_bytes", "gauge", "Bytes of objects in the heap.", "/memory/classes/heap/objects:bytes"},
	{"go_memstats_alloc_bytes_total", "counter", "Bytes of all objects that were ever in the heap.", "/gc/heap/allocs:bytes"},
	{"go_memstats_heap_objects", "gauge", "Objects in the heap.", "/gc/heap/objects:objects"},
	{"go_memstats_sys_bytes", "gauge", "Bytes that the runtime has from the system.", "/memory/classes/total:bytes"},
}

// writeProcess writes all that there is in the text format of Prometheus.
func writeProcess(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# HELP go_info Always 1; says the version of Go.\n# TYPE go_info gauge\ngo_info{version=%q} 1\n", runtime.Version())
	samples := make([]metrics.Sample, len(goMetrics))
	for i, m := range goMetrics {
		samples[i].Name = m.from
	}
	metrics.Read(samples)
	for i, m := range goMetrics {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			writeMetric(&b, m.name, m.kind, m.help, float64(samples[i].Value.Uint64()))
		}
	}
	writeUsage(&b)
	_, err := w.Write(b.Bytes())
	return err
}

func writeMetric(b *bytes.Buffer, name, kind, help string, value float64) {
	fmt.Fprintf(b, "# HELP %[1]s %[3]s\n# TYPE %[1]s %[2]s\n%[1]s %[4]s\n", name, kind, help, strconv.FormatFloat(value, 'g', -1, 64))
}

// writeUsage writes what the kernel of Linux says.
func writeUsage(b *bytes.Buffer) {
	if cpu, ok := processorTime(); ok {
		writeMetric(b, "process_cpu_seconds_total", "counter", "Processor time, in seconds.", cpu)
	}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		writeMetric(b, "process_open_fds", "gauge", "Open files and sockets.", float64(len(files)-1)) // one was opened to look
	}
	statm, _ := os.ReadFile("/proc/self/statm")
	if pages, ok := numberAt(strings.Fields(string(statm)), 1); ok {
		writeMetric(b, "process_resident_memory_bytes", "gauge", "Bytes of memory that are in RAM.", pages*float64(os.Getpagesize()))
	}
}

// processorTime is that of the process, in seconds.
func processorTime() (float64, bool) {
	const afterName, user, system, ticks = ") ", 11, 12, 100 // fields after the name, and how many are a second
	stat, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(stat), afterName)
	fields := strings.Fields(rest)
	u, known := numberAt(fields, user)
	s, also := numberAt(fields, system)
	return (u + s) / ticks, known && also
}

func numberAt(fields []string, i int) (float64, bool) {
	if i >= len(fields) {
		return 0, false
	}
	v, err := strconv.ParseFloat(fields[i], 64)
	return v, err == nil
}
