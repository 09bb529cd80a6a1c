// Package natstransport is the meeting place of a cluster on NATS: where a node
// finds its first contact, and where an inspector finds all nodes. Everything
// else that nodes tell each other goes over direct links, and goes on while NATS
// is away.
//
// # Joining
//
// A JOIN is a NATS request to kith.<cluster>.join, on which all members answer in
// one queue group, so that NATS picks one of them at random. "No responders" is
// an exact answer as well, and comes at once: the node is the first. [Open]
// prepares a [Meeting], [Meeting.Join] asks, and [Meeting.Serve] answers for a
// [Member].
//
// # Inspection
//
// On kith.<cluster>.views and kith.<cluster>.stats every member answers.
// [Inspect] and [InspectStats] ask and collect; `nats request --replies=0
// kith.<cluster>.views ""` does so by hand. Members also speak the protocol of
// NATS services under the name "kith", so that `nats micro ls`, `nats micro ping kith`,
// `nats micro info kith` and `nats micro stats kith` show them, with metadata under the
// keys [MetaNode], [MetaCluster] and so on; the counts of the endpoint views have the
// sizes of the views as their data.
//
// All messages are JSON objects with the keys "type" and "cluster"; errors are
// those of NATS services, a code and a description in the headers. Readers ignore
// keys that they do not know and drop peers that are not well formed, one by
// one. A message has 64 KiB at most and a sample of 64 peers.
//
// # What it costs
//
// A member that serves has 6 subscriptions and 1 goroutine. The first Join on a
// connection adds nats.go's own response subscription, with a goroutine, which
// every request of the service on that connection shares. A subscriber needs
// leave to subscribe to kith.<cluster>.> and $SRV.> and its inbox, and to publish
// to kith.<cluster>.> and to inboxes.
//
// The package speaks the services protocol itself instead of calling
// micro.AddService, which costs 12 subscriptions and 13 goroutines a member, takes
// over the caller's handlers on the connection, and when it stops polls, with
// timers of a process-wide pool that a testing/synctest bubble must not touch. For
// the same reason only those calls of nats.go are used that take a context. (A
// connection that reconnects uses that pool by itself: a bubble may hold a NATS
// server that goes away, but not one that comes back.)
package natstransport
