// What a healthy overlay costs: how many of its links change while nothing happens.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/sim"
)

// idle is a healthy overlay with some of what keeps it mixing.
type idle struct {
	name, about         string
	recontact, rotation bool
	bounded             bool
}

func idleWorlds() []idle {
	return []idle{
		{name: "recontact", about: "with visits to the meeting place only", recontact: true, bounded: true},
		{name: "neither", about: "without visits and rotation"},
		{name: "rotation", about: "with rotation only", rotation: true},
		{name: "both", about: "with visits and rotation, the default", recontact: true, rotation: true},
	}
}

// A healthy overlay is watched for idleFor, after the time it takes until the views
// are full.
const (
	idleWarm = 5 * time.Minute
	idleFor  = 20 * time.Minute
)

// mostChanges is the share of links that may change a minute because nodes visit the
// meeting place.
const mostChanges = 0.01

func (r *run) idleWorld(i idle) error {
	t, err := r.world(func(c *sim.Config) {
		silent(c)
		if !i.recontact {
			c.Membership.RecontactInterval = 0
		}
		if !i.rotation {
			c.Membership.RotateInterval = 0
		}
	})
	if err != nil {
		return err
	}
	if err := t.grow(r.Nodes, idleWarm); err != nil {
		return err
	}
	before, stats := t.Protocol(), t.Stats()
	if err := t.Run(idleFor); err != nil {
		return err
	}
	ended := float64(t.Protocol().Downs-before.Downs) / 2 // a link has two ends
	links := float64(t.Picture(nil).Graph.Edges())
	prefix := "healthy_" + i.name + "_"
	m := r.add(prefix, "changes", "share of the links of a healthy overlay that end a minute, "+i.about, share(ended, links*idleFor.Minutes()))
	if i.bounded {
		m.Within(0, mostChanges)
	}
	r.add(prefix, "messages_per_node_s", "messages received a node and second", t.since(stats).delivered/float64(r.Nodes)/idleFor.Seconds())
	r.end(t)
	return nil
}
