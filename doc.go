// Package kith links the instances of a NATS-based service into a partial mesh.
//
// A [Node] finds a first contact over NATS subjects (or at addresses known
// beforehand), and then keeps about five neighbors over direct TCP, however large
// the cluster is. The neighbors of all nodes together are one connected graph
// that repairs itself when nodes die: the HyParView protocol of Leitão, Pereira
// and Rodrigues (DSN 2007), which lives in package membership.
//
//	node, err := kith.Start(ctx, kith.Config{Cluster: "orders"}, kith.WithNATS(nc))
//	if err != nil {
//		return err
//	}
//	defer node.Leave(context.Background())
//	for event := range node.Events(ctx) {
//		fmt.Println(event)
//	}
//
// Messages go to all nodes by [Node.Publish], and to one by [Node.Send]; those who need the
// list of all nodes find it in [Node.Presence].
//
// A node can also keep NATS connections, or NATS subscriptions, to its neighbors
// and to nobody else: see [WithLinks] and package linker.
package kith
