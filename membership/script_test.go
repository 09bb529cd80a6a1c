// The interaction scripts in testdata: the protocol's documentation, kept true.
// Run with -rewrite to write down what happens now.

package membership_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			s := &script{cfg: quiet()}
			s.cfg.JoinMin, s.cfg.JoinMax = 24*time.Hour, 24*time.Hour
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				return s.run(t, d)
			})
		})
	}
}

// script is a world told what to do, a line at a time:
//
//	config active=2 ...       parameters, before the first node
//	nodes a b c               starts nodes that find nobody at the meeting place
//	mesh a-b b-c              makes them neighbors, without telling how
//	join b contact=a          starts b, which finds a at the meeting place
//	deliver [count=1]         lets messages arrive: all, or so many
//	pending                   shows what is under way
//	advance 3s                lets time pass, for timers too
//	fire a shuffle            lets one periodic timer of a expire
//	found a b c               tells a of b and c
//	crash, leave, restart, pause, resume a
//	cut a b                   parts a and b from all others; heal ends it
//	break a b                 ends the link between a and b
//	inject a b Neighbor ...   b receives this from a
//	ask a b Join ...          a receives this Join, as from b, at the meeting place
//	views, stats a            shows what the nodes know, and the counts that are not zero
type script struct {
	cfg membership.Config
	w   *world
	tr  *transcript
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	if d.Cmd == "config" {
		s.configure(t, d)
		return ""
	}
	if s.w == nil {
		s.w = newWorld(t, s.cfg, 1)
		s.w.contact = func(*member) *member { return nil }
		s.tr = record(s.w)
	}
	s.w.t = t
	var names []string
	for _, arg := range d.CmdArgs {
		if len(arg.Vals) == 0 {
			names = append(names, arg.Key)
		}
	}
	switch d.Cmd {
	case "views":
		return s.w.views()
	case "pending":
		return s.pending()
	case "stats":
		return counts(s.w.find(names[0]).node.Stats())
	case "mesh":
		s.mesh(names)
		return ""
	case "deliver":
		s.deliver(t, d)
	case "advance":
		pause, err := time.ParseDuration(names[0])
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.w.run(s.w.now + pause)
	case "inject":
		s.inject(t, d, names)
	case "ask":
		m := s.message(t, d, names[2])
		m.Peer = s.peer(names[1])
		s.tr.madeUp = true
		s.w.step(s.w.find(names[0]), membership.Input{Kind: membership.Asked, Message: m})
		s.tr.madeUp = false
	default:
		s.happen(t, d, names)
	}
	return s.tr.take()
}

// happen is what the nodes do, and what is done to them.
func (s *script) happen(t *testing.T, d *datadriven.TestData, names []string) {
	w := s.w
	switch d.Cmd {
	case "nodes":
		for _, name := range names {
			w.start(name)
		}
		settled(w)
		s.tr.text.Reset()
	case "join":
		var contact string
		d.ScanArgs(t, "contact", &contact)
		asks(names[0], contact)(w)
	case "restart":
		w.start(names[0])
	case "fire":
		w.step(w.find(names[0]), membership.Input{Kind: membership.Expired, Timer: timers[names[1]]})
	case "found":
		knows(names[0], names[1:]...)(w)
	case "crash":
		w.crash(w.find(names[0]))
	case "leave":
		w.leave(w.find(names[0]))
	case "pause":
		w.pause(w.find(names[0]))
	case "resume":
		w.resume(w.find(names[0]))
	case "cut":
		var members []*member
		for _, name := range names {
			members = append(members, w.find(name))
		}
		w.cut(1, members...)
	case "heal":
		w.heal()
	case "break":
		breaks(names[0], names[1])(w)
	default:
		d.Fatalf(t, "unknown verb %s", d.Cmd)
	}
}

var timers = map[string]membership.Timer{
	"shuffle":   {Kind: membership.ShuffleTimer},
	"heartbeat": {Kind: membership.HeartbeatTimer},
	"probe":     {Kind: membership.ProbeTimer},
	"recontact": {Kind: membership.RecontactTimer},
	"rotate":    {Kind: membership.RotateTimer},
}

func (s *script) configure(t *testing.T, d *datadriven.TestData) {
	for _, arg := range d.CmdArgs {
		value := arg.Vals[0]
		n, err := strconv.Atoi(value)
		pause, perr := time.ParseDuration(value)
		if err != nil && perr != nil {
			d.Fatalf(t, "%s: %v", arg.Key, perr)
		}
		switch arg.Key {
		case "active":
			s.cfg.ActiveSize = n
		case "passive":
			s.cfg.PassiveSize = n
		case "arwl":
			s.cfg.ARWL = membership.TTL(n)
		case "prwl":
			s.cfg.PRWL = membership.TTL(n)
		case "shuffle-ttl":
			s.cfg.ShuffleTTL = membership.TTL(n)
		case "join":
			s.cfg.JoinMin, s.cfg.JoinMax = pause, 30*time.Second
		case "heartbeat":
			s.cfg.HeartbeatInterval = pause
		case "join-rate":
			s.cfg.JoinRate, s.cfg.JoinRateFull = float64(n), float64(n)
		case "cool-down":
			s.cfg.CoolDown = pause
		case "tombstone":
			s.cfg.TombstoneFor = pause
		default:
			d.Fatalf(t, "unknown parameter %s", arg.Key)
		}
	}
}

