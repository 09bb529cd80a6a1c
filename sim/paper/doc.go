// Package paper repeats the experiments of the HyParView paper (Leitão, Pereira,
// Rodrigues: HyParView, DSN 2007), at its size and with its parameters, on the
// cores that ship.
//
// It does the same with those of the Plumtree paper (Leitão, Pereira, Rodrigues:
// Epidemic Broadcast Trees, SRDS 2007), and puts what ships beside them.
//
// What Kith adds to the papers is turned off as far as it can be: see [Parameters].
// What stays is listed with the results in docs/simulation.md.
package paper
