// What can happen to the nodes and to the network between them.

package meshtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Meeting stands for the NATS server where the nodes meet, in [Mesh.Cut].
const Meeting = -1

// Kill ends nodes as a crash of their processes would, all at the same moment:
// their sockets are reset, and nobody is told. It returns when nothing of them is
// left. Nodes that have ended before are passed over.
func (m *Mesh) Kill(indexes ...int) {
	m.turn.Lock()
	defer m.turn.Unlock()
	victims := m.take(indexes, killed)
	if len(victims) > 0 {
		m.crash(victims)
	}
}

// crash takes nodes off the network at once, and then ends them.
func (m *Mesh) crash(victims []*Node) {
	hosts := make([]*host, len(victims))
	for i, n := range victims {
		hosts[i] = n.host
	}
	m.network.crash(hosts...)
	if err := each(victims, (*Node).dispose); err != nil {
		m.settings.log.Error().Err(err).Msg("meshtest_node_not_ended")
	}
}

// Leave ends nodes gracefully, all at the same time: see [kith.Node.Leave].
func (m *Mesh) Leave(ctx context.Context, indexes ...int) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	return each(m.take(indexes, left), func(n *Node) error {
		var err error
		if n.bridge != nil {
			err = n.bridge.Close(ctx)
		}
		err = errors.Join(err, n.Leave(ctx))
		m.network.crash(n.host)
		if err = errors.Join(err, n.dispose()); err != nil { //nolint:contextcheck // what is left ends in any case
			return fmt.Errorf("meshtest: leaving of %s: %w", m.name(n.Index), err)
		}
		return nil
	})
}

// Restart starts new lives of nodes, with the same IDs and, as a rule, other
// ports. Those that run are killed first.
func (m *Mesh) Restart(ctx context.Context, indexes ...int) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	if victims := m.take(indexes, killed); len(victims) > 0 {
		m.crash(victims)
	}
	return m.launchAll(ctx, slices.Compact(slices.Sorted(slices.Values(indexes))))
}

// Add starts further nodes, with the next indexes, which find those that run, and returns them. An
// error leaves none of them.
func (m *Mesh) Add(ctx context.Context, count int) ([]*Node, error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	if m.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if count < 1 {
		return nil, fmt.Errorf("%w: %d nodes to add", ErrOptions, count)
	}
	nodes := make([]*Node, count)
	places := make([]int, count)
	first := len(m.Nodes())
	for i := range places {
		places[i] = i
	}
	err := each(places, func(i int) (err error) {
		nodes[i], err = m.build(ctx, first+i)
		return err
	})
	if err != nil {
		m.crash(slices.DeleteFunc(nodes, func(n *Node) bool { return n == nil }))
		return nil, err
	}
	for _, n := range nodes {
		m.attend(n)
	}
	return nodes, nil
}

// Pause stops the traffic of nodes as SIGSTOP would: nothing goes in or out, and
// nobody sees a connection close. Unlike that of a stopped process their own
// clock goes on.
func (m *Mesh) Pause(indexes ...int) {
	m.turn.Lock()
	defer m.turn.Unlock()
	nodes := m.turnInto(indexes, alive, paused, PauseNode)
	m.network.change(func() {
		for _, n := range nodes {
			m.network.paused[n.Index] = true
		}
	})
}

// Resume ends a pause. What was sent to the nodes meanwhile arrives.
func (m *Mesh) Resume(indexes ...int) {
	m.turn.Lock()
	defer m.turn.Unlock()
	nodes := m.turnInto(indexes, paused, alive, ResumeNode)
	m.network.change(func() {
		for _, n := range nodes {
			delete(m.network.paused, n.Index)
		}
	})
}

// Cut makes all packets between two groups vanish, both ways: nobody sees a
// connection close, and dials hang until their deadline. Cuts add up until
// [Mesh.Heal]. A group may contain [Meeting]; as long as it does not, what the
// nodes tell each other through that server passes.
func (m *Mesh) Cut(a, b []int) {
	m.cut(a, b, b, a)
}

// CutOneWay makes all packets from one group to another vanish. What is sent the
// other way arrives, but as nothing comes back dials hang in both directions.
func (m *Mesh) CutOneWay(from, to []int) { m.cut(from, to, nil, nil) }

// cut blocks from a to b and from c to d.
func (m *Mesh) cut(a, b, c, d []int) {
	m.turn.Lock()
	defer m.turn.Unlock()
	m.network.change(func() {
		m.network.block(a, b)
		m.network.block(c, d)
	})
	m.note(Entry{At: time.Now(), Node: noNode, What: CutNetwork})
}

// Heal ends all cuts. What was sent meanwhile arrives, if the connections still
// exist.
func (m *Mesh) Heal() {
	m.turn.Lock()
	defer m.turn.Unlock()
	m.network.change(func() { clear(m.network.blocked) })
	m.note(Entry{At: time.Now(), Node: noNode, What: HealNetwork})
}
