// Peers, and lists of peers, as JSON.

package natstransport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/kithmesh/kith/views"
)

// jsonPeer is a [views.Peer]. Meta, which is opaque, is base64 in the text.
type jsonPeer struct {
	ID          string `json:"id"`
	Incarnation uint64 `json:"incarnation"`
	Addr        string `json:"addr"`
	NATS        string `json:"nats,omitempty"`
	Zone        string `json:"zone,omitempty"`
	Meta        []byte `json:"meta,omitempty"`
}

func newJSONPeer(p *views.Peer) jsonPeer {
	return jsonPeer{
		ID:          p.ID,
		Incarnation: p.Incarnation,
		Addr:        p.Addr,
		NATS:        p.NATS,
		Zone:        p.Zone,
		Meta:        []byte(p.Meta),
	}
}

// peer returns the peer, or what is wrong with it.
func (j *jsonPeer) peer() (*views.Peer, error) {
	p := &views.Peer{
		ID:          j.ID,
		Incarnation: j.Incarnation,
		Addr:        j.Addr,
		NATS:        j.NATS,
		Zone:        j.Zone,
		Meta:        string(j.Meta),
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// jsonEntry is a peer in a list: a sighting, or a neighbor.
type jsonEntry struct {
	jsonPeer

	// AgeMS is the milliseconds since the peer was last heard of directly, for
	// a neighbor since its link came up.
	AgeMS uint64 `json:"age_ms"`
	// RTTUS is a neighbor's round trip in microseconds, 0 when not known.
	RTTUS uint64 `json:"rtt_us,omitempty"`
}

// jsonEntries is a list of peers. Read from JSON, it leaves out the entries that
// are not well formed, one by one: a list is hearsay, and the fault need not be
// the sender's.
type jsonEntries []jsonEntry

// UnmarshalJSON implements json.Unmarshaler. It reads entry by entry, so that a
// small text that claims very many costs no memory for them.
func (l *jsonEntries) UnmarshalJSON(data []byte) error {
	*l = nil
	dec := json.NewDecoder(bytes.NewReader(data))
	switch open, err := dec.Token(); {
	case err != nil:
		return fmt.Errorf("list of peers: %w", err)
	case open == nil:
		return nil
	case open != json.Delim('['):
		return fmt.Errorf("list of peers is no list but begins with %v", open)
	}
	for count := 0; dec.More(); count++ {
		if count == MaxView {
			return fmt.Errorf("list of peers has more than %d", MaxView)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("list of peers: %w", err)
		}
		var e jsonEntry
		if json.Unmarshal(raw, &e) == nil {
			*l = append(*l, e)
		}
	}
	return nil
}

// newSample translates the first MaxPeers sightings.
func newSample(sample []views.Sighting) jsonEntries {
	l := make(jsonEntries, 0, min(len(sample), MaxPeers))
	for _, s := range sample[:min(len(sample), MaxPeers)] {
		l = append(l, jsonEntry{jsonPeer: newJSONPeer(s.Peer), AgeMS: milliseconds(s.Age)})
	}
	return l
}

// sightings returns the entries whose peers are valid.
func (l jsonEntries) sightings() []views.Sighting {
	var sample []views.Sighting
	for i := range l {
		if p, err := l[i].peer(); err == nil {
			sample = append(sample, views.Sighting{Peer: p, Age: duration(l[i].AgeMS, time.Millisecond)})
		}
	}
	return sample
}

// milliseconds returns d as a whole number of them, 0 when d is negative.
func milliseconds(d time.Duration) uint64 { return uint64(max(d, 0) / time.Millisecond) }

// duration returns n units, or the longest duration when that is too long.
func duration(n uint64, unit time.Duration) time.Duration {
	if n > uint64(math.MaxInt64/unit) {
		return math.MaxInt64
	}
	return time.Duration(n) * unit
}
