// Package presence is the core of a directory of all live nodes, which is
// eventually the same on every node of a mesh, and the rendezvous hashing that
// goes with it. It is a pure state machine; [github.com/kithmesh/kith.Node.Presence]
// runs it, over broadcast messages.
//
//	dir, err := node.Presence(presence.Config{})
//	if err != nil {
//		return err
//	}
//	for nodes := range dir.Watch(ctx) {
//		fmt.Println(len(nodes), "nodes")
//	}
//
// # What it promises
//
// Every node announces itself to all others when it starts, every third of its TTL,
// and says when it leaves. Who does not say anything for a TTL expires. So a node that
// starts or leaves is known everywhere as fast as a message travels, and one that crashed
// is gone 0.6 to 1 TTL later: a broken link is no proof that somebody died, and
// nobody is taken out of the directory because of one. Until then, and while the cluster is cut
// in parts, nodes disagree. Each then has those in its list that it can hear. The
// directory is therefore fit for spreading work, and not for locks or leaders.
//
// A newcomer does not wait for announcements: it asks a neighbor for the list, page by
// page. What it is told is hearsay, with the time that each entry has left; it
// counts only until the node itself is heard, and never against that. No clock of
// another host matters.
//
// # What it costs
//
// A list of everybody is what a partial mesh otherwise spares: the cost grows with the
// cluster. Each of N nodes gets N messages in TTL/3, a hundred a second for a
// thousand nodes with the default TTL of 30 s, and sends on as many.
// With some 400 bytes for each, retold announcements included, that is 40 kB/s. docs/design.md
// states the measurements. Whoever can do with the neighbors alone should.
package presence
