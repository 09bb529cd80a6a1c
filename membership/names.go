// The names of kinds, priorities, verdicts and reasons, as logs, transcripts and
// JSON show them.

package membership

import "strconv"

// name returns the name at index i of a list that starts at 1.
func name(names []string, i uint8, what string) string {
	if i == 0 || int(i) > len(names) {
		return what + "(" + strconv.Itoa(int(i)) + ")"
	}
	return names[i-1]
}

// String returns the name of the message, as in the paper.
func (k Kind) String() string {
	return name([]string{
		"Join", "JoinReply", "ForwardJoin", "Neighbor", "NeighborReply",
		"Disconnect", "Shuffle", "ShuffleReply", "Heartbeat",
	}, uint8(k), "kind")
}

// MarshalText implements [encoding.TextMarshaler] with the name of the message.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// String returns the name of the priority.
func (p Priority) String() string {
	return name([]string{"low", "high", "joining", "swap"}, uint8(p), "priority")
}

// MarshalText implements [encoding.TextMarshaler] with the name of the priority.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// String returns the name of the verdict.
func (v Verdict) String() string {
	return name([]string{"accepted", "refused", "redirected", "own", "stale", "undialable"}, uint8(v), "verdict")
}

// MarshalText implements [encoding.TextMarshaler] with the name of the verdict.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// String returns the name of the reason.
func (r Reason) String() string {
	return name([]string{
		"evicted", "leaving", "slow", "not_active", "superseded",
		"closed", "silent", "unreachable", "wrong_peer", "misbehaved",
	}, uint8(r), "reason")
}

// MarshalText implements [encoding.TextMarshaler] with the name of the reason.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String returns the name of the event.
func (k EventKind) String() string {
	return name([]string{"neighbor_up", "neighbor_update", "neighbor_down", "isolated"}, uint8(k), "event")
}
