// What a node keeps in memory of a large cluster, of which the other members are made up.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-msgpack/v2/codec"
	"github.com/hashicorp/memberlist"

	"github.com/kithmesh/kith/sim"
)

// state measures the memory of one node's membership.
func state(ctx context.Context, t task) (values, error) {
	measured := map[string]func(context.Context, int) (float64, error){"kith": simulated, "memberlist": told}[t.Side]
	if measured == nil {
		return nil, errors.New("only kith and memberlist are measured")
	}
	bytes, err := measured(ctx, t.Nodes)
	return values{"bytes": bytes}, err
}

// simulated lets that many nodes form in the simulator, which runs the code that ships, and divides its
// memory by their number: the simulator's own part, messages under way and timers, is included.
func simulated(_ context.Context, nodes int) (float64, error) {
	before := memory()
	cfg := sim.DefaultConfig()
	cfg.Membership.HeartbeatInterval = 0 // the memory is the same, the time is not
	w, err := sim.New(cfg)
	if err != nil {
		return 0, err
	}
	for range nodes {
		w.Start()
		if err := w.Run(time.Minute / time.Duration(nodes)); err != nil {
			return 0, err
		}
	}
	if err := w.Run(time.Minute); err != nil {
		return 0, err
	}
	each := (memory() - before) / float64(nodes)
	runtime.KeepAlive(w)
	return each, nil
}

// told tells one memberlist node of that many members, as one of them would, and waits until it has nothing
// to say about them any more. It probes none of them, and what it says to them is lost.
func told(ctx context.Context, members int) (float64, error) {
	cfg := memberlist.DefaultLANConfig()
	settle(cfg, 0)
	cfg.ProbeInterval, cfg.PushPullInterval, cfg.GossipInterval = 0, 0, time.Millisecond
	plain, err := memberlist.NewNetTransport(&memberlist.NetTransportConfig{
		BindAddrs: []string{cfg.BindAddr}, BindPort: port, Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		return 0, err
	}
	quiet := &silenced{NetTransport: plain}
	cfg.Transport = quiet
	m, err := memberlist.Create(cfg)
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Shutdown() }()
	before := memory()
	if err := tell(ctx, members); err != nil {
		return 0, fmt.Errorf("telling of members: %w", err)
	}
	if err := await(ctx, time.Minute, func() bool { return m.NumMembers() == members+1 }); err != nil {
		return 0, err
	}
	for said := int64(-1); said != quiet.said.Load(); {
		said = quiet.said.Load()
		if err := rest(ctx, time.Second); err != nil {
			return 0, err
		}
	}
	return memory() - before, nil
}

// silenced is a transport whose packets are lost. It counts them.
type silenced struct {
	*memberlist.NetTransport
	said atomic.Int64
}

// WriteToAddress implements memberlist.NodeAwareTransport.
//
//nolint:unparam // the interface has the error
func (s *silenced) WriteToAddress([]byte, memberlist.Address) (time.Time, error) {
	s.said.Add(1)
	return time.Now(), nil
}

// pushPull is the type of the message by which memberlist nodes tell each other of all members.
const pushPull = 6

type pushPullHeader struct {
	Nodes, UserStateLen int
	Join                bool
}

type pushNodeState struct {
	Name        string
	Addr        []byte
	Port        uint16
	Meta        []byte
	Incarnation uint32
	State       int
	Vsn         []uint8
}

// tell makes node 0 know of members that do not exist.
func tell(ctx context.Context, members int) error {
	var b bytes.Buffer
	b.WriteByte(pushPull)
	enc := codec.NewEncoder(&b, &codec.MsgpackHandle{})
	if err := enc.Encode(&pushPullHeader{Nodes: members}); err != nil {
		return err
	}
	for i := range members {
		addr := address(i + 1)
		if err := enc.Encode(&pushNodeState{
			Name: name(i + 1), Addr: addr.AsSlice(), Port: port, Incarnation: 1,
			Vsn: []uint8{memberlist.ProtocolVersionMin, memberlist.ProtocolVersionMax, memberlist.ProtocolVersion2Compatible, 0, 0, 0},
		}); err != nil {
			return err
		}
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", netip.AddrPortFrom(address(0), port).String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(b.Bytes()); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn) // what it tells in return
	return err
}
