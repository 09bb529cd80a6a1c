// What a child does, and what it finds.

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// group is the part of the table that the rows belong to.
const group = "growth"

// task is one cluster to measure.
type task struct {
	Form  string
	Nodes int
	// Durations are in nanoseconds.
	Rest, Measure, Limit time.Duration
	Seed                 uint64
}

// result has the figures by the measure of a quantity. Some are for one form only.
type result map[string]float64

// String lists them for the progress.
func (r result) String() string {
	words := make([]string, 0, len(r))
	for _, name := range slices.Sorted(maps.Keys(r)) {
		words = append(words, fmt.Sprintf("%s %.4g", name, r[name]))
	}
	return strings.Join(words, ", ")
}

// quantity is one figure.
type quantity struct{ measure, unit string }

// The quantities.
const (
	timeToForm    = "time to form"
	neighbors     = "neighbors of a node"
	joinBytes     = "bytes of a newcomer until it has its neighbors"
	formBytes     = "bytes sent per node until all have joined"
	heapPerNode   = "heap per node"
	goroutines    = "goroutines per node"
	idleBytes     = "idle bytes sent per node"
	idleCPU       = "idle CPU per node"
	pathLength    = "mean path"
	lastHop       = "links to the last node"
	timeToLast    = "time to the last node"
	messagesEach  = "payloads received per node and message"
	maintainBytes = "bytes sent per node to maintain the overlay"
)

// quantities are in the order of the table.
var quantities = []quantity{
	{timeToForm, "s"},
	{neighbors, ""},
	{joinBytes, "B"},
	{formBytes, "B"},
	{heapPerNode, "KiB"},
	{goroutines, ""},
	{idleBytes, "B/s"},
	{maintainBytes, "B/s"},
	{idleCPU, "ms/s"},
	{pathLength, "links"},
	{lastHop, "links"},
	{timeToLast, "ms"},
	{messagesEach, ""},
}

func (q quantity) series(all []result) []float64 {
	var figures []float64
	for _, r := range all {
		if x, found := r[q.measure]; found {
			figures = append(figures, x)
		}
	}
	return figures
}

// serve is the main function of a child.
func serve(ctx context.Context, t task, answer func(result) error) error {
	measure := measureReal
	if t.Form == simulatedNodes {
		measure = simulate
	}
	r, err := measure(ctx, t)
	if err != nil {
		return err
	}
	return answer(r)
}
