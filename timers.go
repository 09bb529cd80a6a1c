// The timers of one loop, behind a single runtime timer.

package kith

import (
	"time"

	"github.com/kithmesh/kith/membership"
)

// alarm is a timer of the core that has been set.
type alarm struct {
	at    time.Time
	timer membership.Timer
}

// alarms holds the timers that are set, a dozen or so: a scan finds the next one.
type alarms struct {
	set   []alarm
	clock *time.Timer
}

func newAlarms() *alarms {
	clock := time.NewTimer(time.Hour)
	clock.Stop()
	return &alarms{clock: clock}
}

func (a *alarms) add(at time.Time, t membership.Timer) {
	a.set = append(a.set, alarm{at, t})
	a.wind()
}

// due removes and returns a timer whose time has come.
func (a *alarms) due(now time.Time) (alarm, bool) {
	i := a.next()
	if i < 0 || a.set[i].at.After(now) {
		a.wind()
		return alarm{}, false
	}
	t := a.set[i]
	a.set = append(a.set[:i], a.set[i+1:]...)
	return t, true
}

// next returns the position of the earliest timer, the first set of several, or -1.
func (a *alarms) next() int {
	next := -1
	for i := range a.set {
		if next < 0 || a.set[i].at.Before(a.set[next].at) {
			next = i
		}
	}
	return next
}

// wind sets the clock to the earliest timer.
func (a *alarms) wind() {
	if i := a.next(); i >= 0 {
		a.clock.Reset(time.Until(a.set[i].at))
	}
}
