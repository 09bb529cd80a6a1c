// Dice: one of several by weight, in a time that does not depend on how many there are.

package interest

import "math/rand/v2"

// dice are the tables of Vose's alias method, in whole numbers: as many sides as there are
// weights, all equally likely, each shared by at most two of them.
type dice struct {
	total uint64
	sides []side
}

// side belongs to its own weight below the limit, and to another from there to the total.
type side struct {
	limit uint64
	other int
}

// newDice returns dice for weights above 0, the sum of which times their number fits 64 bits.
func newDice(weights []uint64) dice {
	d := dice{sides: make([]side, len(weights))}
	for _, w := range weights {
		d.total += w
	}
	var small, large []int
	for i, w := range weights {
		d.sides[i] = side{limit: w * uint64(len(weights)), other: i}
		if d.sides[i].limit < d.total {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		d.sides[s].other = l
		d.sides[l].limit -= d.total - d.sides[s].limit
		if d.sides[l].limit < d.total {
			small, large = append(small, l), large[:len(large)-1]
		}
	}
	return d
}

// throw returns the number of one weight.
func (d *dice) throw(rng *rand.Rand) int {
	x := rng.Uint64N(d.total * uint64(len(d.sides)))
	i := x / d.total
	if s := &d.sides[i]; x%d.total >= s.limit {
		return s.other
	}
	return int(i) //nolint:gosec // below the number of sides
}
