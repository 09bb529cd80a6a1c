// Certificates from the command line.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithmesh/kith/identity"
)

func TestCerts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	certs := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		std := stdio{out: &out, err: &errs, env: vars(nil)}
		if got := run(t.Context(), append([]string{"certs", "--out", dir}, args...), std); got != want {
			t.Fatalf("%v: exit status %d, want %d: %s", args, got, want, &errs)
		}
		return out.String() + errs.String()
	}
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	certs(exitFine, "a", "b")
	authority, first := read("ca.pem"), read("a.pem")
	certs(exitFine, "--cluster", "orders", "a")
	if read("ca.pem") != authority || read("a.pem") == first {
		t.Error("the authority should have stayed, and the certificate been replaced")
	}
	own, err := identity.Load(identity.Files{
		Cert: filepath.Join(dir, "a.pem"), Key: filepath.Join(dir, "a-key.pem"), CA: filepath.Join(dir, "ca.pem"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := own.Names(); len(got) != 1 || got[0] != "kith://orders/a" {
		t.Errorf("names are %v", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "a-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key can be read by others: %v, %v", info.Mode(), err)
	}
	for _, bad := range [][]string{{}, {"ca"}, {"a b"}} {
		if said := certs(exitUsage, bad...); !strings.Contains(said, "demo certs") {
			t.Errorf("%v: %s", bad, said)
		}
	}
}
