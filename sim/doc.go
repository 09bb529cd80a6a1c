// Package sim runs the cores of production in a deterministic world: virtual time,
// links with latency, and everything that goes wrong with networks and processes.
//
// A [World] holds from 2 to some 1,000,000 nodes. Each is a [membership.Node], the
// very one that a service runs; the world plays the part of its transport, of its
// meeting place and of its clock:
//
//	w, err := sim.New(sim.DefaultConfig())
//	first := w.Start()
//	w.Run(time.Second)                     // virtual time
//	for range 99 { w.Start(); w.Run(10 * time.Millisecond) }
//	w.Crash(first)
//	w.Run(time.Minute)
//	fmt.Println(w.Views(), w.Picture(nil).Graph.Components())
//
// With [World.Broadcast] every node has a core of package broadcast too, whose frames
// travel on the same links.
//
// One seed decides everything: the same configuration and the same calls give the
// same run, byte for byte, and [World.Digest] is a hash of it to compare.
//
// Package overlay measures the graph that the nodes make, paper repeats the
// experiments of the HyParView and the Plumtree paper, and scenario does what the
// papers left out.
package sim
