// Package fuzzkit is for the fuzz tests of decoders: it tries what is near to an input, and checks
// what reading allocates.
package fuzzkit
