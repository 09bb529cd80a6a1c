// How many neighbors nodes have.

package overlay

import "math"

// Histogram says how many nodes have how many of something.
type Histogram struct {
	// Counts[d] is the number of nodes that have d; its last entry is not 0.
	Counts []int `json:"counts"`
	// Nodes is the sum of Counts.
	Nodes int     `json:"nodes"`
	Mean  float64 `json:"mean"`
	// SD is the standard deviation over all nodes (it divides by Nodes).
	SD float64 `json:"sd"`
	// CV is the coefficient of variation, SD/Mean: 0 when all nodes are alike.
	CV  float64 `json:"cv"`
	Min int     `json:"min"`
	Max int     `json:"max"`
}

// Degrees counts each node's edges.
func (g *Graph) Degrees() Histogram {
	return histogram(g.Nodes(), g.edges.degree)
}

// Out counts how many others each node says it has.
func (g *Graph) Out() Histogram {
	return histogram(g.Nodes(), g.views.degree)
}

// In counts how many others say they have the node.
func (g *Graph) In() Histogram {
	in := make([]uint32, g.Nodes())
	for _, j := range g.views.items {
		in[j]++
	}
	return histogram(len(in), func(i int) int { return int(in[i]) })
}

// InDegrees returns what FromViews(n, views).In() returns without making the
// graph: for lists that are measured for their balance alone and are too long
// to copy. It takes 8 bytes a node and the same arguments.
func InDegrees(n int, views func(i int, dst []uint32) []uint32) Histogram {
	// The last list that a node was seen in, from 1, tells repetitions apart.
	type seen struct{ times, last uint32 }
	in := make([]seen, n)
	var list []uint32
	for i := range n {
		list = views(i, list[:0])
		for _, j := range list {
			if s := &in[j]; s.last != uint32(i)+1 && int(j) != i {
				s.last = uint32(i) + 1
				s.times++
			}
		}
	}
	return histogram(n, func(i int) int { return int(in[i].times) })
}

func histogram(n int, of func(i int) int) Histogram {
	h := Histogram{Counts: []int{}, Nodes: n}
	if n == 0 {
		return h
	}
	h.Min = of(0)
	sum := 0
	for i := range n {
		d := of(i)
		sum += d
		h.Min = min(h.Min, d)
		for d >= len(h.Counts) {
			h.Counts = append(h.Counts, 0)
		}
		h.Counts[d]++
	}
	h.Max = len(h.Counts) - 1
	h.Mean = float64(sum) / float64(n)
	squares := 0.0
	for d, count := range h.Counts {
		off := float64(d) - h.Mean
		squares += off * off * float64(count)
	}
	h.SD = math.Sqrt(squares / float64(n))
	if h.Mean > 0 {
		h.CV = h.SD / h.Mean
	}
	return h
}
