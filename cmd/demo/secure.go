// The certificates of a node: their flags, and what they come to.

package main

import (
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/identity"
)

// secureOptions are the flags that say how the links to other nodes are secured.
type secureOptions struct {
	cert, key, ca string
	insecure      bool
}

func (o *secureOptions) bind(flags *pflag.FlagSet) {
	define(flags, &o.cert, "cert", "", anyText("file"), "the node's certificate, for links to other nodes: see 'demo certs'")
	define(flags, &o.key, "key", "", anyText("file"), "its private key")
	define(flags, &o.ca, "ca", "", anyText("file"), "the authority of the nodes' certificates")
	define(flags, &o.insecure, "insecure", "", yesNo(), "allow a --listen that other machines can reach, without --cert")
}

// options are what the flags come to.
func (o *secureOptions) options(log zerolog.Logger) ([]kith.Option, error) {
	if o.cert == "" && o.key == "" && o.ca == "" {
		return nil, nil
	}
	for _, file := range [][3]string{
		{"cert", o.cert, "the node's certificate, with --key and --ca"},
		{"key", o.key, "the private key of --cert"},
		{"ca", o.ca, "the authority of --cert"},
	} {
		if file[1] == "" {
			return nil, refuse(file[0], "", file[2])
		}
	}
	own, err := identity.Load(identity.Files{Cert: o.cert, Key: o.key, CA: o.ca, Logger: log})
	if err != nil {
		return nil, refuse("cert", o.cert, "a certificate that fits --key and --ca: "+err.Error())
	}
	return []kith.Option{kith.WithIdentity(own)}, nil
}
