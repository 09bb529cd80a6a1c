// The numbers along the axes of charts.

package chart

import (
	"math"
	"strconv"
	"strings"
)

// tick is a place on an axis. One without a label is between those that have one.
type tick struct {
	value float64
	label string
}

// linearTicks has a number at every multiple of a round step.
type linearTicks struct {
	whole bool // only whole numbers make sense here
}

func (t linearTicks) ticks(low, high float64) []tick {
	step := t.step(low, high)
	first := math.Ceil(low / step)
	var ticks []tick
	for i := range 2 * ticksWanted {
		value := (first + float64(i)) * step
		if value > high {
			break
		}
		ticks = append(ticks, tick{value, tickLabel(value)})
	}
	return ticks
}

// ticksWanted is about how many numbers an axis should have.
const ticksWanted = 7

// step is 1, 2 or 5 times a power of ten.
func (t linearTicks) step(low, high float64) float64 {
	rough := (high - low) / ticksWanted
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, digit := range []float64{5, 2, 1} {
		if digit*power >= rough {
			step = digit * power
		}
	}
	if t.whole {
		return max(step, 1)
	}
	return step
}

// logTicks has a number at each power of ten, and at 2 and 5 times that when the axis
// has only a few.
type logTicks struct{}

func (logTicks) ticks(low, high float64) []tick {
	const few, many = 2, 8
	decades := math.Log10(high / low)
	var ticks []tick
	for exponent := math.Floor(math.Log10(low)); exponent <= math.Ceil(math.Log10(high)); exponent++ {
		for digit := 1.0; digit < 10; digit++ {
			value := digit * math.Pow(10, exponent)
			if value < low || value > high {
				continue
			}
			mark := tick{value: value}
			labeled := digit == 1 && (decades < many || math.Mod(exponent, 2) == 0)
			if labeled || decades <= few && (digit == 2 || digit == 5) || decades < 0.5 {
				mark.label = tickLabel(value)
			}
			ticks = append(ticks, mark)
		}
	}
	return ticks
}

// tickLabel shows a round number: 0.001, 250, 10,000, 2.5M.
func tickLabel(v float64) string {
	const million = 1e6
	size := math.Abs(v)
	switch {
	case size >= 1000*million || size > 0 && size < 1e-4:
		return strconv.FormatFloat(v, 'g', 6, 64)
	case size >= million:
		return strconv.FormatFloat(v/million, 'g', 6, 64) + "M"
	case size < 10_000:
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	cutAt := len(digits) - 3
	return strings.Join([]string{digits[:cutAt], digits[cutAt:]}, ",")
}
