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

// appendReply appends what a reply subject of a node is elsewhere.
func appendReply(dst []byte, node string, reply []byte) []byte {
	dst = append(append(dst, replies...), node...)
	return append(append(dst, '.'), reply...)
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
