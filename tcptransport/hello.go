// The frames by which two nodes introduce themselves: docs/wire.md, Hello.

package tcptransport

import (
	"fmt"
	"strconv"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// Frame types of the hello. Those of messages are below 10.
const (
	typeHello      = 240
	typeHelloReply = 241
	typeReady      = 242
)

const (
	magic = "kith"
	// maxHello limits the length in the header of a frame of the hello: 4 KiB
	// with the header, more than three of the largest peers.
	maxHello = 4<<10 - 4
	// maxDetail limits the text of a refusal, in bytes.
	maxDetail = 256
	// minVersion and maxVersion are the frame versions that this code speaks.
	minVersion, maxVersion = wire.Version, wire.Version
)

// purpose says what a connection is for.
type purpose uint8

const (
	purposeLink purpose = 1 // to exchange messages
	purposeJoin purpose = 2 // to ask one JOIN and have it answered
)

// Tags of a Hello.
const (
	helloMagic    = 1
	helloCluster  = 2
	helloPurpose  = 3
	helloMin      = 4
	helloMax      = 5
	helloPeer     = 6
	helloExpected = 7
)

// Tags of a HelloReply.
const (
	replyVerdict     = 1
	replyPeer        = 2
	replyIncarnation = 3
	replyDetail      = 4
)

// Verdict is a node's answer to a hello.
type Verdict uint8

// The verdicts, by their numbers on the wire.
const (
	VerdictOK        Verdict = iota + 1 // the link is made as soon as the dialer is Ready
	VerdictCrossed                      // both dialed at once, and the other dial is kept
	VerdictCluster                      // another cluster
	VerdictVersion                      // no version in common
	VerdictWrongPeer                    // the dialer means somebody else
	VerdictStale                        // a newer life of the dialer is known
	VerdictBusy                         // too many connections just now
	VerdictRefused                      // for the reason in the detail
)

// MarshalText implements encoding.TextMarshaler: JSON shows the words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// String returns a few words for logs.
func (v Verdict) String() string {
	switch v {
	case VerdictOK:
		return "ok"
	case VerdictCrossed:
		return "crossed"
	case VerdictCluster:
		return "wrong cluster"
	case VerdictVersion:
		return "wrong version"
	case VerdictWrongPeer:
		return "wrong peer"
	case VerdictStale:
		return "stale incarnation"
	case VerdictBusy:
		return "busy"
	case VerdictRefused:
		return "refused"
	}
	return "verdict " + strconv.Itoa(int(v))
}

// hello is what the dialer says of itself.
type hello struct {
	cluster  string
	purpose  purpose
	min, max uint64      // the frame versions it speaks
	peer     *views.Peer // the dialer
	expected string      // the ID it means to reach; empty for a join
}

// speaks reports whether the dialer and this code have a version in common.
func (h *hello) speaks() bool { return h.min <= maxVersion && h.max >= minVersion }

// reply is what the listener answers.
type reply struct {
	verdict     Verdict
	peer        *views.Peer // the listener; nil when it does not say
	incarnation uint64      // of VerdictStale: the dialer's newer life
	detail      string
	fault       Fault // of a refusal, if it is one: why, for this node's own log
	why         error
}

func encodeHello(h *hello) []byte {
	dst := wire.AppendHeader(nil, typeHello)
	dst = wire.AppendString(dst, helloMagic, magic)
	dst = wire.AppendString(dst, helloCluster, h.cluster)
	dst = wire.AppendUint(dst, helloPurpose, uint64(h.purpose))
	dst = wire.AppendUint(dst, helloMin, h.min)
	dst = wire.AppendUint(dst, helloMax, h.max)
	dst = wire.AppendPeer(dst, helloPeer, h.peer)
	if h.expected != "" {
		dst = wire.AppendString(dst, helloExpected, h.expected)
	}
	return wire.FinishFrame(dst, 0)
}

func encodeReply(r *reply) []byte {
	dst := wire.AppendHeader(nil, typeHelloReply)
	dst = wire.AppendUint(dst, replyVerdict, uint64(r.verdict))
	dst = wire.AppendPeer(dst, replyPeer, r.peer)
	if r.incarnation != 0 {
		dst = wire.AppendUint(dst, replyIncarnation, r.incarnation)
	}
	if r.detail != "" {
		dst = wire.AppendString(dst, replyDetail, r.detail[:min(len(r.detail), maxDetail)])
	}
	return wire.FinishFrame(dst, 0)
}

func appendReady(dst []byte) []byte {
	return wire.FinishFrame(wire.AppendHeader(dst, typeReady), len(dst))
}

// readFields hands the first field of each tag to set, and says which tags there
// were. Each error matches ErrHello.
func readFields(body []byte, set func(tag byte, value []byte) error) (seen wire.Seen, err error) {
	fields := wire.Parse(body)
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if !seen.First(tag) {
			continue
		}
		if err := set(tag, value); err != nil {
			return seen, fmt.Errorf("%w: %w", ErrHello, err)
		}
	}
	if err := fields.Err(); err != nil {
		return seen, fmt.Errorf("%w: %w", ErrHello, err)
	}
	return seen, nil
}

