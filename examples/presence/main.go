// Presence shows who is there, and whose a key is: every node keeps a directory of all nodes, and
// all come to the same owner of each key by rendezvous hashing, without asking anybody. When a
// node leaves, its keys move to the others, and no other key does.
//
// One wants that to spread work: which replica polls which device, sends the mails of which
// customer, keeps which shard in memory. It is no lock: for a moment two nodes may both take
// themselves for the owner.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/presence"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// member is one node and its directory.
type member struct {
	node *kith.Node
	dir  *kith.Presence
}

func run(ctx context.Context) error {
	members, err := start(ctx, "red", "green", "blue", "gold", "pink")
	for _, m := range members {
		defer m.node.Stop()
	}
	if err != nil {
		return err
	}
	keys := make([]string, 20)
	for i := range keys {
		keys[i] = fmt.Sprintf("device-%02d", i)
	}
	before, err := owners(ctx, members, keys)
	if err != nil {
		return err
	}

	fmt.Println("\npink leaves")
	if err := members[4].node.Leave(ctx); err != nil {
		return err
	}
	after, err := owners(ctx, members[:4], keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if before[key] != after[key] {
			fmt.Printf("%s moves from %s to %s\n", key, before[key], after[key])
		}
	}
	return nil
}

// start starts nodes that know the first of them. In production they find each other over NATS:
// kith.WithNATS.
func start(ctx context.Context, ids ...string) ([]member, error) {
	members := make([]member, 0, len(ids))
	var contacts []string
	for _, id := range ids {
		node, err := kith.Start(ctx, kith.Config{Cluster: "presence", ID: id, Contacts: contacts})
		if err != nil {
			return members, err
		}
		m := member{node: node}
		members = append(members, m)
		contacts = []string{members[0].node.Self().Addr}
		if members[len(members)-1].dir, err = node.Presence(presence.Config{}); err != nil { //nolint:contextcheck // it lives as long as the node
			return members, err
		}
	}
	return members, nil
}

// owners waits until every directory has exactly these nodes, and prints and returns whom each
// key belongs to, in which all agree.
func owners(ctx context.Context, members []member, keys []string) (map[string]string, error) {
	for _, m := range members {
		for nodes := range m.dir.Watch(ctx) {
			if len(nodes) == len(members) {
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	all := make(map[string]string)
	of := make(map[string][]string)
	for _, key := range keys {
		for _, m := range members {
			owner, found := m.dir.Owner(key)
			if known := all[key]; !found || known != "" && known != owner.ID {
				return nil, fmt.Errorf("%s says that %s belongs to %q, and others to %q", m.node.Self().ID, key, owner.ID, known)
			}
			all[key] = owner.ID
		}
		of[all[key]] = append(of[all[key]], strings.TrimPrefix(key, "device-"))
	}
	for _, entry := range members[0].dir.Nodes() {
		fmt.Printf("%-5s has devices %s\n", entry.ID, strings.Join(of[entry.ID], " "))
	}
	return all, nil
}
