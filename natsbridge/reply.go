// Reply subjects: R of node n is _KITH_.n.R at the servers of other nodes.

package natsbridge

import (
	"bytes"

	"github.com/kithmesh/kith/views"
)

// replies begins the subjects by which replies come back, and anyReply stands for all of
// them.
const (
	replies  = "_KITH_."
	anyReply = replies + ">"
)

// appendReply appends what a reply subject of a node is elsewhere. One that is of another node
// already is the same everywhere: whoever got a request has passed it on.
func appendReply(dst []byte, node string, reply []byte) []byte {
	if _, _, ok := cutReply(reply); ok {
		return append(dst, reply...)
	}
	dst = append(append(dst, replies...), node...)
	return append(append(dst, '.'), reply...)
}

// answerable reports whether a reply may be on a subject: not on those of NATS and Kith
// themselves, which whoever replies could otherwise reach at another server. Messages of JetStream are
// acknowledged by replies.
func answerable(subject []byte) bool {
	switch {
	case bytes.HasPrefix(subject, []byte("$")):
		return bytes.HasPrefix(subject, []byte("$JS.ACK."))
	case bytes.HasPrefix(subject, []byte(replies)), bytes.HasPrefix(subject, []byte("kith.")):
		return false
	}
	return true
}

// cutReply takes such a subject apart.
func cutReply(subject []byte) (node string, reply []byte, ok bool) {
	rest, ok := bytes.CutPrefix(subject, []byte(replies))
	if !ok {
		return "", nil, false
	}
	id, reply, ok := bytes.Cut(rest, []byte{'.'})
	if !ok || len(reply) == 0 || !views.ValidToken(string(id)) {
		return "", nil, false
	}
	return string(id), reply, true
}
