// The state of a test world as one number: two worlds of which it is the same go on
// in the same ways.

package membership_test

import (
	"math"
	"math/bits"
	"reflect"

	"github.com/kithmesh/kith/views"
)

// digest mixes values into one number.
type digest struct {
	sum  uint64
	link func(number uint64) uint64 // what a link is called, whenever it was dialed
}

func (d *digest) add(x uint64) {
	d.sum = bits.RotateLeft64((d.sum^x)*0x9E3779B97F4A7C15, 29) * 0xBF58476D1CE4E5B9
}

func (d *digest) text(s string) {
	d.add(uint64(len(s)))
	for i := range len(s) {
		d.add(uint64(s[i]))
	}
}

func (d *digest) peer(p *views.Peer) {
	if p == nil {
		d.add(0)
		return
	}
	d.text(p.ID)
	d.add(p.Incarnation)
}

// forgettable are fields that do not change what a node does: counts, what the
// last step returned, and its random source, which in an exploration has no state.
func forgettable(field string) bool {
	switch field {
	case "stats", "effects", "samples", "rng", "cfg", "Token":
		return true
	}
	return false
}

// value mixes in a value with all that it holds, whatever fields that has: what is
// new in a node counts without being told of here.
func (d *digest) value(v reflect.Value) {
	switch kind := v.Kind(); {
	case kind == reflect.Bool && v.Bool():
		d.add(1)
	case kind == reflect.Bool:
		d.add(0)
	case v.CanInt():
		d.add(uint64(v.Int()))
	case v.CanUint():
		d.add(v.Uint())
	case v.CanFloat():
		d.add(math.Float64bits(v.Float()))
	case kind == reflect.String:
		d.text(v.String())
	case kind == reflect.Slice || kind == reflect.Array:
		d.add(uint64(v.Len()))
		for i := range v.Len() {
			d.value(v.Index(i))
		}
	case kind == reflect.Struct:
		d.fields(v)
	case kind == reflect.Pointer:
		d.pointer(v)
	default:
		panic("no digest of a " + v.Type().String())
	}
}

func (d *digest) fields(v reflect.Value) {
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; {
		case name == "Link":
			d.add(d.link(v.Field(i).Uint()))
		case !forgettable(name):
			d.value(v.Field(i))
		}
	}
}

func (d *digest) pointer(v reflect.Value) {
	switch {
	case v.IsNil():
		d.add(0)
	case v.Type() == reflect.TypeFor[*views.Peer]():
		d.text(v.Elem().FieldByName("ID").String())
		d.add(v.Elem().FieldByName("Incarnation").Uint())
	default:
		d.value(v.Elem())
	}
}

// digest is the world's state: the nodes', their links and what is under way. Links
// go by their ends, not by their number, which tells who else dialed before.
func (w *world) digest() uint64 {
	names := w.linkNames()
	d := digest{link: func(number uint64) uint64 {
		if number == 0 || int(number) > len(names) {
			return number
		}
		return names[number-1]
	}}
	d.add(uint64(w.now))
	for _, m := range w.members {
		d.member(m)
	}
	for _, l := range w.links {
		if name := names[l.number-1]; name != 0 {
			d.sum += d.state(l, name) // in any order
		}
	}
	d.underWay(w)
	return d.sum
}

func (d *digest) member(m *member) {
	d.peer(m.self)
	d.add(uint64(m.part))
	if !m.up {
		return
	}
	d.value(reflect.ValueOf(m.node).Elem())
	d.add(uint64(len(m.held)))
	if m.paused {
		d.add(1)
		d.value(reflect.ValueOf(m.held))
	}
}

// state is that of one link.
func (d *digest) state(l *link, name uint64) uint64 {
	s := digest{link: d.link}
	s.add(name)
	for side := range 2 {
		e := &l.ends[side]
		if !e.open {
			continue
		}
		s.add(uint64(side) + 1)
		if e.m.links[lifeOf(e.peer)] == l {
			s.add(3)
		}
		if e.m.coming[lifeOf(e.peer)] == l {
			s.add(4)
		}
	}
	s.add(uint64(len(l.stuck)))
	for _, e := range l.stuck {
		s.event(e)
	}
	return s.sum
}

// linkNames are the names of the links that still matter to anybody.
func (w *world) linkNames() []uint64 {
	names := make([]uint64, len(w.links))
	matters := func(l *link) bool { return l != nil && l.ends[0].m != nil }
	for _, e := range w.queue.events {
		if matters(e.link) {
			names[e.link.number-1] = 1
		}
	}
	for i, l := range w.links {
		if names[i] == 0 && !l.ends[0].open && !l.ends[1].open {
			continue
		}
		d := digest{}
		d.peer(l.ends[0].m.self)
		d.peer(l.ends[0].peer)
		for j := range i { // dialed before, by the same to the same
			o := w.links[j]
			if names[j] != 0 && o.ends[0].m == l.ends[0].m && o.ends[0].peer.Same(l.ends[0].peer) {
				d.add(1)
			}
		}
		names[i] = d.sum | 1
	}
	return names
}

// underWay mixes in the events: in order those of one side of a link and of one
// node's timers, in any order all others.
func (d *digest) underWay(w *world) {
	ranks := map[lane]uint64{}
	for _, e := range w.pending() {
		s := digest{link: d.link}
		switch l := e.lane(); {
		case l.link != nil:
			s.add(d.link(l.link.number))
			s.add(uint64(l.side))
			ranks[l]++
			s.add(ranks[l])
		case l.of != nil:
			s.peer(l.of.self)
			ranks[l]++
			s.add(ranks[l])
		case e.link != nil: // a dial's timeout
			s.add(d.link(e.link.number))
		case e.of != nil:
			s.peer(e.of.self)
		}
		s.event(e)
		d.sum += s.sum
	}
}

func (d *digest) event(e *event) {
	d.text(e.what)
	if e.timed() {
		d.add(uint64(e.at))
		d.value(reflect.ValueOf(e.timer))
	}
	if e.msg.Kind != 0 {
		d.value(reflect.ValueOf(&e.msg).Elem())
	}
}
