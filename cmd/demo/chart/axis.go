// An axis: the range of the data, rounded, and where in it a value is.

package chart

import "math"

// axis is one of two.
type axis struct {
	low, high   float64
	logarithmic bool
	whole       bool // only whole numbers have labels
}

// newAxis has no range yet.
func newAxis(logarithmic bool) axis {
	return axis{low: math.Inf(1), high: math.Inf(-1), logarithmic: logarithmic}
}

// include makes the range as large as the value needs.
func (a *axis) include(v float64) { a.low, a.high = min(a.low, v), max(a.high, v) }

// settle gives the axis a range that can be drawn, whatever the data was.
func (a *axis) settle() {
	if a.low > a.high { // there was none
		a.low, a.high = 0, 1
		if a.logarithmic {
			a.low, a.high = 1, 10
		}
	}
	const same = 1e-9 // of the size of the numbers: less cannot be told apart
	switch {
	case a.high-a.low > same*max(math.Abs(a.low), math.Abs(a.high)):
	case a.logarithmic:
		a.low, a.high = a.low/2, a.high*2
	default:
		around := max(math.Abs(a.low)/10, 1)
		a.low, a.high = a.low-around, a.high+around
	}
}

// roundOut lets the axis begin and end at a number, and at 0 if that is not far.
func (a *axis) roundOut() {
	const far = 0.4
	if a.low > 0 && a.low < far*a.high {
		a.low = 0
	}
	step := linearTicks{}.step(a.low, a.high)
	a.low, a.high = step*math.Floor(a.low/step), step*math.Ceil(a.high/step)
}

// share is where a value is: 0 at the lower end, 1 at the upper one.
func (a *axis) share(v float64) float64 {
	if a.logarithmic {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// ticks are the numbers along the axis.
func (a *axis) ticks() []tick {
	if a.logarithmic {
		return logTicks{}.ticks(a.low, a.high)
	}
	return linearTicks{whole: a.whole}.ticks(a.low, a.high)
}
