// What the server says on a connection, and what is done about it.

package leafnode

import (
	"fmt"
	"strings"
	"time"
)

// handle does what an operation says.
func (s *session) handle(op *Op) error {
	switch op.Kind {
	case KindMessage:
		if err := s.rise(); err != nil {
			return err
		}
		s.c.count.messagesIn.Add(1)
		s.told = true
		s.c.cfg.Handler.Message(&op.Message)
	case KindSub, KindUnsub:
		if err := s.rise(); err != nil {
			return err
		}
		return s.interested(op)
	case KindInfo:
		return s.informed(op.Text)
	case KindPing:
		s.c.mu.Lock()
		s.pong = true
		s.nudge()
		s.c.mu.Unlock()
	case KindPong:
		s.c.mu.Lock()
		s.pings.answer()
		s.c.mu.Unlock()
		if s.synced {
			return nil
		}
		if err := s.rise(); err != nil {
			return err
		}
		s.synced, s.told = true, true
		s.c.cfg.Handler.Synced()
	case KindErr:
		return s.complained(string(op.Text))
	case KindOK:
	}
	return nil
}

// rise makes the connection one that is up, once.
func (s *session) rise() error {
	if s.up {
		return nil
	}
	if err := s.raw.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("leafnode: %w", err)
	}
	s.up, s.told = true, true
	c := s.c
	c.mu.Lock()
	c.live = s
	s.limits = s.server
	s.sent = make(map[topic]int, len(c.wanted))
	s.everythingDirty()
	c.mu.Unlock()
	c.count.connects.Add(1)
	c.cfg.Logger.Info().Str("server", s.server.Name).Str("account", s.server.Account).Msg("leafnode_connected")
	if s.server.MaxPayload > c.cfg.MaxMessage {
		c.cfg.Logger.Warn().Int("max_payload", s.server.MaxPayload).Int("max_message", c.cfg.MaxMessage).
			Msg("leafnode_payload_too_large")
	}
	s.wg.Go(s.write)
	c.cfg.Handler.Up(s.server)
	return nil
}

// informed takes an INFO behind the first. Only the answer to CONNECT, and later
// changes of it, say what is permitted.
func (s *session) informed(text []byte) error {
	in, err := parseInfo(text)
	if err != nil || !in.ConnectInfo {
		return err
	}
	s.learn(in)
	if !s.up {
		return s.rise()
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.limits = s.server
	s.everythingDirty()
	s.nudge()
	return nil
}

// interested hands on a subscription of the server's.
func (s *session) interested(op *Op) error {
	key := string(op.Subject)
	subject, queue := key, ""
	if len(op.Queue) > 0 {
		key = key + " " + string(op.Queue)
		subject, queue = key[:len(op.Subject)], key[len(op.Subject)+1:]
	}
	if op.Weight == 0 {
		delete(s.interest, key)
	} else {
		s.interest[key] = struct{}{}
		if len(s.interest) > s.c.cfg.MaxInterest {
			return fmt.Errorf("%w: more than %d subscriptions", ErrInterest, s.c.cfg.MaxInterest)
		}
	}
	s.c.count.interest.Store(int64(len(s.interest)))
	s.told = true
	s.c.cfg.Handler.Interest(subject, queue, op.Weight)
	return nil
}

// complained takes an -ERR. A violation of permissions does not end the connection
// from this side; servers end it on theirs.
func (s *session) complained(text string) error {
	e := &ServerError{Text: text}
	if !strings.HasPrefix(text, "Permissions Violation") {
		return e
	}
	s.refused = e
	s.c.count.violations.Add(1)
	s.c.said.refused(&s.c.cfg.Logger, text)
	return nil
}

// reason says why the session ended: err, but where that is only the end of what
// could be read, what the writer found, and what the server had said before.
func (s *session) reason(err error) error {
	s.c.count.interest.Store(0)
	if !s.ended {
		return err
	}
	s.c.mu.Lock()
	if s.fault != nil {
		err = s.fault
	}
	s.c.mu.Unlock()
	if s.refused != nil {
		return fmt.Errorf("%w: %w", s.refused, err)
	}
	return err
}
