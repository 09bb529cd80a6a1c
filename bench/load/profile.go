// Profiles of the processor time.

package load

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// AboutProfile describes the flag that is given to [Profiled].
const AboutProfile = "write profiles of the processor time of the last round at full speed there: FILE-SIDE-NODES-BYTES"

// Profiled does something, and writes a profile of it into a file whose name begins with prefix;
// without a prefix it writes none.
func Profiled(prefix string, s Side, c Conditions, do func() (Speed, error)) (v Speed, err error) {
	if prefix == "" {
		return do()
	}
	file, err := os.Create(fmt.Sprintf("%s-%s-%d-%d", prefix, s.Name, c.Nodes, c.Size))
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
