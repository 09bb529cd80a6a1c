// What a member tells about itself, as Go values and as JSON.

package natstransport

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
)

// Views is what one node knows of others, at one moment. Its JSON form is the
// message on the views subject.
type Views struct {
	// Self is the node.
	Self *views.Peer
	// Cluster and Version are filled in by the Meeting.
	Cluster string
	Version string
	// Started is when the node started, by its own clock, and Uptime how long
	// ago that was. The Meeting computes Uptime.
	Started time.Time
	Uptime  time.Duration
	// Active holds the neighbors. MaxView of them are told.
	Active []Neighbor
	// Passive holds the spare addresses, with the time since each was last heard
	// of directly. MaxView of them are told.
	Passive []views.Sighting
	// Lost is the number of failed peers that are probed now and then.
	Lost int
	// Wanted is how many neighbors the node wants, 0 when it does not say.
	Wanted int
	// Size is how many nodes the cluster seems to have, this one included: an estimate. 0 when the
	// node does not say.
	Size int
	// Isolated means that the node has no neighbor.
	Isolated bool
}

// A Neighbor is a peer of the active view.
type Neighbor struct {
	Peer *views.Peer
	// Age is how long the link has been up.
	Age time.Duration
	// RTT is the round trip on the link, 0 when it is not known yet.
	RTT time.Duration
}

type jsonViews struct {
	jsonHeader

	Version  string      `json:"version"`
	Peer     jsonPeer    `json:"peer"`
	Started  time.Time   `json:"started"`
	UptimeMS uint64      `json:"uptime_ms"`
	Isolated bool        `json:"isolated"`
	Lost     int         `json:"lost"`
	Wanted   int         `json:"wanted,omitempty"`
	Size     int         `json:"size,omitempty"`
	Active   jsonEntries `json:"active"`
	Passive  jsonEntries `json:"passive"`
}

// MarshalJSON implements json.Marshaler. The metadata of the neighbors and of the
// passive view is left out, because each node tells its own.
func (v Views) MarshalJSON() ([]byte, error) {
	if v.Self == nil {
		return nil, fmt.Errorf("natstransport: views without the node itself")
	}
	j := jsonViews{
		jsonHeader: jsonHeader{Type: TypeViews, Cluster: v.Cluster},
		Version:    v.Version,
		Peer:       newJSONPeer(v.Self),
		Started:    v.Started,
		UptimeMS:   milliseconds(v.Uptime),
		Isolated:   v.Isolated,
		Lost:       v.Lost,
		Wanted:     v.Wanted,
		Size:       v.Size,
		Active:     make(jsonEntries, 0, len(v.Active)),
		Passive:    make(jsonEntries, 0, len(v.Passive)),
	}
	for _, n := range v.Active[:min(len(v.Active), MaxView)] {
		e := jsonEntry{jsonPeer: newJSONPeer(n.Peer), AgeMS: milliseconds(n.Age), RTTUS: microseconds(n.RTT)}
		e.Meta = nil
		j.Active = append(j.Active, e)
	}
	for _, s := range v.Passive[:min(len(v.Passive), MaxView)] {
		e := jsonEntry{jsonPeer: newJSONPeer(s.Peer), AgeMS: milliseconds(s.Age)}
		e.Meta = nil
		j.Passive = append(j.Passive, e)
	}
	return json.Marshal(&j)
}

// checkCounts refuses what is less than nothing.
func (j *jsonViews) checkCounts() error {
	for _, c := range []struct {
		field string
		count int
	}{{"lost", j.Lost}, {"wanted", j.Wanted}, {"size", j.Size}} {
		if c.count < 0 {
			return bad(TypeViews, c.field, strconv.Itoa(c.count), "at least 0", nil)
		}
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler. A count below 0 is a [MessageError]. Peers that are not well formed are
// left out of the lists; the node itself must be valid.
func (v *Views) UnmarshalJSON(data []byte) error {
	var j jsonViews
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	self, err := j.Peer.peer()
	if err != nil {
		return badPeer(TypeViews, err)
	}
	if err := j.checkCounts(); err != nil {
		return err
	}
	*v = Views{
		Self:     self,
		Cluster:  j.Cluster,
		Version:  j.Version,
		Started:  j.Started,
		Uptime:   duration(j.UptimeMS, time.Millisecond),
		Passive:  j.Passive.sightings(),
		Lost:     j.Lost,
		Wanted:   j.Wanted,
		Size:     j.Size,
		Isolated: j.Isolated,
	}
	for i := range j.Active {
		e := &j.Active[i]
		if p, err := e.peer(); err == nil {
			v.Active = append(v.Active, Neighbor{
				Peer: p,
				Age:  duration(e.AgeMS, time.Millisecond),
				RTT:  duration(e.RTTUS, time.Microsecond),
			})
		}
	}
	return nil
}

// Stats is what one node counts, in the form in which it told it.
type Stats struct {
	// Node and Incarnation say who.
	Node        string
	Incarnation uint64
	// Data is JSON.
	Data json.RawMessage
}

type jsonStats struct {
	jsonHeader

	Node        string          `json:"node"`
	Incarnation uint64          `json:"incarnation"`
	Stats       json.RawMessage `json:"stats"`
}

// microseconds returns d as a whole number of them, 0 when d is negative.
func microseconds(d time.Duration) uint64 { return uint64(max(d, 0) / time.Microsecond) }
