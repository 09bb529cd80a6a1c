// Whose a key is.

package presence_test

import (
	"fmt"

	"github.com/kithmesh/kith/presence"
)

// When a node goes, its keys move to the node that came next, and no other key moves.
func ExampleRank() {
	nodes := []string{"blue", "gold", "pink", "red"}
	for _, key := range []string{"device-01", "device-03"} {
		fmt.Println(key, presence.Rank(key, nodes, 2), presence.Rank(key, []string{"blue", "gold", "red"}, 1))
	}
	// Output:
	// device-01 [pink blue] [blue]
	// device-03 [red gold] [red]
}
