// The errors of the package.

package tcptransport

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kithmesh/kith/views"
)

var (
	// ErrConfig is matched by every [ConfigError].
	ErrConfig = errors.New("tcptransport: invalid config")
	// ErrClosed is returned after Shutdown or Stop, and by what they interrupt.
	ErrClosed = errors.New("tcptransport: closed")
	// ErrNotStarted is returned before Start.
	ErrNotStarted = errors.New("tcptransport: not started")
	// ErrNoLink is returned for the number of a link that has ended, or that
	// belongs to another peer.
	ErrNoLink = errors.New("tcptransport: no such link")
	// ErrEnding is returned for a link that has just ended: its loss is reported next. It matches
	// ErrNoLink.
	ErrEnding = fmt.Errorf("%w: it has just ended", ErrNoLink)
	// ErrSlow ends a link whose queue is full or whose peer does not read.
	ErrSlow = errors.New("tcptransport: peer does not read fast enough")
	// ErrFrame is matched by the error for a frame that is too long for a channel.
	ErrFrame = errors.New("tcptransport: frame too long")
	// ErrSilent ends a retained link on which nothing was heard for too long.
	ErrSilent = errors.New("tcptransport: nothing heard")
	// ErrReplaced ends a link when the peer has made a new one.
	ErrReplaced = errors.New("tcptransport: the peer made a new link")
	// ErrBadFrames ends a link that carried too many malformed frames.
	ErrBadFrames = errors.New("tcptransport: too many malformed frames")
	// ErrFlood ends a link that carried more messages than Config.MessageRate.
	ErrFlood = errors.New("tcptransport: too many messages")

	// ErrHello is matched when the other side did not say a proper hello, or
	// what it said was no hello at all.
	ErrHello = errors.New("tcptransport: no proper hello")
	// ErrCrossed is matched when the dial gave way to one of the other side,
	// which then did not come.
	ErrCrossed = errors.New("tcptransport: gave way to a dial of the peer")
	// ErrCluster is matched when the other side belongs to another cluster.
	ErrCluster = errors.New("tcptransport: wrong cluster")
	// ErrVersion is matched when the two sides have no version in common.
	ErrVersion = errors.New("tcptransport: no version in common")
	// ErrWrongPeer is matched when somebody else answered at the address.
	ErrWrongPeer = errors.New("tcptransport: wrong peer")
	// ErrStale is matched when a newer life of the peer, or of this node, is
	// known: the older one is no longer spoken to.
	ErrStale = errors.New("tcptransport: stale incarnation")
	// ErrSelf is matched when the node would speak to itself.
	ErrSelf = errors.New("tcptransport: peer is self")
	// ErrBusy is matched when the other side has too many connections just now,
	// and returned by Send when this node has too many links that are not up yet:
	// Config.MaxDialing.
	ErrBusy = errors.New("tcptransport: busy")
	// ErrTLS is matched when a connection could not be secured: what the other side speaks
	// is no TLS 1.3, or its certificate, or that of this node to it, is not to be trusted.
	ErrTLS = errors.New("tcptransport: TLS")
	// ErrDenied is matched when Config.Admit does not want the peer.
	ErrDenied = errors.New("tcptransport: not admitted")
	// ErrRefused is matched by every [RefusedError].
	ErrRefused = errors.New("tcptransport: refused")
)

// errFinished is returned by an outbox that takes no more.
var errFinished = errors.New("tcptransport: link finished")

// ConfigError names a setting that is wrong, its value and what was wanted.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("tcptransport: config %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// RefusedError is the other side's refusal of a hello. It matches [ErrRefused]
// and what the verdict means, such as [ErrCluster].
type RefusedError struct {
	Verdict Verdict
	// Peer is who refused, nil when it did not say.
	Peer *views.Peer
	// Incarnation, of [VerdictStale], is the newer life of this node that the
	// other side knows.
	Incarnation uint64
	// Detail is the other side's own text, at most 256 bytes.
	Detail string
}

// Error implements error.
func (e *RefusedError) Error() string {
	text := "tcptransport: refused: " + e.Verdict.String()
	if e.Incarnation != 0 {
		text += ", current is " + strconv.FormatUint(e.Incarnation, 10)
	}
	if e.Detail != "" {
		text += ": " + strconv.Quote(e.Detail)
	}
	return text
}

// Is makes every RefusedError match [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Unwrap returns what the verdict means, nil for a refusal without a meaning.
func (e *RefusedError) Unwrap() error {
	switch e.Verdict {
	case VerdictCrossed:
		return ErrCrossed
	case VerdictCluster:
		return ErrCluster
	case VerdictVersion:
		return ErrVersion
	case VerdictWrongPeer:
		return ErrWrongPeer
	case VerdictStale:
		return ErrStale
	case VerdictBusy:
		return ErrBusy
	case VerdictOK, VerdictRefused:
	}
	return nil
}

// PeerError says that somebody else than expected answered: another node, which
// matches [ErrWrongPeer] and also [ErrSelf] when it is this one, or another life
// of the same node, which matches [ErrStale].
type PeerError struct {
	Want, Got *views.Peer
	self      bool
}

// Error implements error.
func (e *PeerError) Error() string {
	return fmt.Sprintf("tcptransport: %s (incarnation %d) answered, want %s (incarnation %d)",
		e.Got.ID, e.Got.Incarnation, e.Want.ID, e.Want.Incarnation)
}

// Is makes a PeerError match what it means.
func (e *PeerError) Is(target error) bool {
	switch target {
	case ErrWrongPeer:
		return e.Want.ID != e.Got.ID
	case ErrStale:
		return e.Want.ID == e.Got.ID
	case ErrSelf:
		return e.self
	default:
		return false
	}
}
