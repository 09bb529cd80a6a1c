// Package identity says who a node is by certificates, and checks it.
//
// A certificate names a node by a URI among its subject alternative names:
// kith://CLUSTER/ID. Whoever holds it is that node of that cluster and no other, whatever
// addresses it has; the common name, host names and IP addresses are not looked at. [Check]
// compares it with the peer that a hello names.
//
// [Load] reads a node's certificate, its key and the authorities of the cluster from files,
// for [kith.WithIdentity], and reads them again when they change, so that a certificate is
// renewed without a restart. An [Authority] makes certificates, for trying it out and for
// tests; in production they come from the infrastructure you have.
//
// [kith.WithIdentity]: https://pkg.go.dev/github.com/kithmesh/kith#WithIdentity
package identity
