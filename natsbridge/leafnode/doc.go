// Package leafnode attaches to a NATS server as a leaf node does, by the documented
// leafnode protocol, without being a server.
//
// A leaf node is the neighbor of a server which the server tells, the moment it
// changes, what its clients subscribe to; to which it sends only what the leaf node
// asked for; and whose own messages never come back to it. So whoever joins
// NATS servers by other means needs no subscription to ">", no marks against loops
// and no second account, requests that nobody answers still fail at once, and queue groups are
// served once.
//
// [Conn] keeps one such attachment for ever: it connects, tells its [Handler] what
// the server's clients are interested in and what they say, sends what
// [Conn.Publish] is given, keeps the subscriptions of [Conn.Subscribe], and
// connects again when the connection ends. [Parser] and the Append functions are
// the protocol itself, without IO.
//
// What a server has to have is a listener for leaf nodes. Compression is never
// asked for, and so never used; a TLS handshake before the first INFO is not
// supported. One attachment serves one account.
package leafnode
