// What tests may set.

package live

// SetMost sets how many nodes there may be in all.
func (c *Controls) SetMost(nodes int) { c.most = nodes }
