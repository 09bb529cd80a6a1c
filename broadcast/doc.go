// Package broadcast brings a message to every node of a mesh: Plumtree (Leitão,
// Pereira, Rodrigues: Epidemic Broadcast Trees, 2007) as a pure state machine.
//
// A [Node] is driven like that of package membership: [Node.Step] takes an
// [Input] and returns [Effect] values. It knows no clock, no randomness, no
// sockets and no goroutines, and never looks into a payload.
//
// Messages are pushed along a tree of eager links; the other links, the lazy
// ones, carry only announcements (IHAVE). Who hears of a message that does not
// come asks for it (GRAFT), which makes the link eager; who gets one twice makes
// the link lazy (PRUNE).
//
// What is added to the paper:
//
//   - A message is named by its origin, the origin's incarnation and a sequence
//     without holes, so that a duplicate, an order and a loss can be recognized
//     with a mark and a ring for each origin. The ring is also the store that
//     answers a GRAFT.
//   - A GRAFT asks for everything from a sequence on, and is answered in order, at
//     the pace of the link. A link that comes up begins with what is in store
//     (the digest), so that nothing is lost that somebody nearby still has.
//   - An origin that sends often gets a tree of its own, a bit for each link,
//     which shrinks to the shortest paths; the others share one tree.
//   - What can no longer be had is reported, after a bounded wait.
//   - A message for one node follows the links on which messages of that node
//     arrive first.
package broadcast
