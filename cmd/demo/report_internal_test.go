// What is reported, and when all is well.

package main

import (
	"strings"
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	fine := report{Nodes: 4, Alive: 3, Components: 1, Symmetric: true}
	fine.Links.Wanted, fine.Links.Up = 6, 6
	if err := fine.faults(); err != nil {
		t.Errorf("%v of a report that is fine", err)
	}
	for want, change := range map[string]func(*report){
		"the 3 nodes alive are 2 components, want 1": func(r *report) { r.Components = 2 },
		"has a neighbor that does not have it":       func(r *report) { r.Symmetric = false },
		"5 of 6 wanted links are up":                 func(r *report) { r.Links.Up = 5 },
		"2 deliveries of 1 message are missing":      func(r *report) { r.Broadcast = &broadcastReport{Published: 1, Lost: 2} },
		"3 deliveries were made twice":               func(r *report) { r.Broadcast = &broadcastReport{Duplicates: 3} },
	} {
		r := fine
		change(&r)
		if err := r.faults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	touched := report{ByHand: true, Components: 2, Broadcast: &broadcastReport{Lost: 1}}
	if err := touched.faults(); err == nil || strings.Count(err.Error(), "\n") != 0 {
		t.Errorf("got %v, want a fault of the messages alone", err)
	}
	all := report{Alive: 2}
	all.Links.Wanted = 1
	if err := all.faults(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want three faults", err)
	}
}

func TestRepairTimes(t *testing.T) {
	detected := []time.Duration{4 * time.Millisecond, 1500 * time.Microsecond, 90 * time.Millisecond}
	got := newRepairTimes(2, detected, []time.Duration{time.Second})
	want := repairTimes{Killed: 2, DetectP50: 4, DetectP99: 90, RepairedP50: 1000, RepairedP99: 1000}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := newRepairTimes(0, nil, nil); got != (repairTimes{}) {
		t.Errorf("got %+v of nothing", got)
	}
}

func TestSummary(t *testing.T) {
	r := report{
		Nodes: 16, Alive: 7, Killed: 8, Left: 1, Components: 1, Symmetric: true, FormedMS: 412.3,
		Active: spread{4, 4.86, 5}, Passive: spread{1, 1.14, 2}, Edges: 17,
		Links:     linkCounts{"connections", 34, 34, 17, 51},
		Repair:    newRepairTimes(8, []time.Duration{1250 * time.Microsecond, 12500 * time.Microsecond}, []time.Duration{140 * time.Millisecond, 1210 * time.Millisecond}),
		Broadcast: &broadcastReport{5000, 4998, 5000, 3, 0, 0.12, 4, 3, 0.41, 12.5, 1234.56},
		Bridge: &bridgeReport{
			Interest: 2, Exported: 500, Delivered: 1900, Published: 100, Received: 1599, Unanswerable: 10, NoResponders: 9,
			QueueRequests: 200, QueueOneOfN: 198, QueueMembers: 5, QueueMembersUsed: 4, nodes: 16,
		},
		Goroutines: 612, RSSBytes: 91e6, TCP: 17, Seed: 1, ElapsedMS: 5004,
	}
	var b strings.Builder
	if err := r.writeText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `nodes       16 started, 7 alive, 8 killed, 1 left
overlay     1 component, symmetric views, formed in 412 ms
neighbors   4 to 5, mean 4.86; 17 pairs
spare peers 1 to 2, mean 1.14
links       34 of 34 up, by 17 NATS connections and 51 subscriptions
repair      noticed after 1.2 ms (p50), 12 ms (p99); neighbors again after 140 ms, 1.2 s
broadcast   5000 published; 4998 to 5000 delivered at each node, 3 lost, 0 twice; 1235 a second
delivery    after 0.4 ms (p50), 12 ms (p99), 4 hops at most, 3 by flooding; 0.120 redundant payloads each
bridge      2 subjects wanted elsewhere; 500 messages out of the servers, 1900 into them
clients     100 messages to all: 1599 of 1600 came; 198 of 200 requests handled by one of 5 members, 4 of them used; 9 of 10 told that nobody answers
process     17 TCP connections between nodes, 612 goroutines, 91 MB of memory
run         5.0 s, seed 1
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// What went wrong with the bridge fails the run.
func TestBridgeFaults(t *testing.T) {
	fine := bridgeReport{Published: 100, Received: 300, Unanswerable: 1, NoResponders: 1, QueueRequests: 2, QueueOneOfN: 2, nodes: 3}
	if err := fine.faults(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*bridgeReport){
		"299 of 300 messages": func(b *bridgeReport) { b.Received-- },
		"301 of 300 messages": func(b *bridgeReport) { b.Received++ },
		"1 of 2 requests":     func(b *bridgeReport) { b.QueueOneOfN-- },
		"0 of 1 requests":     func(b *bridgeReport) { b.NoResponders-- },
	} {
		b := fine
		change(&b)
		if err := b.faults(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestResidentMemory(t *testing.T) {
	for status, want := range map[string]int64{
		"VmPeak:\t  9 kB\nVmRSS:\t    1234 kB\nThreads:\t3\n": 1234 * 1024,
		"Threads:\t3\n":   0,
		"VmRSS:\tmany\n":  0,
		"":                0,
		"VmRSS:\t 0 kB\n": 0,
	} {
		if got := parseResident(status); got != want {
			t.Errorf("%q is %d bytes, want %d", status, got, want)
		}
	}
}
