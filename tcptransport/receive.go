// Reading frames from a link, and handing over what they say.

package tcptransport

import (
	"errors"
	"fmt"
	"net"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// receive hands over what arrives until the link ends, and says why it ended.
func (l *link) receive(s *stream) *ending {
	peer := l.succeed()
	bad := 0
	for {
		typ, frame, err := s.in.next(wire.MaxFrame)
		switch {
		case errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion):
			l.badFrame(s, peer, typ, err)
			return l.misbehaved(FaultFrames, fmt.Errorf("%w: %w", ErrBadFrames, err))
		case err == nil && l.t.carrier != nil && typ >= firstCarried && typ <= typePart:
			err = l.carry(s, peer, typ, frame)
		case err == nil && l.muted.Load(): // only what is carried is still wanted
		case err == nil && !l.pace.Allow():
			l.t.complain(s.raw, zerolog.WarnLevel, "flood", "").Str("peer", peer.ID).
				Uint64("link", l.number).Float64("rate", l.t.cfg.MessageRate).Msg("flood")
			return l.misbehaved(FaultFlood, fmt.Errorf("%w: %v a second", ErrFlood, l.t.cfg.MessageRate))
		case err == nil:
			err = l.deliver(peer, typ, frame[wire.HeaderLen:])
		case !errors.Is(err, wire.ErrVersion):
			return l.broken(err)
		}
		if err == nil {
			continue
		}
		l.badFrame(s, peer, typ, err)
		if bad++; bad >= l.t.cfg.BadFrames {
			return l.misbehaved(FaultFrames, fmt.Errorf("%w: %w", ErrBadFrames, err))
		}
	}
}

// misbehaved is how a link ends whose peer breaks the protocol.
func (l *link) misbehaved(f Fault, err error) *ending {
	l.t.counters.fault(f)
	return &ending{membership.Misbehaved, err}
}

// succeed waits for the end of the links that this one replaced, whose messages
// came before its own, and returns whom the hello proved.
func (l *link) succeed() *views.Peer {
	l.t.mu.Lock()
	peer, before := l.peer, l.before
	l.before = nil
	l.t.mu.Unlock()
	for _, old := range before {
		<-old.done
	}
	if len(before) > 0 {
		l.patience.begin()
	}
	return peer
}

// deliver decodes one frame and hands the message over. It returns what was
// wrong with the frame.
func (l *link) deliver(peer *views.Peer, typ byte, body []byte) error {
	c := &l.t.counters
	c.framesIn.Add(1)
	msg, err := membership.DecodeMessage(typ, body)
	switch {
	case errors.Is(err, membership.ErrUnknownType):
		c.unknown.Add(1)
		return nil
	case err != nil:
		return err
	}
	if !l.muted.Load() {
		l.t.handler.Received(peer, l.number, msg)
	}
	return nil
}

// carry hands over a frame of the channel and those that are there already behind
// it. It returns what was wrong with one of them; those before it are handed over.
func (l *link) carry(s *stream, peer *views.Peer, typ byte, frame []byte) (err error) {
	frames := l.frames[:0]
	for {
		if typ == typePart {
			s.in.enlarge()
			if frame, err = l.parts.add(frame[wire.HeaderLen:], l.t.cfg.MaxCarried); frame != nil {
				typ = frame[wire.HeaderLen-1]
			}
		} else {
			s.in.lend()
		}
		if frame != nil {
			frames = append(frames, Frame{typ, frame})
		}
		next, ok := s.in.whole(wire.MaxFrame)
		if err != nil || !ok || next < firstCarried || next > typePart || len(frames) == mostCarried {
			break
		}
		typ, frame, _ = s.in.next(wire.MaxFrame) // it is there, and well formed
	}
	l.t.counters.carriedIn.Add(uint64(len(frames)))
	if len(frames) > 0 {
		l.t.carrier.Carried(peer, l.number, frames)
	}
	clear(frames)
	l.frames = frames
	return err
}

func (l *link) badFrame(s *stream, peer *views.Peer, typ byte, err error) {
	l.t.counters.badFrames.Add(1)
	l.t.complain(s.raw, zerolog.WarnLevel, "bad_frame", "").Str("peer", peer.ID).
		Uint64("link", l.number).Uint8("type", typ).Str("error", clip(err.Error())).Msg("bad_frame")
}

// broken says what a failed read means.
func (l *link) broken(err error) *ending {
	if errors.Is(err, ErrSilent) {
		return &ending{membership.Silent, err}
	}
	return &ending{membership.Closed, fmt.Errorf("tcptransport: read: %w", err)}
}

// readConn reads the link's connection for as long as the link has patience.
func (l *link) readConn(conn net.Conn, b []byte) (int, error) {
	p := &l.patience
	p.listening()
	for {
		n, err := conn.Read(b)
		if n == 0 && timedOut(err) {
			if err = p.spent(); p.mayLook(err) && !l.muted.Load() {
				p.glance()
				if n, err = conn.Read(b); n == 0 && timedOut(err) {
					err = p.spent()
				}
			}
			if errors.Is(err, errIdle) {
				if !l.t.closeIdle(l) {
					p.listening()
				}
				err = nil
			}
			if n == 0 && err == nil {
				continue
			}
		}
		l.bytesIn.Add(uint64(n))
		l.t.counters.bytesIn.Add(uint64(n))
		return n, err
	}
}
