// Package embedded runs a nats-server inside the process, in one call.
//
// [Start] takes a [Config] whose zero value is useful: a server on a free port
// of 127.0.0.1, without JetStream, without signal handlers and without a log of
// its own. It returns when clients can connect, about a millisecond later, or
// with an error that says which address was taken.
//
//	ns, err := embedded.Start(ctx, embedded.Config{Name: "orders-1"})
//	if err != nil {
//		return err
//	}
//	defer ns.Shutdown()
//	nc, err := ns.Connect(nats.Name("orders"), nats.NoEcho())
//
// With [Config.DontListen] the server has no socket at all and is reached by
// [Server.Connect] only. Such a connection is a pipe without a buffer: it is
// quick and needs no port, but a service that publishes a great deal through its
// own server gets more throughput from a loopback connection to [Server.URL],
// whose socket buffers let client and server work at the same time.
//
// With [Config.LeafNodes] the server also listens for leaf nodes, of which
// [Server.LeafURL] has the address and the credentials; package natsbridge/leafnode
// attaches to it.
//
// Whatever Config does not name (TLS, accounts, routes, JetStream) is set in
// [Config.Options], on nats-server's own options.
//
// The package is the only one of the library that imports nats-server, so that
// a service which uses a remote NATS does not link a server.
package embedded
