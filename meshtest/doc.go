// Package meshtest runs a whole mesh inside a test: real nodes with real sockets
// on the loopback interface, and real NATS servers, in one process.
//
//	func TestOrdersSurviveACrash(t *testing.T) {
//		mesh := meshtest.Run(t, meshtest.Nodes(8), meshtest.Quick())
//		// start the service under test on mesh.Node(0), mesh.Node(1) …
//		mesh.Kill(3, 4)
//		if err := mesh.AwaitSettled(t.Context()); err != nil {
//			t.Fatal(err)
//		}
//	}
//
// Nodes can crash, leave, come back, be paused, and be cut off from each other
// without anybody being told, as by a network that loses all packets. Everything
// that the nodes report is recorded with its time: [Mesh.AwaitSettled] waits for it
// and never polls, [Mesh.Repair] tells how long a repair took, and
// [Mesh.Timeline] tells all.
//
// The package does not import testing, so a demonstration can use it too: see
// [Start].
//
// # Limits
//
// All nodes share the clock, the processors and the memory of one process. The
// clock of a paused node goes on: it loses its neighbors as they lose it. Of a
// NATS connection only the client's end can be cut, which is where the node is.
package meshtest
