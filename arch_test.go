// The import directions, checked against the source.

package kith_test

import (
	"fmt"
	"go/build"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module     = "github.com/kithmesh/kith"
	natsClient = "github.com/nats-io/nats.go"
	natsServer = "github.com/nats-io/nats-server"
	prometheus = "github.com/prometheus/client_golang"
)

// room is one package folder and what its library code may import.
type room struct {
	folder string // below the module's root; "." is the root itself
	// pure: only the standard packages in std, and the rules of checkPure.
	// Otherwise any standard package will do.
	pure bool
	std  []string
	// rooms and others are the rooms and the third-party packages, with whatever
	// is below them, that may be imported.
	rooms  []string
	others []string
	// planned: not built yet.
	planned bool
	why     string
}

// rooms is the table of docs/design.md, The house.
var rooms = []room{
	{
		folder: "views", pure: true,
		std: []string{"cmp", "errors", "fmt", "iter", "math/rand/v2", "slices", "strconv", "strings", "time"},
		why: "everything stands on it, so it stands on the standard library alone",
	},
	{
		folder: "wire", pure: true,
		std:   []string{"bytes", "cmp", "encoding/binary", "errors", "fmt", "iter", "math", "math/bits", "slices", "strconv", "strings", "time", "unicode/utf8"},
		rooms: []string{"views"},
		why:   "a codec of bytes and peers, which protocols and transports share without sharing each other",
	},
	{
		folder: "membership", pure: true,
		std:   []string{"bytes", "cmp", "errors", "fmt", "iter", "math", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "wire"},
		why:   "a state machine: the same inputs must give the same effects, in a service and in a simulator",
	},
	{
		folder: "broadcast", pure: true,
		std:   []string{"bytes", "cmp", "encoding/binary", "errors", "fmt", "iter", "math", "math/bits", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "wire"},
		why:   "a state machine like membership, and it must run over any membership",
	},
	{
		folder: "presence", pure: true,
		std:   []string{"cmp", "errors", "fmt", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "wire"},
		why:   "a state machine like the other two, and it must run over any broadcast",
	},
	{
		folder: "sim", pure: true,
		std:   []string{"cmp", "encoding/binary", "errors", "fmt", "iter", "math", "math/bits", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "wire", "membership", "broadcast", "sim/overlay"},
		why:   "the simulator runs the cores of production and nothing that does IO",
	},
	{
		folder: "sim/overlay", pure: true,
		std: []string{"cmp", "errors", "fmt", "iter", "math", "math/bits", "math/rand/v2", "slices"},
		why: "it measures graphs, whoever made them",
	},
	{
		folder: "sim/report", pure: true,
		std:   []string{"cmp", "errors", "fmt", "math", "slices", "strconv", "strings"},
		rooms: []string{"sim/overlay"},
		why:   "figures and lines, for whoever prints or draws them",
	},
	{
		folder: "sim/scenario", pure: true,
		std:   []string{"cmp", "errors", "fmt", "iter", "math", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "membership", "broadcast", "sim", "sim/overlay", "sim/report"},
		why:   "experiments in the simulator, as deterministic as it is",
	},
	{
		folder: "sim/paper", pure: true,
		std:   []string{"cmp", "errors", "fmt", "iter", "math", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "membership", "broadcast", "sim", "sim/overlay", "sim/report", "sim/scenario"},
		why:   "experiments in the simulator, as deterministic as it is",
	},
	{
		folder: "internal/testkit",
		why:    "what tests have in common, of decoders above all",
	},
	{
		folder: "identity",
		rooms:  []string{"views"},
		others: []string{"github.com/rs/zerolog"},
		why:    "it compares a certificate with a peer, whoever carries both",
	},
	{
		folder: "tcptransport",
		rooms:  []string{"views", "wire", "membership", "identity"},
		others: []string{"github.com/rs/zerolog", "golang.org/x/time/rate"},
		why:    "TCP must work while NATS is down, and a transport knows no other",
	},
	{
		folder: "natstransport",
		rooms:  []string{"views", "wire", "membership"},
		others: []string{natsClient, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "a meeting place is replaceable, so it knows no other transport and not the node",
	},
	{
		folder: "linker",
		rooms:  []string{"views", "membership"},
		others: []string{natsClient, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "it follows a list of peers, whoever makes the list",
	},
	{
		folder: "embedded",
		others: []string{natsClient, natsServer, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "a NATS server in the process, of use with or without a mesh",
	},
	{
		folder: ".",
		rooms:  []string{"views", "wire", "membership", "broadcast", "presence", "identity", "tcptransport", "natstransport", "linker"},
		others: []string{natsClient, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "the one import of a service; a service that uses a remote NATS must not link a server",
	},
	{
		folder: "natsbridge/interest", pure: true,
		std:   []string{"bytes", "cmp", "encoding/binary", "errors", "fmt", "iter", "maps", "math", "math/rand/v2", "slices", "strconv", "strings", "time"},
		rooms: []string{"views", "wire"},
		why:   "a state machine like presence, and it must run over any broadcast",
	},
	{
		folder: "natsbridge/leafnode",
		others: []string{"github.com/nats-io/nkeys", "github.com/rs/zerolog"},
		why:    "a client of the leafnode protocol, of use with or without a mesh",
	},
	{
		folder: "natsbridge",
		rooms:  []string{".", "views", "membership", "natsbridge/interest", "natsbridge/leafnode"},
		others: []string{natsClient, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "it speaks to a server, its own or a remote one, and links none",
	},
	{
		folder: "metrics",
		rooms:  []string{".", "membership", "tcptransport", "linker", "natsbridge"},
		others: []string{prometheus},
		why:    "what a node counts, for those who use Prometheus; nobody else links it",
	},
	{
		folder: "meshtest",
		rooms:  []string{".", "views", "membership", "identity", "natstransport", "tcptransport", "linker", "embedded", "natsbridge"},
		others: []string{natsClient, natsServer, "github.com/nats-io/nuid", "github.com/rs/zerolog"},
		why:    "the test kit stands on top of everything a service may use",
	},
	{
		folder: "cmd/demo/trace", pure: true,
		std: []string{"bufio", "cmp", "encoding/json", "errors", "fmt", "io", "slices", "time"},
		why: "what happens in a mesh as data, for whoever tells, shows or plays it",
	},
	{
		folder: "cmd/demo/chart",
		rooms:  []string{"sim/report"},
		why:    "charts of what the simulator found; a library that draws them costs whoever builds the demo more than all of them",
	},
	{
		folder: "cmd/demo/dashboard",
		rooms:  []string{"cmd/demo/trace"},
		others: []string{"github.com/rs/zerolog"},
		why:    "a page of events, wherever they come from",
	},
	{
		folder: "cmd/demo/dashboard/dashtest",
		rooms:  []string{"linker", "meshtest", "cmd/demo/trace", "cmd/demo/dashboard"},
		why:    "what tests of events have in common, wherever those come from",
	},
	{
		folder: "cmd/demo/remote",
		rooms:  []string{"views", "membership", "natstransport", "linker", "cmd/demo/trace", "cmd/demo/dashboard"},
		others: []string{natsClient, "github.com/rs/zerolog"},
		why:    "it sees of a mesh what NATS lets it see, and takes no part in it",
	},
	{
		folder: "cmd/demo/live",
		rooms:  []string{".", "linker", "natstransport", "meshtest", "metrics", "cmd/demo/trace", "cmd/demo/dashboard", "cmd/demo/remote"},
		others: []string{natsClient, prometheus},
		why:    "it observes a mesh of this process, and knows of no command",
	},
	{
		folder: "cmd/demo",
		rooms:  []string{".", "views", "membership", "identity", "natstransport", "tcptransport", "linker", "embedded", "meshtest", "broadcast", "presence", "natsbridge", "metrics", "sim", "sim/overlay", "sim/report", "sim/scenario", "sim/paper", "cmd/demo/chart", "cmd/demo/trace", "cmd/demo/dashboard", "cmd/demo/live", "cmd/demo/remote"},
		others: []string{natsClient, natsServer, "github.com/nats-io/nuid", "github.com/rs/zerolog", prometheus, "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
		why:    "a command may use everything; nothing may use a command",
	},
}

// TestImportDirections holds every package against its row.
func TestImportDirections(t *testing.T) {
	imported := make(map[string][]string, len(rooms))
	for _, r := range rooms {
		p, err := build.ImportDir(filepath.FromSlash(r.folder), 0)
		switch {
		case err != nil && r.planned:
			continue
		case err != nil:
			t.Errorf("%s has a row and no package: %v", r.folder, err)
			continue
		case r.planned:
			t.Errorf("%s exists now: take planned out of its row", r.folder)
		}
		imported[r.folder] = p.Imports
		for _, fault := range checkImports(r, p.Imports) {
			t.Error(fault)
		}
	}
	for folder := range reachable(imported, ".") {
		for _, p := range imported[folder] {
			if covers(natsServer, p) {
				t.Errorf("%s imports %s, so that every service links a NATS server", folder, p)
			}
		}
	}
}

// TestEveryPackageHasARow finds packages that nobody has placed in the house.
func TestEveryPackageHasARow(t *testing.T) {
	for _, folder := range packageFolders(t) {
		if !slices.ContainsFunc(rooms, func(r room) bool { return r.folder == folder }) {
			t.Errorf("%s has no row in the table of rooms: decide what it may import, and who may import it", folder)
		}
	}
}

// checkImports returns what is wrong with the imports of the room.
func checkImports(r room, imports []string) []string {
	var faults []string
	for _, p := range imports {
		var allowed bool
		switch {
		case p == module || strings.HasPrefix(p, module+"/"):
			allowed = slices.Contains(r.rooms, folderOf(p))
		case isStandard(p):
			allowed = !r.pure || slices.Contains(r.std, p)
		default:
			allowed = slices.ContainsFunc(r.others, func(o string) bool { return covers(o, p) })
		}
		if !allowed {
			faults = append(faults, fmt.Sprintf("%s imports %s: %s", r.folder, p, r.why))
		}
	}
	return faults
}

// folderOf returns the folder of one of the module's packages.
func folderOf(p string) string {
	if p == module {
		return "."
	}
	return strings.TrimPrefix(p, module+"/")
}

// isStandard reports whether a package is of the standard library: the first
// element of its path has no dot.
func isStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

// covers reports whether p is the package prefix or below it.
func covers(prefix, p string) bool { return p == prefix || strings.HasPrefix(p, prefix+"/") }

// reachable returns the rooms that the one in folder imports, and theirs, and
// itself.
func reachable(imported map[string][]string, folder string) map[string]bool {
	seen := map[string]bool{}
	for queue := []string{folder}; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		for _, p := range imported[queue[0]] {
			if covers(module, p) {
				queue = append(queue, folderOf(p))
			}
		}
	}
	return seen
}

// packageFolders lists the folders of this module with library code in them.
// Folders with a go.mod of their own, and examples, which are nobody's import,
// are left out.
func packageFolders(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir():
			if file == "." {
				return nil
			}
			_, nested := os.Stat(filepath.Join(file, "go.mod"))
			if nested == nil || name == "testdata" || name == "examples" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				return filepath.SkipDir
			}
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			found[path.Dir(filepath.ToSlash(file))] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// TestCheckImports shows that the check can fail.
func TestCheckImports(t *testing.T) {
	row := func(folder string) room {
		i := slices.IndexFunc(rooms, func(r room) bool { return r.folder == folder })
		if i < 0 {
			t.Fatalf("no row for %s", folder)
		}
		return rooms[i]
	}
	tests := []struct {
		folder, imports string
		allowed         bool
	}{
		{"views", "time", true},
		{"views", "net", false},
		{"views", module + "/wire", false},
		{"wire", module + "/views", true},
		{"wire", module + "/membership", false},
		{"wire", "os", false},
		{"membership", module + "/wire", true},
		{"membership", module + "/tcptransport", false},
		{"membership", "sync", false},
		{"membership", "context", false},
		{"membership", "math/rand", false},
		{"membership", natsClient, false},
		{"presence", module + "/broadcast", false},
		{"presence", module, false},
		{"tcptransport", "net", true},
		{"tcptransport", natsClient, false},
		{"tcptransport", module + "/natstransport", false},
		{"natstransport", natsClient + "/micro", true},
		{"natstransport", module, false},
		{"natstransport", module + "/linker", false},
		{"linker", module + "/tcptransport", false},
		{"linker", natsServer + "/v2/server", false},
		{".", module + "/linker", true},
		{".", module + "/embedded", false},
		{".", natsServer + "/v2/server", false},
		{".", prometheus + "/prometheus", false},
		{"natsbridge", prometheus + "/prometheus", false},
		{"metrics", prometheus + "/prometheus", true},
		{"metrics", module + "/meshtest", false},
		{"embedded", natsServer + "/v2/server", true},
		{"meshtest", module, true},
		{"meshtest", module + "/cmd/demo", false},
		{"cmd/demo", module + "/meshtest", true},
		{"cmd/demo/trace", "net", false},
		{"cmd/demo/dashboard", module + "/meshtest", false},
		{"cmd/demo/remote", module, false},
		{"cmd/demo", "github.com/nats-io/nats.gopher", false},
	}
	for _, tt := range tests {
		faults := checkImports(row(tt.folder), []string{tt.imports})
		if got := len(faults) == 0; got != tt.allowed {
			t.Errorf("%s imports %s: allowed is %v, want %v: %v", tt.folder, tt.imports, got, tt.allowed, faults)
		}
	}
}

func TestReachable(t *testing.T) {
	imported := map[string][]string{
		".":      {module + "/linker", "net"},
		"linker": {module + "/views"},
		"cmd":    {module},
	}
	got := slices.Sorted(maps.Keys(reachable(imported, ".")))
	if want := []string{".", "linker", "views"}; !slices.Equal(got, want) {
		t.Errorf("reachable from the root: %v, want %v", got, want)
	}
}
