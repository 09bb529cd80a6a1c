// Remarks on the few spare peers that were asked, failed or were set aside.

package views

import (
	"slices"
	"time"
)

// remark is what happened to a member when this node last dealt with it.
type remark struct {
	peer      *Peer
	notBefore time.Duration
	asked     bool
	fails     uint8
}

// note returns the remark on the member with p's ID, which is made if there is
// none; nil if there is no such member. It is valid until the next one is made.
func (v *Passive) note(p *Peer) *remark {
	i := v.find(p.ID)
	if i < 0 {
		return nil
	}
	known := v.peers[i]
	if r := v.remarkOf(known); r != nil {
		return r
	}
	v.remarks = append(v.remarks, remark{peer: known})
	return &v.remarks[len(v.remarks)-1]
}

func (v *Passive) remarkOf(p *Peer) *remark {
	for i := range v.remarks {
		if v.remarks[i].peer == p {
			return &v.remarks[i]
		}
	}
	return nil
}

func (v *Passive) failed(p *Peer) bool {
	r := v.remarkOf(p)
	return r != nil && r.fails > 0
}

func (v *Passive) forget(p *Peer) {
	for i := range v.remarks {
		if v.remarks[i].peer == p {
			v.remarks = removeFrom(v.remarks, i)
			return
		}
	}
}

// tidy drops the remarks that say nothing any more, and the list with the last.
func (v *Passive) tidy(now time.Duration) {
	v.remarks = slices.DeleteFunc(v.remarks, func(r remark) bool {
		return !r.asked && r.fails == 0 && r.notBefore <= now
	})
	if len(v.remarks) == 0 {
		v.remarks = nil
	}
}
