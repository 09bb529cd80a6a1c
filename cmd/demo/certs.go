// The command certs: certificates for trying out a secured mesh.

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/views"
)

const certsLong = `Makes the certificates of the named nodes in a directory: ID.pem and ID-key.pem for each, and
ca.pem, by which nodes check each other. The authority that signs them is made with the first
call, valid for ten years; its key, ca-key.pem, is needed for further nodes only and should not
be on their machines. A certificate that is there already is replaced, and running nodes take
the new one without a restart.

It is for trying out TLS. In production certificates come from the infrastructure you have:
each needs the URI kith://CLUSTER/ID among its subject alternative names, and both server and
client authentication as its purposes.`

const certsExample = `  demo certs a b
  demo node --id a --cert certs/a.pem --key certs/a-key.pem --ca certs/ca.pem`

// certsOptions are the flags of the command.
type certsOptions struct {
	dir, cluster string
	valid        time.Duration
}

func newCerts(std stdio) *cobra.Command {
	o := &certsOptions{dir: "certs", cluster: defaultCluster, valid: 90 * 24 * time.Hour}
	cmd := &cobra.Command{
		Use: "certs ID...", Short: "Make certificates for nodes, to try out TLS",
		Long: certsLong, Example: certsExample, Args: nodeNames,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.dir, "out", "o", anyText("dir"), "where to put them")
	define(flags, &o.cluster, "cluster", "", token("name"), "the mesh that the nodes are in")
	define(flags, &o.valid, "valid", "", positive(), "how long the certificates are valid")
	cmd.RunE = func(_ *cobra.Command, ids []string) error { return o.make(ids, std.out) }
	return cmd
}

// nodeNames wants at least one ID.
func nodeNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%s takes the IDs of nodes", cmd.CommandPath())
	}
	for _, id := range args {
		if !views.ValidToken(id) || id == authorityName {
			return fmt.Errorf("a node cannot be called %q: want 1 to %d of A-Z a-z 0-9 - _, and not %s",
				id, views.MaxID, authorityName)
		}
	}
	return nil
}

// authorityName is what the files of the authority are called.
const authorityName = "ca"

// make makes everything, and prints which files there are now.
func (o *certsOptions) make(ids []string, out io.Writer) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return refuse("out", o.dir, "a directory: "+err.Error())
	}
	authority, err := o.authority(out)
	if err != nil {
		return err
	}
	for _, id := range ids {
		pair, err := authority.Issue(o.cluster, id, o.valid)
		if err != nil {
			return err
		}
		if err := o.write(id, pair, out); err != nil {
			return err
		}
	}
	return nil
}

// authority returns that of the directory, which is made if there is none.
func (o *certsOptions) authority(out io.Writer) (*identity.Authority, error) {
	const lifetime = 10 * 365 * 24 * time.Hour
	cert, key := o.paths(authorityName)
	pair := identity.Pair{}
	var err, missing error
	if pair.Cert, err = os.ReadFile(cert); err == nil {
		pair.Key, missing = os.ReadFile(key)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		authority, err := identity.NewAuthority(lifetime)
		if err != nil {
			return nil, err
		}
		if pair, err = authority.Pair(); err != nil {
			return nil, err
		}
		return authority, o.write(authorityName, pair, out)
	case err != nil || missing != nil:
		return nil, errors.Join(err, missing)
	}
	return identity.LoadAuthority(pair)
}

func (o *certsOptions) paths(id string) (cert, key string) {
	return filepath.Join(o.dir, id+".pem"), filepath.Join(o.dir, id+"-key.pem")
}

// write writes the two files, the key first: a node that looks in between finds the old
// certificate with it, which does not fit, and looks again.
func (o *certsOptions) write(id string, pair identity.Pair, out io.Writer) error {
	cert, key := o.paths(id)
	if err := os.WriteFile(key, pair.Key, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(cert, pair.Cert, 0o644); err != nil { //nolint:gosec // everybody may read a certificate
		return err
	}
	_, err := fmt.Fprintf(out, "%s\n%s\n", cert, key)
	return err
}
