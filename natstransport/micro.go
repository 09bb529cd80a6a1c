// The part of the NATS services protocol that makes members visible to `nats micro`.

package natstransport

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// control answers $SRV.PING, $SRV.INFO and $SRV.STATS. (Why not micro.AddService:
// see the package comment.)
func (s *service) control(msg *nats.Msg) {
	verb, _, _ := strings.Cut(strings.TrimPrefix(msg.Subject, micro.APIPrefix+"."), ".")
	var answer any
	switch verb {
	case micro.PingVerb.String():
		answer = micro.Ping{ServiceIdentity: s.identity(), Type: micro.PingResponseType}
	case micro.InfoVerb.String():
		answer = s.info()
	case micro.StatsVerb.String():
		answer = s.counts()
	default:
		return
	}
	data, err := json.Marshal(answer)
	if err != nil {
		s.refuse(msg, err)
		return
	}
	if err := s.respond(msg, &nats.Msg{Data: data}); err != nil {
		s.log.Debug().Err(err).Msg("nats_answer_lost")
	}
}

// The keys of the metadata by which `nats micro` tells members apart. Those of Zone and
// NATS are missing when the member has none.
const (
	MetaCluster     = "cluster"
	MetaNode        = "node"
	MetaIncarnation = "incarnation"
	MetaAddr        = "addr"
	MetaZone        = "zone"
	MetaNATS        = "nats"
	MetaStarted     = "started" // RFC 3339, in UTC: since when it answers here
)

// identity says who the member is. Its NATS server is told without user and password, as
// `nats micro` shows the metadata to everybody.
func (s *service) identity() micro.ServiceIdentity {
	self := s.m.cfg.Self
	metadata := map[string]string{
		MetaCluster:     s.m.cfg.Cluster,
		MetaNode:        self.ID,
		MetaIncarnation: strconv.FormatUint(self.Incarnation, 10),
		MetaAddr:        self.Addr,
		MetaStarted:     s.started.Format(time.RFC3339),
	}
	if self.Zone != "" {
		metadata[MetaZone] = self.Zone
	}
	if self.NATS != "" {
		metadata[MetaNATS] = withoutUser(self.NATS)
	}
	return micro.ServiceIdentity{
		Name:     ServiceName,
		ID:       s.id,
		Version:  s.m.cfg.Version,
		Metadata: metadata,
	}
}

// withoutUser is a URL without user and password, and "?" for what is no URL or may still have
// some in it, as a list of URLs may.
func withoutUser(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	u.User = nil
	if s := u.String(); !strings.Contains(s, "@") {
		return s
	}
	return "?"
}

func (s *service) info() micro.Info {
	info := micro.Info{
		ServiceIdentity: s.identity(),
		Type:            micro.InfoResponseType,
		Description:     "A member of the Kith cluster " + s.m.cfg.Cluster,
	}
	for _, e := range s.endpoints {
		info.Endpoints = append(info.Endpoints, micro.EndpointInfo{
			Name: e.name, Subject: e.subject, QueueGroup: e.queue, Metadata: map[string]string{},
		})
	}
	return info
}

// counts are those of the service itself; the views endpoint carries the sizes of
// the member's views.
func (s *service) counts() micro.Stats {
	stats := micro.Stats{
		ServiceIdentity: s.identity(),
		Type:            micro.StatsResponseType,
		Started:         s.started,
	}
	for _, e := range s.endpoints {
		es := &micro.EndpointStats{
			Name:           e.name,
			Subject:        e.subject,
			QueueGroup:     e.queue,
			NumRequests:    e.requests,
			NumErrors:      e.errors,
			LastError:      e.lastError,
			ProcessingTime: e.busy,
		}
		if e.requests > 0 {
			es.AverageProcessingTime = e.busy / time.Duration(e.requests)
		}
		if e.subject == ViewsSubject(s.m.cfg.Cluster) {
			es.Data = s.sizes()
		}
		stats.Endpoints = append(stats.Endpoints, es)
	}
	return stats
}

// sizes returns the sizes of the member's views as JSON.
func (s *service) sizes() json.RawMessage {
	v := s.member.Views()
	return json.RawMessage(`{"active":` + strconv.Itoa(len(v.Active)) +
		`,"passive":` + strconv.Itoa(len(v.Passive)) +
		`,"lost":` + strconv.Itoa(v.Lost) +
		`,"wanted":` + strconv.Itoa(v.Wanted) +
		`,"isolated":` + strconv.FormatBool(v.Isolated) + `}`)
}
