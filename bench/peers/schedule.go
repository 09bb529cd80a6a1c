// How long the parts of a measurement take.

package main

import "time"

// schedule is how long the parts of a measurement take.
type schedule struct {
	Form   time.Duration `json:"form"`   // limits forming where it is measured
	Again  time.Duration `json:"again"`  // limits it elsewhere, before another attempt
	Settle time.Duration `json:"settle"` // from formed until idle
	Idle   time.Duration `json:"idle"`   // for which an idle side is watched
	Repair time.Duration `json:"repair"` // limits what follows a fault
	Cut    time.Duration `json:"cut"`    // of a partition
	Heal   time.Duration `json:"heal"`   // limits what follows it
	Speak  time.Duration `json:"speak"`  // for which single messages are sent
	Trial  time.Duration `json:"trial"`  // of one rate
	Late   time.Duration `json:"late"`   // by when each message of a trial must be everywhere
	Limit  time.Duration `json:"limit"`  // of one child
}

// full is the schedule of the command.
func full() schedule {
	return schedule{
		Form:   30 * time.Second,
		Again:  10 * time.Second,
		Settle: 8 * time.Second,
		Idle:   20 * time.Second,
		Repair: 2 * time.Minute,
		Cut:    45 * time.Second,
		Heal:   time.Minute,
		Speak:  8 * time.Second,
		Trial:  2 * time.Second,
		Late:   2 * time.Second,
		Limit:  4 * time.Minute,
	}
}
