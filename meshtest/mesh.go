// The mesh: how it starts, what it consists of, and how it ends.

package meshtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/identity"
)

// T is what [Run] needs of a test; *testing.T and *testing.B are one.
type T interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// mostStarting is how many nodes start, or end, at the same time.
const mostStarting = 16

// Mesh is a number of nodes in this process and the network between them. Its
// methods may be called from any goroutine; those that change the mesh take
// turns.
type Mesh struct {
	settings  settings
	network   *network
	meeting   *embedded.Server
	authority *identity.Authority // nil without TLS
	started   time.Time
	ctx       context.Context // ends with the mesh
	cancel    context.CancelFunc
	index     map[string]int // by ID
	turn      sync.Mutex     // held by whoever changes the mesh
	end       sync.Once

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every change
	last    time.Time     // of the latest change
	formed  time.Duration
	seats   []seat
	log     []Entry
	dropped int // entries that the log has lost at its beginning
	kill    *kill
}

// Run starts a mesh for a test, waits until it has settled, and closes it when
// the test ends. The test fails when that takes longer than [Within].
func Run(t T, opts ...Option) *Mesh {
	t.Helper()
	s := newSettings(opts)
	ctx, cancel := context.WithTimeout(context.Background(), s.within)
	defer cancel()
	m, err := Start(ctx, opts...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(m.Close)
	if err := m.AwaitSettled(ctx); err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Logf("meshtest: %d nodes settled after %v", s.nodes, m.Formed().Round(time.Millisecond))
	return m
}

// Start starts the nodes, all at about the same moment, and returns when they
// listen; see [Mesh.AwaitSettled]. The context bounds the start only. The caller
// ends the mesh by [Mesh.Close]; an error leaves nothing behind.
func Start(ctx context.Context, opts ...Option) (*Mesh, error) {
	s := newSettings(opts)
	if err := s.validate(); err != nil {
		return nil, err
	}
	m := &Mesh{
		settings: s,
		network:  newNetwork(),
		index:    make(map[string]int, s.nodes),
		changed:  make(chan struct{}),
		seats:    make([]seat, s.nodes),
	}
	for i := range s.nodes {
		m.index[m.name(i)] = i
	}
	m.ctx, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// certified is for how long certificates are valid: longer than any test.
const certified = 24 * time.Hour

func (m *Mesh) open(ctx context.Context) (err error) {
	m.meeting, err = embedded.Start(ctx, embedded.Config{Name: "meeting", Logger: m.settings.log})
	if err != nil {
		return fmt.Errorf("meshtest: the meeting server: %w", err)
	}
	if m.settings.secure {
		if m.authority, err = identity.NewAuthority(certified); err != nil {
			return err
		}
	}
	m.network.settle(serverAddr(m.meeting), Meeting)
	m.started = time.Now()
	m.last = m.started
	all := make([]int, m.settings.nodes)
	for i := range all {
		all[i] = i
	}
	return m.launchAll(ctx, all)
}

// name is the ID of node i: n00, n01 and so on, of equal length.
func (m *Mesh) name(i int) string {
	if i < 0 {
		return "meeting"
	}
	width := max(2, len(strconv.Itoa(m.settings.nodes-1)))
	return fmt.Sprintf("n%0*d", width, i)
}

// Nodes returns the current or, of those that have ended, the last life of every
// node, by index.
func (m *Mesh) Nodes() []*Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	nodes := make([]*Node, len(m.seats))
	for i := range m.seats {
		nodes[i] = m.seats[i].node
	}
	return nodes
}

// Node returns the current or last life of node i.
func (m *Mesh) Node(i int) *Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seats[i].node
}

// Alive returns the nodes that run: those that were not killed, have not left and
// are not paused.
func (m *Mesh) Alive() []*Node { return m.inState(alive) }

func (m *Mesh) inState(want condition) []*Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notice()
	var nodes []*Node
	for i := range m.seats {
		if m.seats[i].condition == want {
			nodes = append(nodes, m.seats[i].node)
		}
	}
	return nodes
}

// Meeting returns the NATS server where the nodes meet, which is also the shared
// one.
func (m *Mesh) Meeting() *embedded.Server { return m.meeting }

// Formed returns the time from the start of the first node to the last change
// before the mesh had first settled; 0 as long as nobody has waited for that by
// [Mesh.AwaitSettled].
func (m *Mesh) Formed() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.formed
}

// LastChange returns when a view or a link last changed, or a node was started,
// ended, paused or cut off.
func (m *Mesh) LastChange() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// Close ends all nodes and servers at once, and returns when nothing of them is
// left.
func (m *Mesh) Close() {
	m.end.Do(func() {
		m.turn.Lock()
		defer m.turn.Unlock()
		m.crash(m.vacate())
		m.cancel()
		if m.meeting != nil {
			m.meeting.Shutdown()
		}
		m.network.flushes.Wait()
	})
}

// each calls f for every element, several at the same time, and joins the errors.
func each[E any](list []E, f func(E) error) error {
	errs := make([]error, len(list))
	free := make(chan struct{}, mostStarting)
	var work sync.WaitGroup
	for i, e := range list {
		free <- struct{}{}
		work.Go(func() {
			errs[i] = f(e)
			<-free
		})
	}
	work.Wait()
	return errors.Join(errs...)
}
