// The experiments of the papers, run by a program of one's own.

package paper_test

import (
	"fmt"
	"log"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/paper"
	"github.com/kithmesh/kith/sim/scenario"
)

// The paper has 10,000 nodes; twenty take a moment, and their figures are others.
func ExampleRun() {
	result, err := paper.Run(scenario.Options{Nodes: 20, Seed: 1, Membership: membership.DefaultConfig()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(result.Measures) > 10, "measures of", paper.Scenario().Name)
	// Output: true measures of paper
}

// The same for the broadcast: Plumtree, and what ships, on one overlay. It takes seconds, whatever
// the size.
func ExampleRunPlumtree() {
	result, err := paper.RunPlumtree(scenario.Options{Nodes: 20, Seed: 1, Membership: membership.DefaultConfig()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(result.Measures), "measures of", paper.Plumtree().Name)
}

// What Kith adds is turned off, as far as it can be.
func ExampleParameters() {
	c := paper.Parameters(membership.DefaultConfig())
	fmt.Println(c.ActiveSize, c.PassiveSize, c.ARWL, c.PRWL)
	// Output: 5 30 6 3
}
