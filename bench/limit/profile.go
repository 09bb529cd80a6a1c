// Profiles of the processor time.

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/kithmesh/kith/bench/load"
)

// profiled does something, and writes a profile of it if one is wanted and this is the last round.
func (o *options) profiled(s load.Side, nodes, size, round int, do func() (load.Speed, error)) (v load.Speed, err error) {
	if o.profile == "" || round < o.rounds-1 {
		return do()
	}
	file, err := os.Create(fmt.Sprintf("%s-%s-%d-%d", o.profile, s.Name, nodes, size))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return v, err
	}
	defer pprof.StopCPUProfile()
	return do()
}
