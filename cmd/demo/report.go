// What a cluster run reports at its end, and whether all is well.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// report is what a run came to. Times are milliseconds; percentiles are by
// nearest rank, and 0 when nothing was killed.
type report struct {
	Nodes  int `json:"nodes"`
	Alive  int `json:"alive"`
	Killed int `json:"killed"` // and not started again
	Left   int `json:"left"`
	// ByHand: somebody has done something to the nodes, and the overlay is as it is then.
	ByHand     bool        `json:"by_hand,omitempty"`
	Components int         `json:"components"`
	Symmetric  bool        `json:"symmetric"`
	Settled    bool        `json:"settled"`
	FormedMS   float64     `json:"formed_ms"`
	Active     spread      `json:"active"`
	Passive    spread      `json:"passive"`
	Edges      int         `json:"edges"`
	Links      linkCounts  `json:"links"`
	Repair     repairTimes `json:"repair"`
	// Broadcast is nil when nothing was published.
	Broadcast *broadcastReport `json:"broadcast,omitempty"`
	// Bridge is nil without --bridge.
	Bridge     *bridgeReport `json:"bridge,omitempty"`
	Goroutines int           `json:"goroutines"` // of the whole process
	RSSBytes   int64         `json:"rss_bytes"`  // of the whole process, 0 where it is not known
	TCP        int           `json:"tcp_connections"`
	Seed       uint64        `json:"seed"`
	ElapsedMS  float64       `json:"elapsed_ms"`
}

// linkCounts sums up the NATS links, each pair of nodes once. Connections are those
// between nodes.
type linkCounts struct {
	Mode          string `json:"mode"`
	Wanted        int    `json:"wanted"`
	Up            int    `json:"up"`
	Connections   int    `json:"nats_connections"`
	Subscriptions int    `json:"nats_subscriptions"`
}

// repairTimes says how long the neighbors of killed nodes took to notice, and how
// long until they had as many neighbors again as there can be. Undetected and Short
// count those that have not come so far.
type repairTimes struct {
	Killed      int     `json:"killed"`
	DetectP50   float64 `json:"detect_ms_p50"`
	DetectP99   float64 `json:"detect_ms_p99"`
	RepairedP50 float64 `json:"repaired_ms_p50"`
	RepairedP99 float64 `json:"repaired_ms_p99"`
	Undetected  int     `json:"undetected"`
	Short       int     `json:"short"`
}

// newRepairTimes sums up what was measured at each neighbor of a killed node.
func newRepairTimes(killed int, detected, repaired []time.Duration) repairTimes {
	return repairTimes{
		Killed:      killed,
		DetectP50:   milliseconds(percentile(detected, 50)),
		DetectP99:   milliseconds(percentile(detected, 99)),
		RepairedP50: milliseconds(percentile(repaired, 50)),
		RepairedP99: milliseconds(percentile(repaired, 99)),
	}
}

// faults returns what is not as it should be, nil when all is well. The overlay is judged unless somebody
// has changed it by hand.
func (r *report) faults() error {
	var faults []error
	if !r.ByHand {
		faults = r.overlayFaults()
	}
	if r.Broadcast != nil {
		faults = append(faults, r.Broadcast.faults())
	}
	if r.Bridge != nil {
		faults = append(faults, r.Bridge.faults())
	}
	return errors.Join(faults...)
}

func (r *report) overlayFaults() []error {
	var faults []error
	if r.Components != 1 {
		faults = append(faults, fmt.Errorf("the %d nodes alive are %d components, want 1", r.Alive, r.Components))
	}
	if !r.Symmetric {
		faults = append(faults, errors.New("some node has a neighbor that does not have it"))
	}
	if r.Links.Up != r.Links.Wanted {
		faults = append(faults, fmt.Errorf("%d of %d wanted links are up", r.Links.Up, r.Links.Wanted))
	}
	return faults
}

// writeJSON writes any report as one object.
func writeJSON(w io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// writeText writes the report for a human.
func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("nodes", "%d started, %d alive, %d killed, %d left", r.Nodes, r.Alive, r.Killed, r.Left)
	symmetric := "symmetric views"
	if !r.Symmetric {
		symmetric = "asymmetric views"
	}
	if r.ByHand {
		symmetric += ", changed by hand"
	}
	line("overlay", "%s, %s, formed in %s", plural(r.Components, "component"), symmetric, ms(r.FormedMS))
	line("neighbors", "%d to %d, mean %.2f; %d pairs", r.Active.Min, r.Active.Max, r.Active.Mean, r.Edges)
	line("spare peers", "%d to %d, mean %.2f", r.Passive.Min, r.Passive.Max, r.Passive.Mean)
	if r.Links.Mode == linksNone {
		line("links", "none")
	} else {
		line("links", "%d of %d up, by %s and %s", r.Links.Up, r.Links.Wanted,
			plural(r.Links.Connections, "NATS connection"), plural(r.Links.Subscriptions, "subscription"))
	}
	if r.Repair.Killed > 0 {
		line("repair", "noticed after %s (p50), %s (p99); neighbors again after %s, %s",
			ms(r.Repair.DetectP50), ms(r.Repair.DetectP99), ms(r.Repair.RepairedP50), ms(r.Repair.RepairedP99))
	}
	if b := r.Broadcast; b != nil {
		line("broadcast", "%d published; %d to %d delivered at each node, %d lost, %d twice; %.0f a second",
			b.Published, b.DeliveredMin, b.DeliveredMax, b.Lost, b.Duplicates, b.Rate)
		line("delivery", "after %s (p50), %s (p99), %s at most, %d by flooding; %.3f redundant payloads each",
			ms(b.LatencyP50), ms(b.LatencyP99), plural(b.HopsMax, "hop"), b.HopsFlood, b.RMR)
	}
	if b := r.Bridge; b != nil {
		line("bridge", "%s wanted elsewhere; %d messages out of the servers, %d into them",
			plural(b.Interest, "subject"), b.Exported, b.Delivered)
		line("clients", "%d messages to all: %d of %d came; %d of %d requests handled by one of %d members, %d of them used; %d of %d told that nobody answers",
			b.Published, b.Received, b.Published*b.nodes, b.QueueOneOfN, b.QueueRequests, b.QueueMembers, b.QueueMembersUsed, b.NoResponders, b.Unanswerable)
	}
	line("process", "%s between nodes, %d goroutines, %s",
		plural(r.TCP, "TCP connection"), r.Goroutines, megabytes(r.RSSBytes))
	line("run", "%s, seed %d", ms(r.ElapsedMS), r.Seed)
	_, err := io.WriteString(w, b.String())
	return err
}

func ms(n float64) string { return short(time.Duration(n * float64(time.Millisecond))) }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func megabytes(n int64) string {
	if n == 0 {
		return "memory unknown"
	}
	return fmt.Sprintf("%.0f MB of memory", float64(n)/1e6)
}

// residentBytes is the memory that this process has in use, 0 where the system
// has no /proc.
func residentBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return parseResident(string(status))
}

// parseResident reads a line such as "VmRSS:   1234 kB".
func parseResident(status string) int64 {
	for line := range strings.Lines(status) {
		rest, found := strings.CutPrefix(line, "VmRSS:")
		if !found {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return 0
		}
		return kilobytes * 1024
	}
	return 0
}
