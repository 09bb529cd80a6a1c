// What a peer is, and which peers are well formed.

package views

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of a Peer's fields, in bytes. They keep one encoded peer below 1.2 KiB,
// so that a full sample of peers fits one frame.
const (
	MaxID   = 64
	MaxAddr = 255
	MaxNATS = 255
	MaxZone = 64
	MaxMeta = 512
)

// Peer is one start of one node: who it is and where it is reached.
//
// A Peer is immutable once made; everybody who knows it shares the pointer.
// Two peers with the same ID and different incarnations are two lives of the
// same node, of which the larger incarnation is the current one.
type Peer struct {
	// ID is unique in a cluster: 1 to 64 of A–Z a–z 0–9 - _, which makes it a
	// valid NATS subject token.
	ID string
	// Incarnation grows with every start of the same ID and is never zero.
	Incarnation uint64
	// Addr is the host:port that others dial. Neither the host nor the port is
	// ever unspecified.
	Addr string
	// NATS is the URL of the node's own NATS server, empty when it has none.
	NATS string
	// Zone is a free label, such as a data center.
	Zone string
	// Meta belongs to the application and is opaque to the mesh.
	Meta string
}

// A Sighting is a peer together with the time since somebody was last in direct
// contact with it. Nodes hand each other sightings rather than bare peers, so
// that the ids of dead nodes grow old instead of circulating for ever.
type Sighting struct {
	Peer *Peer
	Age  time.Duration
}

// ErrPeer is matched by every error of [Peer.Validate].
var ErrPeer = errors.New("views: invalid peer")

// PeerError names the field of a peer that is wrong, its value and what was
// wanted instead.
type PeerError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *PeerError) Error() string {
	return fmt.Sprintf("views: peer %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every PeerError match [ErrPeer].
func (e *PeerError) Is(target error) bool { return target == ErrPeer }

// Same reports whether p and q are the same life of the same node.
func (p *Peer) Same(q *Peer) bool {
	return p == q || (p.ID == q.ID && p.Incarnation == q.Incarnation)
}

// Itself reports whether p and q are one node: the same life at the same address. Two
// nodes that are given one ID by mistake, and start in the same millisecond, have the
// same life.
func (p *Peer) Itself(q *Peer) bool { return p.Same(q) && p.Addr == q.Addr }

// String returns the ID, which is what logs and tests want to read.
func (p *Peer) String() string { return p.ID }

// Validate reports every fault of p at once, joined; each matches [ErrPeer].
func (p *Peer) Validate() error {
	var faults []error
	fault := func(field, value, want string) {
		faults = append(faults, &PeerError{Field: field, Value: clip(value), Want: want})
	}
	if !ValidToken(p.ID) {
		fault("ID", p.ID, "1 to 64 of A-Z a-z 0-9 - _")
	}
	if p.Incarnation == 0 {
		fault("Incarnation", "0", "a number above 0")
	}
	if want := checkAddr(p.Addr); want != "" {
		fault("Addr", p.Addr, want)
	}
	if len(p.NATS) > MaxNATS {
		fault("NATS", p.NATS, "at most "+strconv.Itoa(MaxNATS)+" bytes")
	}
	if len(p.Zone) > MaxZone {
		fault("Zone", p.Zone, "at most "+strconv.Itoa(MaxZone)+" bytes")
	}
	if len(p.Meta) > MaxMeta {
		fault("Meta", strconv.Itoa(len(p.Meta))+" bytes", "at most "+strconv.Itoa(MaxMeta)+" bytes")
	}
	return errors.Join(faults...)
}

// ValidToken reports whether s may be an ID or a cluster name: 1 to 64 of
// A–Z a–z 0–9 - _.
func ValidToken(s string) bool {
	if s == "" || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// ValidAddr returns nil when others can dial addr, and otherwise a [PeerError]
// that says what was wanted.
func ValidAddr(addr string) error {
	if want := checkAddr(addr); want != "" {
		return &PeerError{Field: "Addr", Value: clip(addr), Want: want}
	}
	return nil
}

// checkAddr returns what was wanted of addr, empty when nothing is wrong.
func checkAddr(addr string) string {
	if len(addr) > MaxAddr {
		return "at most " + strconv.Itoa(MaxAddr) + " bytes"
	}
	host, port, ok := splitAddr(addr)
	if !ok {
		return "host:port"
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "a host without spaces or control characters"
	}
	switch host {
	case "", "0.0.0.0", "::", "0:0:0:0:0:0:0:0":
		return "a host that others can dial, not an unspecified one"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "a port from 1 to 65535"
	}
	return ""
}

// splitAddr parts host:port and [host]:port. The package does without net, which
// would bring sockets into the pure core.
func splitAddr(addr string) (host, port string, ok bool) {
	i := strings.LastIndexByte(addr, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = addr[:i], addr[i+1:]
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		host, ok = strings.CutSuffix(inner, "]")
		return host, port, ok
	}
	return host, port, !strings.Contains(host, ":")
}

// clip shortens a hostile value before it goes into an error text.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
