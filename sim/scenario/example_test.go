// An experiment, run by a program of one's own.

package scenario_test

import (
	"fmt"
	"log"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/scenario"
)

// The crowd at the door: many nodes arrive at once. The same seed gives the same figures.
func ExampleAll() {
	for _, s := range scenario.All() {
		if s.Name != "flash" {
			continue
		}
		result, err := s.Run(scenario.Options{Nodes: 20, Seed: 7, Membership: membership.DefaultConfig()})
		if err != nil {
			log.Fatal(err)
		}
		components, _ := result.Get("all_random_components")
		fmt.Println("all at once:", components, "component")
	}
	// Output: all at once: 1 component
}
