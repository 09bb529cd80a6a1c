// The list of experiments, and what they have in common.

package scenario

import (
	"fmt"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
)

// Scenario is one experiment.
type Scenario struct {
	// Name is as in `demo sim NAME`.
	Name string
	// Short is one line for a list of all.
	Short string
	// Long says what is done and measured, and what the words mean.
	Long string
	// Nodes is the default size.
	Nodes int
	// Run does it once.
	Run func(o Options) (*report.Result, error)
}

// Options say how an experiment is run.
type Options struct {
	// Nodes is how many nodes there are, at least 20; Seed decides everything that is
	// left to chance.
	Nodes int
	Seed  uint64
	// Membership is every node's configuration: [membership.DefaultConfig], unless
	// another is to be tried. What an experiment is about, it sets itself; and many
	// send no heartbeats, which would be most of the work.
	Membership membership.Config
	// Progress, if not nil, is called now and then by the goroutine that runs: so many
	// steps of so many are done.
	Progress func(done, total int, what string)
	// Check looks at every node's invariants after each of its steps. When all is calm,
	// they are looked at anyway.
	Check bool
}

// leastNodes is the size below which the shares and rates of the experiments make no
// sense.
const leastNodes = 20

// All returns the experiments.
func All() []Scenario {
	return []Scenario{
		flash(), churn(), rolling(), partition(), oneway(), nat(), slow(), liars(), delivery(), size(), zones(), scale(),
	}
}

// Error says that a run ended before its end, and how to see it again.
type Error struct {
	Scenario string
	Nodes    int
	Seed     uint64
	Err      error
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("scenario: %v; again: demo sim %s --nodes %d --seed %d", e.Err, e.Scenario, e.Nodes, e.Seed)
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// runner makes a scenario's Run of what is done in it.
func runner(name string, do func(r *run) error) func(Options) (*report.Result, error) {
	return func(o Options) (*report.Result, error) {
		r := &run{Options: o, result: &report.Result{Seed: o.Seed}}
		err := fmt.Errorf("%d nodes, want %d at least", o.Nodes, leastNodes)
		if o.Nodes >= leastNodes {
			err = do(r)
		}
		if err != nil {
			return nil, &Error{Scenario: name, Nodes: o.Nodes, Seed: o.Seed, Err: err}
		}
		return r.result, nil
	}
}
