// JOIN and its answer as JSON.

package natstransport

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/kithmesh/kith/membership"
)

// Limits of what is sent and of what is read.
const (
	// MaxPayload bounds a JOIN and its answer, in bytes.
	MaxPayload = 64 << 10
	// MaxPeers bounds the sample in a JOIN and in its answer, as on direct links.
	MaxPeers = 64
	// MaxView bounds each list of a node's views.
	MaxView = 256
)

// The types of the messages, which they name in their key "type".
const (
	TypeJoin      = "io.kith.v1.join"
	TypeJoinReply = "io.kith.v1.join_reply"
	TypeViews     = "io.kith.v1.views"
	TypeStats     = "io.kith.v1.stats"
)

// jsonHeader is what all messages have in common.
type jsonHeader struct {
	Type    string `json:"type"`
	Cluster string `json:"cluster"`
}

type jsonJoin struct {
	jsonHeader

	Peer     jsonPeer    `json:"peer"`
	Priority string      `json:"priority"`
	Degree   uint8       `json:"degree"`
	Sample   jsonEntries `json:"sample,omitempty"`
}

type jsonJoinReply struct {
	jsonHeader

	Peer        jsonPeer    `json:"peer"`
	Verdict     string      `json:"verdict"`
	Incarnation uint64      `json:"incarnation,omitempty"`
	Sample      jsonEntries `json:"sample,omitempty"`
}

// encodeJoin writes a Join of the node itself, which has a valid Peer.
func encodeJoin(cluster string, m *membership.Message) ([]byte, error) {
	if m.Kind != membership.Join || m.Peer == nil {
		return nil, fmt.Errorf("natstransport: join: got %v of %v, want a Join with its peer", m.Kind, m.Peer)
	}
	j := jsonJoin{
		jsonHeader: jsonHeader{Type: TypeJoin, Cluster: cluster},
		Peer:       newJSONPeer(m.Peer),
		Priority:   m.Priority.String(),
		Degree:     m.Degree,
		Sample:     newSample(m.Sample),
	}
	return encodeFitting(&j, &j.Sample)
}

// encodeJoinReply writes the answer of the member to a Join.
func encodeJoinReply(cluster string, m *membership.Message) ([]byte, error) {
	if m.Peer == nil {
		return nil, errors.New("natstransport: join reply without its peer")
	}
	j := jsonJoinReply{
		jsonHeader:  jsonHeader{Type: TypeJoinReply, Cluster: cluster},
		Peer:        newJSONPeer(m.Peer),
		Verdict:     m.Verdict.String(),
		Incarnation: m.Incarnation,
		Sample:      newSample(m.Sample),
	}
	return encodeFitting(&j, &j.Sample)
}

// encodeFitting writes message, with half of the sample as often as it takes to
// stay within MaxPayload. Without any, a message has a few KiB.
func encodeFitting(message any, sample *jsonEntries) ([]byte, error) {
	for {
		data, err := json.Marshal(message)
		if err != nil {
			return nil, fmt.Errorf("natstransport: %w", err)
		}
		if len(data) <= MaxPayload || len(*sample) == 0 {
			return data, nil
		}
		*sample = (*sample)[:len(*sample)/2]
	}
}

// decodeJoin reads what came on the join subject of cluster.
func decodeJoin(cluster string, data []byte) (membership.Message, error) {
	var j jsonJoin
	if err := decode(data, TypeJoin, cluster, MaxPayload, &j); err != nil {
		return membership.Message{}, err
	}
	m := membership.Message{Kind: membership.Join, Degree: j.Degree}
	var err error
	if m.Peer, err = j.Peer.peer(); err != nil {
		return membership.Message{}, badPeer(TypeJoin, err)
	}
	switch j.Priority {
	case membership.Low.String():
		m.Priority = membership.Low
	case membership.High.String():
		m.Priority = membership.High
	default:
		return membership.Message{}, bad(TypeJoin, "priority", strconv.Quote(clip(j.Priority)), "low or high", nil)
	}
	if len(j.Sample) > MaxPeers {
		return membership.Message{}, tooMany(TypeJoin, len(j.Sample))
	}
	m.Sample = j.Sample.sightings()
	return m, nil
}

// decodeJoinReply reads the answer to a Join.
func decodeJoinReply(cluster string, data []byte) (membership.Message, error) {
	var j jsonJoinReply
	if err := decode(data, TypeJoinReply, cluster, MaxPayload, &j); err != nil {
		return membership.Message{}, err
	}
	m := membership.Message{Kind: membership.JoinReply, Incarnation: j.Incarnation}
	var err error
	if m.Peer, err = j.Peer.peer(); err != nil {
		return membership.Message{}, badPeer(TypeJoinReply, err)
	}
	if m.Verdict = verdict(j.Verdict); m.Verdict == 0 {
		return membership.Message{}, bad(TypeJoinReply, "verdict", strconv.Quote(clip(j.Verdict)), "the answer to a join", nil)
	}
	if m.Verdict == membership.Stale && m.Incarnation == 0 {
		return membership.Message{}, bad(TypeJoinReply, "incarnation", "missing", "the newer one", nil)
	}
	if len(j.Sample) > MaxPeers {
		return membership.Message{}, tooMany(TypeJoinReply, len(j.Sample))
	}
	m.Sample = j.Sample.sightings()
	return m, nil
}

// verdict returns the verdict of that name, 0 when there is none.
func verdict(name string) membership.Verdict {
	for v := membership.Accepted; v <= membership.Undialable; v++ {
		if v.String() == name {
			return v
		}
	}
	return 0
}

// decode reads a message of the given type and cluster into message. Unknown keys
// are ignored.
func decode(data []byte, typ, cluster string, most int, message any) error {
	if len(data) > most {
		return bad(typ, "payload", strconv.Itoa(len(data))+" bytes", "at most "+strconv.Itoa(most), nil)
	}
	var h jsonHeader
	if err := json.Unmarshal(data, &h); err != nil {
		return bad(typ, "payload", clip(err.Error()), "a JSON object", err)
	}
	if h.Type != typ {
		return bad(typ, "type", strconv.Quote(clip(h.Type)), strconv.Quote(typ), ErrUnknownType)
	}
	if h.Cluster != cluster {
		return bad(typ, "cluster", strconv.Quote(clip(h.Cluster)), strconv.Quote(cluster), ErrWrongCluster)
	}
	if err := json.Unmarshal(data, message); err != nil {
		return bad(typ, "payload", clip(err.Error()), "a message of this type", err)
	}
	return nil
}

func bad(typ, field, got, want string, err error) error {
	return &MessageError{Message: typ, Field: field, Got: got, Want: want, Err: err}
}

func badPeer(typ string, err error) error {
	return bad(typ, "peer", clip(err.Error()), "a valid peer", err)
}

func tooMany(typ string, n int) error {
	return bad(typ, "sample", strconv.Itoa(n)+" peers", "at most "+strconv.Itoa(MaxPeers), nil)
}
