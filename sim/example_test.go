// A mesh in virtual time.

package sim_test

import (
	"fmt"
	"log"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
)

// Fifty nodes, of which twenty crash at the same moment. The same seed gives the same run.
func ExampleNew() {
	cfg := sim.DefaultConfig()
	cfg.Seed = 7
	w, err := sim.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for range 50 {
		w.Start()
		run(w, 10*time.Millisecond)
	}
	run(w, 30*time.Second) // which takes milliseconds
	for _, id := range w.Alive()[:20] {
		w.Crash(id)
	}
	run(w, 30*time.Second)
	components := w.Picture(nil).Graph.Components()
	fmt.Println(w.Views().Nodes, "nodes,", components.Count, "component,", components.Isolated, "isolated")
	// Output: 30 nodes, 1 component, 0 isolated
}

// How long messages take from one node to another is a function, here of two zones.
func ExampleZones() {
	cfg := sim.DefaultConfig()
	zone := func(id sim.NodeID) int { return int(id) % 2 }
	within := sim.Uniform(200*time.Microsecond, time.Millisecond)
	between := sim.LogNormal(40*time.Millisecond, 0.3, time.Second)
	cfg.Latency = sim.Zones(zone, within, between)
	w, err := sim.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for range 10 {
		w.Start()
		run(w, time.Second)
	}
	fmt.Println(len(w.Alive()), "nodes in two zones,", w.Picture(nil).Graph.Components().Count, "component")
	// Output: 10 nodes in two zones, 1 component
}

// With broadcasts every node has the core of package broadcast too.
func ExampleWorld_Broadcast() {
	cfg := sim.DefaultConfig()
	cfg.Latency = sim.Constant(time.Millisecond)
	w, err := sim.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	b, err := w.Broadcast(broadcast.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	got := 0
	b.OnEvent = func(_ sim.NodeID, e *broadcast.Effect) {
		if e.Kind == broadcast.Deliver && e.Ordered && string(sim.Payload(e)) == "hello" {
			got++
		}
	}
	first := w.Start()
	for range 19 {
		run(w, 100*time.Millisecond)
		w.Start()
	}
	run(w, 10*time.Second)
	b.Publish(first, []byte("hello"))
	run(w, time.Second)
	fmt.Println(got, "nodes heard it")
	// Output: 20 nodes heard it
}

// run lets virtual time go by.
func run(w *sim.World, d time.Duration) {
	if err := w.Run(d); err != nil {
		log.Fatal(err)
	}
}