// decodeHello reads the fields of a Hello. Each error matches ErrHello.
func decodeHello(body []byte) (hello, error) {
	var h hello
	seen, err := readFields(body, h.set)
	if err != nil {
		return hello{}, err
	}
	for tag := byte(helloMagic); tag <= helloPeer; tag++ {
		if !seen.Has(tag) {
			return hello{}, missing("hello", tag)
		}
	}
	if h.purpose == purposeLink && h.expected == "" {
		return hello{}, missing("hello", helloExpected)
	}
	if h.min > h.max {
		return hello{}, fmt.Errorf("%w: versions %d to %d", ErrHello, h.min, h.max)
	}
	return h, nil
}

// set reads one field.
func (h *hello) set(tag byte, value []byte) (err error) {
	switch tag {
	case helloMagic:
		if string(value) != magic {
			return fmt.Errorf("magic is %q, want %q", value[:min(len(value), len(magic))], magic)
		}
	case helloCluster:
		h.cluster, err = readToken("cluster", value)
	case helloPurpose:
		h.purpose, err = readPurpose(value)
	case helloMin:
		h.min, err = readVersion(value)
	case helloMax:
		h.max, err = readVersion(value)
	case helloPeer:
		h.peer, err = wire.Peer(value)
	case helloExpected:
		h.expected, err = readToken("expected ID", value)
	}
	return err
}

// decodeReply reads the fields of a HelloReply. Each error matches ErrHello.
func decodeReply(body []byte) (reply, error) {
	var r reply
	if _, err := readFields(body, r.set); err != nil {
		return reply{}, err
	}
	switch {
	case r.verdict == 0:
		return reply{}, missing("reply", replyVerdict)
	case r.verdict == VerdictOK && r.peer == nil:
		return reply{}, missing("reply", replyPeer)
	case r.verdict == VerdictStale && r.incarnation == 0:
		return reply{}, missing("reply", replyIncarnation)
	}
	return r, nil
}

// set reads one field. A verdict of a later version counts as a refusal.
func (r *reply) set(tag byte, value []byte) (err error) {
	switch tag {
	case replyVerdict:
		var n uint64
		if n, err = wire.Uint(value); err != nil {
			return err
		}
		r.verdict = VerdictRefused
		if n < uint64(VerdictRefused) {
			r.verdict = Verdict(n)
		}
	case replyPeer:
		r.peer, err = wire.Peer(value)
	case replyIncarnation:
		r.incarnation, err = wire.Uint(value)
	case replyDetail:
		r.detail = string(value[:min(len(value), maxDetail)])
	}
	return err
}

func readToken(what string, value []byte) (string, error) {
	if len(value) > views.MaxID || !views.ValidToken(string(value)) {
		return "", fmt.Errorf("%s of %d bytes is no token", what, len(value))
	}
	return string(value), nil
}

func readPurpose(value []byte) (purpose, error) {
	n, err := wire.Uint(value)
	if err != nil {
		return 0, err
	}
	if n != uint64(purposeLink) && n != uint64(purposeJoin) {
		return 0, fmt.Errorf("purpose is %d, want 1 or 2", n)
	}
	return purpose(n), nil
}

func readVersion(value []byte) (uint64, error) {
	n, err := wire.Uint(value)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > 255 {
		return 0, fmt.Errorf("version is %d, want 1 to 255", n)
	}
	return n, nil
}

func missing(frame string, tag byte) error {
	return fmt.Errorf("%w: %s without field %d", ErrHello, frame, tag)
}
