// The bytes of lists: keys with weights, and tables that a node has.

package interest

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// appendKeys appends changes: each is subject and queue group with their lengths, and weight.
func appendKeys(dst []byte, changes []Change) []byte {
	for i := range changes {
		c := &changes[i]
		dst = appendText(dst, c.Key.Subject)
		dst = appendText(dst, c.Key.Queue)
		dst = binary.AppendUvarint(dst, uint64(c.Weight))
	}
	return dst
}

// changeSize is what a change takes in a message, at most.
func changeSize(k Key) int { return 2 + len(k.Subject) + 2 + len(k.Queue) + 3 }

// appendKnown appends tables: each is a node's ID with its length, and four numbers.
func appendKnown(dst []byte, known []Known) []byte {
	for i := range known {
		k := &known[i]
		dst = appendText(dst, k.Node)
		dst = binary.AppendUvarint(dst, k.Incarnation)
		dst = binary.AppendUvarint(dst, k.Epoch)
		dst = binary.AppendUvarint(dst, k.Version)
		dst = binary.AppendUvarint(dst, uint64(max(k.Left, 0)/time.Microsecond))
	}
	return dst
}

// knownSize is what a table takes in a list, at most.
func knownSize(id string) int { return 1 + len(id) + 4*binary.MaxVarintLen64 }

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// reader reads the values of a list; after a fault it reads nothing more.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || n > 1 && r.rest[n-1] == 0 { // overlong
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes(most int) []byte {
	n := r.number()
	if n > uint64(most) || n > uint64(len(r.rest)) { //nolint:gosec // limits are positive
		r.fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) fail() { r.rest, r.bad = nil, true }

func readKeys(value []byte) ([]Change, error) {
	const least, guess = 4, 24 // bytes of a change
	changes := make([]Change, 0, len(value)/guess+1)
	r := reader{rest: value}
	for len(r.rest) >= least {
		c := Change{Key: Key{Subject: string(r.bytes(MaxSubject)), Queue: string(r.bytes(MaxQueue))}}
		weight := r.number()
		most := uint64(MaxWeight)
		if c.Key.Queue == "" {
			most = 1
		}
		if r.bad {
			break
		}
		if !c.Key.Valid() || weight > most {
			return nil, malformed("key", strconv.Quote(c.Key.Subject)+" "+strconv.Quote(c.Key.Queue)+" "+strconv.FormatUint(weight, 10), "a subject, a queue group, a weight")
		}
		if n := len(changes); n > 0 && changes[n-1].Key.Compare(c.Key) >= 0 {
			return nil, malformed("keys", strconv.Quote(c.Key.Subject)+" after "+strconv.Quote(changes[n-1].Key.Subject), "ascending keys")
		}
		c.Weight = uint32(weight)
		changes = append(changes, c)
	}
	if r.bad || len(r.rest) > 0 || len(changes) == 0 {
		return nil, malformed("list of keys", "cut off", "whole keys")
	}
	return changes, nil
}

func readKnown(value []byte) ([]Known, error) {
	const guess = 24 // bytes of an entry
	known := make([]Known, 0, min(len(value)/guess+1, MaxKnown))
	r := reader{rest: value}
	for len(r.rest) > 0 {
		if len(known) == MaxKnown {
			return nil, wire.TooLarge("interest list of tables", "more", "at most "+strconv.Itoa(MaxKnown))
		}
		id := string(r.bytes(views.MaxID))
		k := Known{Node: id, Incarnation: r.number(), Epoch: r.number(), Version: r.number()}
		left := r.number()
		if r.bad {
			break
		}
		if !views.ValidToken(id) || left > uint64(wire.MaxDuration/time.Microsecond) {
			return nil, malformed("table", strconv.Quote(id), "the ID of a node, and a time that is left")
		}
		if n := len(known); n > 0 && known[n-1].Node >= id {
			return nil, malformed("list of tables", strconv.Quote(id)+" after "+strconv.Quote(known[n-1].Node), "ascending IDs")
		}
		k.Left = time.Duration(left) * time.Microsecond
		known = append(known, k)
	}
	if r.bad || len(known) == 0 {
		return nil, malformed("list of tables", "cut off", "whole entries")
	}
	return known, nil
}
