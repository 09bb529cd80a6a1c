// Answers what others ask: joins, views and counts.

package natstransport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/nats-io/nuid"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/membership"
)

const (
	// backlog is how many requests wait for the one goroutine. NATS drops what is
	// beyond, and tells the connection's error handler of a slow consumer.
	backlog = 512
	// joinTimeout bounds a member's thinking about one JOIN.
	joinTimeout = time.Second
)

// A service is a member's side of the meeting place. All its subscriptions feed
// one channel, and one goroutine answers.
type service struct {
	m         *Meeting
	member    Member
	id        string
	started   time.Time
	log       zerolog.Logger // of what others do wrong, a few lines a minute
	requests  chan *nats.Msg
	subs      []*nats.Subscription
	endpoints []*endpoint // counted by the answering goroutine only
}

// An endpoint is one subject on which the service answers.
type endpoint struct {
	name, subject, queue string
	answer               func(data []byte) ([]byte, error)

	requests, errors int
	lastError        string
	busy             time.Duration
}

func newService(m *Meeting, member Member) *service {
	s := &service{
		m:        m,
		member:   member,
		id:       nuid.Next(),
		started:  time.Now().UTC(),
		log:      m.log.Sample(&zerolog.BurstSampler{Burst: 5, Period: time.Minute}),
		requests: make(chan *nats.Msg, backlog),
	}
	s.endpoints = []*endpoint{
		{name: "join", subject: JoinSubject(m.cfg.Cluster), queue: queue, answer: s.join},
		{name: "views", subject: ViewsSubject(m.cfg.Cluster), answer: s.views},
		{name: "stats", subject: StatsSubject(m.cfg.Cluster), answer: s.stats},
	}
	return s
}

// subscribe subscribes to everything, or to nothing.
func (s *service) subscribe() error {
	for _, e := range s.endpoints {
		if err := s.add(e.subject, e.queue); err != nil {
			return err
		}
	}
	for _, subject := range controlSubjects(s.id) {
		if err := s.add(subject, ""); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) add(subject, queue string) error {
	sub, err := s.m.nc.ChanQueueSubscribe(subject, queue, s.requests)
	if err != nil {
		s.unsubscribe()
		return fmt.Errorf("natstransport: subscribe to %s: %w", subject, err)
	}
	s.subs = append(s.subs, sub)
	return nil
}

// unsubscribe ends all subscriptions. It fails only if the connection is closed,
// and then they have ended.
func (s *service) unsubscribe() {
	for _, sub := range s.subs {
		_ = sub.Unsubscribe()
	}
	s.subs = nil
}

// run answers until the meeting is closed, and then refuses what is left.
func (s *service) run() {
	for {
		select {
		case <-s.m.closing.Done():
			for {
				select {
				case msg := <-s.requests:
					s.refuse(msg, unavailable("the member leaves"))
				default:
					return
				}
			}
		case msg := <-s.requests:
			s.handle(msg)
		}
	}
}

// handle answers one message.
func (s *service) handle(msg *nats.Msg) {
	if msg.Reply == "" {
		return // nobody waits for an answer
	}
	if strings.HasPrefix(msg.Subject, micro.APIPrefix+".") {
		s.control(msg)
		return
	}
	for _, e := range s.endpoints {
		if e.subject == msg.Subject {
			s.serve(e, msg)
			return
		}
	}
}

// serve answers a request at e and counts it.
func (s *service) serve(e *endpoint, msg *nats.Msg) {
	begin := time.Now()
	data, err := e.answer(msg.Data)
	if err == nil {
		err = s.respond(msg, &nats.Msg{Data: data})
	} else {
		s.refuse(msg, err)
	}
	e.requests++
	e.busy += time.Since(begin)
	if err != nil {
		e.errors++
		e.lastError = clip(err.Error())
		s.log.Warn().Str("endpoint", e.name).Err(err).Msg("nats_request_failed")
	}
}

// respond sends an answer, which is lost if there is no server just now.
func (s *service) respond(msg, answer *nats.Msg) error {
	if err := msg.RespondMsg(answer); err != nil {
		return fmt.Errorf("natstransport: respond: %w", err)
	}
	return nil
}

// refuse answers with an error, in the way of NATS services.
func (s *service) refuse(msg *nats.Msg, err error) {
	failure := &ServiceError{Code: CodeInternal, Description: clip(err.Error())}
	var malformed *MessageError
	if !errors.As(err, &failure) && errors.As(err, &malformed) {
		failure.Code = CodeBadRequest
	}
	answer := &nats.Msg{Header: nats.Header{}}
	answer.Header.Set(micro.ErrorHeader, failure.Description)
	answer.Header.Set(micro.ErrorCodeHeader, failure.Code)
	if err := s.respond(msg, answer); err != nil {
		s.log.Debug().Err(err).Msg("nats_refusal_lost")
	}
}

func unavailable(why string) error {
	return &ServiceError{Code: CodeUnavailable, Description: why}
}

// join answers a JOIN. That of the node itself does not trouble the member.
func (s *service) join(data []byte) ([]byte, error) {
	join, err := decodeJoin(s.m.cfg.Cluster, data)
	if err != nil {
		return nil, err
	}
	self := s.m.cfg.Self
	if join.Peer.Itself(self) {
		own := membership.Message{Kind: membership.JoinReply, Verdict: membership.Own, Peer: self}
		return encodeJoinReply(s.m.cfg.Cluster, &own)
	}
	ctx, cancel := context.WithTimeout(s.m.closing, joinTimeout)
	defer cancel()
	reply, err := s.member.Join(ctx, join)
	if err != nil {
		return nil, unavailable(clip(err.Error()))
	}
	if reply.Peer == nil {
		reply.Peer = self
	}
	return encodeJoinReply(s.m.cfg.Cluster, &reply)
}

// views tells the member's views; what was sent with the question is ignored.
func (s *service) views([]byte) ([]byte, error) {
	v := s.member.Views()
	v.Cluster, v.Version = s.m.cfg.Cluster, s.m.cfg.Version
	if !v.Started.IsZero() {
		v.Uptime = time.Since(v.Started)
	}
	if v.Self == nil {
		v.Self = s.m.cfg.Self
	}
	return json.Marshal(v)
}

// stats tells the member's counts; what was sent with the question is ignored.
func (s *service) stats([]byte) ([]byte, error) {
	counts, err := json.Marshal(s.member.Stats())
	if err != nil {
		return nil, fmt.Errorf("natstransport: stats: %w", err)
	}
	return json.Marshal(jsonStats{
		jsonHeader:  jsonHeader{Type: TypeStats, Cluster: s.m.cfg.Cluster},
		Node:        s.m.cfg.Self.ID,
		Incarnation: s.m.cfg.Self.Incarnation,
		Stats:       counts,
	})
}
