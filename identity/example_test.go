// Where a node's identity comes from.

package identity_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kithmesh/kith/identity"
)

// An identity is read from three files, and read again when they change. These are written here
// first; in production the infrastructure writes them.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "identity-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is the system's folder for that
	files := identity.Files{
		Cert: filepath.Join(dir, "node.pem"), Key: filepath.Join(dir, "node-key.pem"), CA: filepath.Join(dir, "ca.pem"),
	}
	node, authorities, err := issue()
	if err != nil {
		fmt.Println(err)
		return
	}
	for path, data := range map[string][]byte{files.Cert: node.Cert, files.Key: node.Key, files.CA: authorities} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}

	own, err := identity.Load(files)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Names())
	// Output: [kith://orders/orders-1]
}

// An identity that is not in files, such as one of a secret store, is replaced by whoever gets the
// next one.
func ExampleNew() {
	node, authorities, err := issue()
	if err != nil {
		fmt.Println(err)
		return
	}
	own, err := identity.New(node, authorities)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Names(), time.Until(own.NotAfter()) > 0)
	node, authorities, err = issue()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Replace(node, authorities))
	// Output:
	// [kith://orders/orders-1] true
	// <nil>
}

// An authority that a program keeps is two blocks of PEM, of which the key must stay secret.
func ExampleLoadAuthority() {
	made, err := identity.NewAuthority(time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, err := made.Pair()
	if err != nil {
		fmt.Println(err)
		return
	}
	authority, err := identity.LoadAuthority(kept)
	if err != nil {
		fmt.Println(err)
		return
	}
	own, err := authority.Identity("orders", "orders-1", time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Names()[0] == identity.Name("orders", "orders-1"))
	// Output: true
}

// issue makes a certificate for a node, and returns what that is checked by.
func issue() (node identity.Pair, authorities []byte, err error) {
	authority, err := identity.NewAuthority(time.Hour)
	if err != nil {
		return node, nil, err
	}
	if node, err = authority.Issue("orders", "orders-1", time.Hour); err != nil {
		return node, nil, err
	}
	pair, err := authority.Pair()
	return node, pair.Cert, err
}
