// Programs of this module, built for a test that runs them.

package testkit

import (
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds programs of this module, such as ./cmd/demo, into a folder. Root is the module's
// folder as the test sees it.
func Build(root, into string, packages ...string) error {
	if err := readTree(root); err != nil {
		return err
	}
	build := exec.Command("go", append([]string{"build", "-o", into + string(filepath.Separator)}, packages...)...) //nolint:gosec,noctx // it ends by itself
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(packages, " "), err, out)
	}
	return nil
}

// readTree lists the module's folders. The go command notes that, and so does not take an old
// result of the test for good when only another package has changed: the program is built by a
// process of which it knows nothing.
func readTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		return err
	})
}
