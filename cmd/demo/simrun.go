// Running the seeds of an experiment in parallel.

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith/membership"
	simreport "github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

// seedRuns are the runs of an experiment, one for each seed. Only its workers and the
// goroutine that called run know it.
type seedRuns struct {
	scenario scenario.Scenario
	options  *simOptions
	config   membership.Config
	outcomes chan outcome

	mu      sync.Mutex
	next    int // the first seed that nobody has begun, counted from 0
	working []stage
}

// outcome is how one run ended.
type outcome struct {
	index  int
	result *simreport.Result
	err    error
}

// stage is how far a run is.
type stage struct {
	busy        bool
	seed        uint64
	done, total int
	what        string
}

// seedFault is a run that failed.
type seedFault struct {
	seed uint64
	err  error
}

func newSeedRuns(s scenario.Scenario, o *simOptions, config membership.Config) *seedRuns {
	return &seedRuns{
		scenario: s, options: o, config: config,
		outcomes: make(chan outcome, o.seeds), // so that nobody waits for a reader that has gone
		working:  make([]stage, min(runtime.GOMAXPROCS(0), o.seeds)),
	}
}

// run runs all seeds and returns what they found in the order of the seeds. It returns
// early when ctx ends; runs under way then end with their next sign of progress.
func (r *seedRuns) run(ctx context.Context, progress *progress) (results []*simreport.Result, faults []seedFault) {
	for worker := range r.working {
		go r.work(ctx, worker)
	}
	ticker := time.NewTicker(progress.interval())
	defer ticker.Stop()
	found := make([]outcome, 0, min(r.options.seeds, 1024))
	progress.begin(r)
	for len(found) < r.options.seeds && ctx.Err() == nil {
		select {
		case o := <-r.outcomes:
			found = append(found, o)
			if o.err != nil {
				progress.failed(r.seed(o.index), o.err)
			}
		case <-ticker.C:
			progress.show(len(found), r.stages())
		case <-ctx.Done():
		}
	}
	progress.end()
	slices.SortFunc(found, func(a, b outcome) int { return a.index - b.index })
	for _, o := range found {
		if o.err != nil {
			faults = append(faults, seedFault{r.seed(o.index), o.err})
			continue
		}
		results = append(results, o.result)
	}
	return results, faults
}

// seed is that of the run with the index.
func (r *seedRuns) seed(index int) uint64 { return r.options.seed + uint64(index) }

// work runs one seed after the other.
func (r *seedRuns) work(ctx context.Context, worker int) {
	for ctx.Err() == nil {
		index, ok := r.begin(worker)
		if !ok {
			return
		}
		result, err := r.scenario.Run(scenario.Options{
			Nodes: r.options.nodes, Seed: r.seed(index), Membership: r.config, Check: r.options.check,
			Progress: func(done, total int, what string) {
				if ctx.Err() != nil {
					runtime.Goexit() // the one way out of a run that nobody waits for any more
				}
				r.report(worker, done, total, what)
			},
		})
		if result != nil && r.options.svg == "" {
			result.Charts = nil // of a thousand seeds they would add up
		}
		if err == nil && result == nil {
			err = errors.New("the run found nothing")
		}
		r.outcomes <- outcome{index, result, err}
	}
}

// begin takes the next seed.
func (r *seedRuns) begin(worker int) (index int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == r.options.seeds {
		r.working[worker].busy = false
		return 0, false
	}
	index = r.next
	r.next++
	r.working[worker] = stage{busy: true, seed: r.seed(index)}
	return index, true
}

func (r *seedRuns) report(worker, done, total int, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.working[worker]
	s.done, s.total, s.what = done, total, what
}

// stages are the runs under way, in the order of their seeds.
func (r *seedRuns) stages() []stage {
	r.mu.Lock()
	busy := make([]stage, 0, len(r.working))
	for _, s := range r.working {
		if s.busy {
			busy = append(busy, s)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(busy, func(a, b stage) int { return cmp.Compare(a.seed, b.seed) })
	return busy
}

// String is such as "seed 7: joins 40 %".
func (s stage) String() string {
	text := fmt.Sprintf("seed %d", s.seed)
	if s.what != "" {
		text += ": " + s.what
	}
	if s.total > 0 {
		text += fmt.Sprintf(" %d %%", 100*int64(s.done)/int64(s.total))
	}
	return text
}

// runExperiment runs the seeds, prints, draws and judges.
func runExperiment(
	ctx context.Context, s scenario.Scenario, o *simOptions, config membership.Config, std stdio, logs *logOptions,
) error {
	ctx, stop := untilSignal(ctx, func() {})
	defer stop()
	started := time.Now()
	progress := newProgress(s.Name, o, std, logs)
	results, faults := newSeedRuns(s, o, config).run(ctx, progress)
	f := &findings{
		experiment: s.Name, options: o, results: results, faults: faults,
		rows: simreport.Rows(results), elapsed: time.Since(started),
	}
	var err error
	if o.svg != "" {
		f.charts, err = writeCharts(o.svg, results)
	}
	return errors.Join(f.fault(), err, f.write(std))
}
