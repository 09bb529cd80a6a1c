// What is different between two inspections of a cluster.

package main

import (
	"fmt"
	"slices"
	"strings"
)

// changes are what has happened between two looks.
type changes struct {
	Came      []string `json:"came"`      // they answer, and did not before
	Went      []string `json:"went"`      // they do not answer any more
	Restarted []string `json:"restarted"` // the same ID in another life
	NewLinks  []pair   `json:"new_links"` // the side that is first in order comes first
	GoneLinks []pair   `json:"gone_links"`
	Before    int      `json:"components_before"`
	Now       int      `json:"components_now"`
}

// changesBetween compares two looks at one cluster.
func changesBetween(before, now *inspection) changes {
	old, recent := before.incarnations(), now.incarnations()
	c := changes{
		Came: []string{}, Went: []string{}, Restarted: []string{},
		Before: before.Components, Now: now.Components,
	}
	for i := range now.Members {
		m := &now.Members[i]
		switch incarnation, known := old[m.ID]; {
		case !known:
			c.Came = append(c.Came, m.ID)
		case incarnation != m.Incarnation:
			c.Restarted = append(c.Restarted, m.ID)
		}
	}
	for i := range before.Members {
		if id := before.Members[i].ID; recent[id] == 0 {
			c.Went = append(c.Went, id)
		}
	}
	oldLinks, newLinks := before.pairs(), now.pairs()
	c.NewLinks, c.GoneLinks = without(newLinks, oldLinks), without(oldLinks, newLinks)
	return c
}

// incarnations returns which life of each node answered; none is 0.
func (in *inspection) incarnations() map[string]uint64 {
	all := make(map[string]uint64, len(in.Members))
	for i := range in.Members {
		all[in.Members[i].ID] = in.Members[i].Incarnation
	}
	return all
}

// pairs returns the links in order, each once.
func (in *inspection) pairs() []pair {
	var all []pair
	for i := range in.Members {
		from := in.Members[i].ID
		for _, to := range in.Members[i].Neighbors {
			all = append(all, pair{min(from, to), max(from, to)})
		}
	}
	slices.SortFunc(all, comparePairs)
	return slices.Compact(all)
}

func comparePairs(a, b pair) int {
	if c := strings.Compare(a.From, b.From); c != 0 {
		return c
	}
	return strings.Compare(a.To, b.To)
}

// without returns the pairs of all, in order, that are not in others, which are too.
func without(all, others []pair) []pair {
	rest := []pair{}
	for _, p := range all {
		if _, found := slices.BinarySearchFunc(others, p, comparePairs); !found {
			rest = append(rest, p)
		}
	}
	return rest
}

// lines tells the changes, one a line, none when nothing has changed.
func (c *changes) lines() []string {
	var lines []string
	each := func(what string, ids []string) {
		for _, id := range ids {
			lines = append(lines, what+" "+id)
		}
	}
	each("came", c.Came)
	each("went", c.Went)
	each("restarted", c.Restarted)
	for _, p := range c.NewLinks {
		lines = append(lines, "new link "+p.From+" "+p.To)
	}
	for _, p := range c.GoneLinks {
		lines = append(lines, "link gone "+p.From+" "+p.To)
	}
	switch {
	case c.Now == 0 && c.Before > 0:
		lines = append(lines, "nobody answers any more")
	case c.Now > c.Before && c.Before > 0:
		lines = append(lines, fmt.Sprintf("split: %s, before %d", plural(c.Now, "component"), c.Before))
	case c.Now < c.Before:
		lines = append(lines, fmt.Sprintf("merged: %s, before %d", plural(c.Now, "component"), c.Before))
	}
	return lines
}
