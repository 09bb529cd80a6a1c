// Package paper repeats the experiments of the HyParView paper (Leitão, Pereira,
// Rodrigues: HyParView, DSN 2007), at its size and with its parameters, on the
// cores that ship.
//
// What Kith adds to the paper is turned off as far as it can be: see [Parameters].
// What stays is listed with the results in docs/simulation.md.
package paper