// mesh makes pairs of nodes neighbors and forgets how.
func (s *script) mesh(pairs []string) {
	for _, pair := range pairs {
		a, b, _ := strings.Cut(pair, "-")
		knows(a, b)(s.w)
		settled(s.w)
		if s.w.find(a).node.Passive().Has(b) {
			s.w.t.Fatalf("%s and %s are not neighbors\n%s", a, b, s.w.views())
		}
	}
	s.w.run(s.w.now + 10*time.Second) // past every grace
	s.tr.text.Reset()
}

func (s *script) deliver(t *testing.T, d *datadriven.TestData) {
	count := 1 << 20
	if d.HasArg("count") {
		d.ScanArgs(t, "count", &count)
	}
	for range count {
		heads := s.w.heads()
		if len(heads) == 0 {
			return
		}
		for quiet := s.tr.text.Len(); len(heads) > 0 && s.tr.text.Len() == quiet; heads = s.w.heads() {
			s.w.take(heads[0]) // a dial makes no line
		}
	}
}

func (s *script) pending() string {
	var b strings.Builder
	for _, e := range s.w.pending() {
		if e.link != nil {
			near, far := e.link.ends[1-e.side], e.link.ends[e.side]
			fmt.Fprintf(&b, "%s -> %s %s\n", nameOf(far.peer), nameOf(near.peer), e)
		} else if !e.timed() {
			fmt.Fprintln(&b, e)
		}
	}
	return b.String()
}

// peer is a node by its name, in its current life or, as name/life, in another;
// one that does not exist is known to nobody else.
func (s *script) peer(name string) *views.Peer {
	id, life, other := strings.Cut(name, "/")
	p := views.Peer{ID: id, Incarnation: 1, Addr: id + ":7000"}
	if m := s.w.find(id); m != nil {
		p = *m.self
	}
	if other {
		p.Incarnation, _ = strconv.ParseUint(life, 10, 64)
	}
	return &p
}

// inject makes a node receive a message. One from a member travels like any other,
// and what was sent before it arrives first; somebody made up has a link with
// nobody at its far end.
func (s *script) inject(t *testing.T, d *datadriven.TestData, names []string) {
	from, to := s.peer(names[0]), s.w.find(names[1])
	msg := s.message(t, d, names[2])
	if m := s.w.find(names[0]); m != nil && m.up {
		s.w.send(m, to.self, 0, msg)
		l, side := s.w.linkOf(m, to.self, 0)
		for last := s.w.queue.seq; ; {
			next := slices.IndexFunc(s.w.pending(), func(e *event) bool { return e.link == l && e.side == 1-side })
			e := s.w.pending()[next]
			s.w.take(e)
			if e.seq == last {
				return
			}
		}
	}
	l, _ := s.w.linkOf(to, from, 0)
	if l == nil {
		l = &link{number: uint64(len(s.w.links) + 1)}
		l.ends[1] = end{m: to, peer: from, open: true}
		s.w.links = append(s.w.links, l)
		to.links[lifeOf(from)] = l
	}
	s.w.step(to, membership.Input{
		Kind: membership.Received, Peer: from, Link: l.number, Message: msg,
	})
}

// message reads a message from the arguments of a line.
func (s *script) message(t *testing.T, d *datadriven.TestData, kind string) membership.Message {
	var m membership.Message
	m.Kind = named(t, kind, membership.Heartbeat)
	for _, arg := range d.CmdArgs {
		if len(arg.Vals) == 0 {
			continue
		}
		value := arg.Vals[0]
		n, _ := strconv.Atoi(value)
		switch arg.Key {
		case "priority":
			m.Priority = named(t, value, membership.Swap)
		case "verdict":
			m.Verdict = named(t, value, membership.Undialable)
		case "reason":
			m.Reason = named(t, value, membership.Misbehaved)
		case "ttl":
			m.TTL = membership.TTL(n)
		case "request":
			m.Request = uint32(n)
		case "degree":
			m.Degree = uint8(n)
		case "active":
			m.Active = value == "yes"
		case "peer":
			m.Peer = s.peer(value)
		case "sample":
			for _, name := range arg.Vals {
				m.Sample = append(m.Sample, views.Sighting{Peer: s.peer(name)})
			}
		default:
			d.Fatalf(t, "unknown field %s", arg.Key)
		}
	}
	return m
}

// named returns the value of an enumeration with that name; last is its last.
func named[E interface {
	~uint8
	fmt.Stringer
}](t *testing.T, name string, last E,
) E {
	for e := E(1); e <= last; e++ {
		if e.String() == name {
			return e
		}
	}
	t.Fatalf("nothing is named %s", name)
	return 0
}

// counts lists the counters that are not zero, but for those of messages.
func counts(s membership.Stats) string {
	s.Sent, s.Received = [membership.Kinds]uint64{}, [membership.Kinds]uint64{}
	text := fmt.Sprintf("%+v", s)
	var b strings.Builder
	for field := range strings.FieldsSeq(strings.Trim(text, "{}")) {
		if name, value, ok := strings.Cut(field, ":"); ok && value != "0" && !strings.HasPrefix(value, "[") {
			fmt.Fprintf(&b, "%s %s\n", name, value)
		}
	}
	return b.String()
}
