// The versions of what is compared.

package main

import (
	"runtime/debug"
	"slices"
)

// compared are the modules whose versions are told.
func compared() []string {
	return []string{"github.com/hashicorp/memberlist", "github.com/hashicorp/serf", "github.com/libp2p/go-libp2p-pubsub"}
}

// versions are those of the modules that this command was built with.
func versions() map[string]string {
	found := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains(compared(), m.Path) {
				found[m.Path] = m.Version
			}
		}
	}
	return found
}
