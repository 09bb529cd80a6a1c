// Where the nodes of a drawn mesh go: neighbors near each other, all others apart.

package main

import "math"

// spot is a place in a picture of width and height 1.
type spot struct{ x, y float64 }

// layoutWork bounds the work of a layout, in pairs of nodes looked at.
const layoutWork = 100_000_000

// layout places n nodes, whose links are pairs of numbers. It is the spring model of
// Fruchterman and Reingold from a circle, with a pull to the middle that keeps components
// together; the same input gives the same picture.
func layout(n int, links [][2]int) []spot {
	spots := make([]spot, n)
	for i := range spots {
		angle := 2 * math.Pi * float64(i) / float64(n)
		spots[i] = spot{0.5 + 0.4*math.Cos(angle), 0.5 + 0.4*math.Sin(angle)}
	}
	if n < 3 {
		return spots
	}
	const most = 300
	rounds := min(most, max(1, layoutWork/(n*n)))
	forces := make([]spot, n)
	for round := range rounds {
		repel(spots, forces)
		attract(spots, forces, links)
		heat := 0.1 * (1 - float64(round)/float64(rounds))
		for i, f := range forces {
			far := max(math.Hypot(f.x, f.y), 1e-9)
			step := min(far, heat)
			spots[i].x += f.x / far * step
			spots[i].y += f.y / far * step
		}
	}
	return fitted(spots)
}

// repel pushes all nodes apart, and a little to the middle.
func repel(spots, forces []spot) {
	ideal := 1 / float64(len(spots)) // the square of the distance that links want
	for i, a := range spots {
		f := spot{0.5 - a.x, 0.5 - a.y}
		for j, b := range spots {
			if i != j {
				dx, dy := a.x-b.x, a.y-b.y
				square := max(dx*dx+dy*dy, 1e-6)
				f.x += dx / square * ideal
				f.y += dy / square * ideal
			}
		}
		forces[i] = f
	}
}

// attract pulls neighbors together.
func attract(spots, forces []spot, links [][2]int) {
	ideal := math.Sqrt(1 / float64(len(spots)))
	for _, l := range links {
		a, b := spots[l[0]], spots[l[1]]
		dx, dy := b.x-a.x, b.y-a.y
		pull := math.Hypot(dx, dy) / ideal
		forces[l[0]].x += dx * pull
		forces[l[0]].y += dy * pull
		forces[l[1]].x -= dx * pull
		forces[l[1]].y -= dy * pull
	}
}

// fitted stretches the spots to the whole picture.
func fitted(spots []spot) []spot {
	low, high := spots[0], spots[0]
	for _, s := range spots {
		low = spot{min(low.x, s.x), min(low.y, s.y)}
		high = spot{max(high.x, s.x), max(high.y, s.y)}
	}
	width, height := max(high.x-low.x, 1e-9), max(high.y-low.y, 1e-9)
	for i, s := range spots {
		spots[i] = spot{(s.x - low.x) / width, (s.y - low.y) / height}
	}
	return spots
}
