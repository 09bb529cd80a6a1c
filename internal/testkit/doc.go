// Package testkit is what tests of several rooms have in common: fuzz targets that try what is near
// to an input, a bound on what reading allocates, how soaks are sized and weighed, connections in
// memory, and building the programs that tests run.
package testkit
