// Meshes that are only drawn: what is wrong with them, and how they got well.

package meshtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// draw makes a mesh without any real node, in which node i has the given
// neighbors, wants three and knows ten others at most.
func draw(neighbors ...[]int) *Mesh {
	m := &Mesh{
		settings: settings{nodes: len(neighbors)},
		network:  newNetwork(),
		index:    make(map[string]int),
		changed:  make(chan struct{}),
		seats:    make([]seat, len(neighbors)),
	}
	for i, view := range neighbors {
		m.index[m.name(i)] = i
		s := &m.seats[i]
		s.node = &Node{Index: i, active: 3, known: 10, incarnation: 1}
		s.condition, s.view = alive, make(map[string]uint64)
		for _, b := range view {
			s.view[m.name(b)] = 1
		}
	}
	return m
}

// ring makes every node the neighbor of the next two, which is of four each.
func ring(n int) [][]int {
	all := make([][]int, n)
	for i := range all {
		for _, d := range []int{1, 2, n - 2, n - 1} {
			all[i] = append(all[i], (i+d)%n)
		}
	}
	return all
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		neighbors [][]int
		change    func(m *Mesh)
		want      string
	}{
		"alone":                {[][]int{{}}, nil, ""},
		"pair":                 {[][]int{{1}, {0}}, nil, ""},
		"nobody linked":        {[][]int{{}, {}}, nil, "n00 and n01 lack a neighbor each and are none; the mesh is in 2 pieces instead of 1: n00 | n01"},
		"full":                 {[][]int{{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}}, nil, ""},
		"odd one out":          {[][]int{{1, 2, 3}, {0, 2, 4}, {0, 1, 4}, {0, 4}, {1, 2, 3}}, nil, ""},
		"two lack two":         {[][]int{{1}, {0, 2, 3}, {1, 3}, {1, 2}}, nil, "n00 has 1 of 3 neighbors"},
		"one-sided":            {[][]int{{1, 2}, {0, 2}, {1}}, nil, "n00 has n02 but not the other way round"},
		"a stranger":           {[][]int{{1}, {0}}, func(m *Mesh) { m.seats[0].view["who"] = 1 }, "n00 has who, which is not of this mesh"},
		"an earlier life":      {[][]int{{1}, {0}}, func(m *Mesh) { m.seats[1].node.incarnation = 2 }, "n00 has an earlier life of n01; n01 has n00 but not the other way round"},
		"a dead one":           {[][]int{{1, 2}, {0, 2}, {0, 1}}, func(m *Mesh) { m.seats[2].condition = killed }, "n00 still has n02, which is killed; n01 still has n02, which is killed"},
		"cut, not noticed":     {[][]int{{1}, {0}}, cutBetween(0, 1), "n00 still has n01, from which it is cut off; n01 still has n00, from which it is cut off"},
		"cut one way":          {[][]int{{}, {}}, func(m *Mesh) { m.network.blocked[direction{0, 1}] = true }, ""},
		"two halves":           {[][]int{{1}, {0}, {3}, {2}}, cutHalves, ""},
		"two halves, one torn": {[][]int{{1}, {0}, {}, {}}, cutHalves, "n02 and n03 lack a neighbor each and are none; the mesh is in 3 pieces instead of 2: n00 n01 | n02 | n03"},
		"too large to know all": {ring(12), func(m *Mesh) {
			for _, pair := range [][2]int{{0, 1}, {6, 7}} { // of wanted 4 those have 3
				delete(m.seats[pair[0]].view, m.name(pair[1]))
				delete(m.seats[pair[1]].view, m.name(pair[0]))
			}
			for i := range m.seats {
				m.seats[i].node.active = 4
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := draw(c.neighbors...)
			if c.change != nil {
				c.change(m)
			}
			got := slices.Collect(m.faults())
			slices.Sort(got)
			if all := strings.Join(got, "; "); all != c.want && (c.want == "" || !strings.HasPrefix(all, c.want)) {
				t.Errorf("got  %s\nwant %s", all, c.want)
			}
		})
	}
}

func cutBetween(a, b int) func(m *Mesh) {
	return func(m *Mesh) {
		m.network.block([]int{a}, []int{b})
		m.network.block([]int{b}, []int{a})
	}
}

func cutHalves(m *Mesh) {
	m.network.block([]int{0, 1}, []int{2, 3})
	m.network.block([]int{2, 3}, []int{0, 1})
}

func TestLinkFaults(t *testing.T) {
	link := func(id string, s linker.State) linker.Link {
		return linker.Link{Peer: &views.Peer{ID: id, Incarnation: 1}, State: s}
	}
	m := draw([]int{1, 2}, []int{0, 2}, []int{0, 1})
	m.settings.links = linker.Connections
	m.seats[0].links = []linker.Link{link("n01", linker.Up), link("n02", linker.Waiting)}
	m.seats[1].links = []linker.Link{link("n00", linker.Up), link("n02", linker.Up), link("n09", linker.Up)}
	m.seats[2].links = []linker.Link{link("n00", linker.Up), link("n01", linker.Up)}
	want := []string{
		"the link of n00 to n02 is waiting (<nil>)",
		"n00 has 1 of 2 links up",
		"n01 has a link to n09, which is no neighbor",
	}
	if got := slices.Collect(m.faults()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	r := m.pictured()
	if r.Links.Mode != "connections" || r.Links.Wanted != 3 || r.Links.Up != 2 {
		t.Errorf("the links are %+v", r.Links)
	}
}

// story adds what happened to the record, in milliseconds after the kill.
func story(m *Mesh, begin time.Time, entries ...Entry) {
	for i, e := range entries {
		e.At = begin.Add(time.Duration(i+1) * time.Millisecond)
		if e.Incarnation == 0 {
			e.Incarnation = 1
		}
		m.record(e)
		s := &m.seats[e.Node]
		switch e.What {
		case NeighborUp:
			s.view[e.Peer] = e.Incarnation
		case NeighborDown:
			delete(s.view, e.Peer)
		case StartNode, KillNode, LeaveNode, PauseNode, ResumeNode, CutNetwork, HealNetwork, Isolated:
		}
	}
}

func strike(m *Mesh, at time.Time, victims ...int) {
	var nodes []*Node
	for _, i := range victims {
		m.seats[i].condition = killed
		nodes = append(nodes, m.seats[i].node)
	}
	m.kill = m.beginKill(at, nodes)
}

func TestRepairIsReadFromTheRecord(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Unix(1000, 0)
	up := func(node int, peer string) Entry { return Entry{What: NeighborUp, Node: node, Peer: peer} }
	down := func(node int, peer string) Entry {
		return Entry{What: NeighborDown, Node: node, Peer: peer, Reason: membership.Closed}
	}
	// Six nodes want three each: 0 and 1 lose 4, 2 loses 4 and 5, 3 loses 5.
	before := [][]int{{1, 3, 4}, {0, 3, 4}, {4, 5}, {0, 1, 5}, {0, 1, 2}, {2, 3}}
	m := draw(before...)
	story(m, begin.Add(-time.Hour), down(0, "n02"), up(0, "n03")) // long ago
	strike(m, begin, 4, 5)

	if r := m.Repair(); r.Killed != 2 || r.Affected != 4 || r.Undetected != 5 || len(r.Detect) != 0 || r.Short != 4 {
		t.Errorf("before anything is seen the repair is %+v", r)
	}
	story(
		m, begin,
		down(0, "n04"),          // 1 ms
		down(2, "n04"),          // 2
		up(0, "n02"),            // 3: 0 is whole
		up(2, "n00"),            // 4
		down(1, "n04"),          // 5
		up(2, "n01"),            // 6
		up(1, "n02"),            // 7: 1 is whole
		down(2, "n05"),          // 8: 2 has two, and gained at 6
		down(0, "n03"),          // 9: that is a matter of its own,
		up(0, "n03"),            // 10: and no part of the repair
		down(3, "n05"),          // 11: 3 gains nobody
		Entry{What: CutNetwork}, // 12
	)
	r := m.Repair()
	if want := []time.Duration{1 * ms, 2 * ms, 5 * ms, 8 * ms, 11 * ms}; !slices.Equal(r.Detect, want) {
		t.Errorf("detected after %v, want %v", r.Detect, want)
	}
	if want := []time.Duration{3 * ms, 6 * ms, 7 * ms, 11 * ms}; !slices.Equal(r.Repaired, want) {
		t.Errorf("repaired after %v, want %v", r.Repaired, want)
	}
	if r.Short != 2 || r.Undetected != 0 || r.Affected != 4 || !r.At.Equal(begin) {
		t.Errorf("the repair is %+v", r)
	}
	// Whoever dies later is not a survivor, and a new life of the dead is healthy.
	m.seats[2].condition = killed
	story(m, begin.Add(time.Hour), Entry{What: NeighborUp, Node: 3, Peer: "n05", Incarnation: 2})
	if r := m.Repair(); r.Affected != 3 || r.Short != 0 || slices.Max(r.Repaired) != time.Hour+ms {
		t.Errorf("in the end the repair is %+v", r)
	}
}

// An event from before the kill that is only seen after it changes who is
// affected.
func TestRepairKnowsNeighborsGainedJustBeforeTheKill(t *testing.T) {
	begin := time.Unix(1000, 0)
	m := draw([]int{}, []int{})
	strike(m, begin, 1)
	m.record(Entry{At: begin.Add(-time.Microsecond), What: NeighborUp, Node: 0, Peer: "n01", Incarnation: 1})
	if r := m.Repair(); r.Affected != 1 || r.Undetected != 1 {
		t.Errorf("the repair is %+v", r)
	}
	m.record(Entry{At: begin.Add(time.Millisecond), What: NeighborDown, Node: 0, Peer: "n01", Incarnation: 1})
	if r := m.Repair(); r.Undetected != 0 || !slices.Equal(r.Repaired, []time.Duration{time.Millisecond}) {
		t.Errorf("the repair is %+v", r)
	}
}

func TestRecordIsBounded(t *testing.T) {
	m := draw([]int{1}, []int{0})
	for i := range mostEntries + 1 {
		m.record(Entry{At: time.Unix(int64(i), 0), What: NeighborUp, Node: 0, Peer: "n01", Incarnation: 1})
	}
	if got := len(m.Timeline()); got > mostEntries || got < mostEntries/2 || m.dropped+got != mostEntries+1 {
		t.Errorf("%d entries are left, %d dropped", got, m.dropped)
	}
	if last := m.LastChange(); !last.Equal(time.Unix(mostEntries, 0)) {
		t.Errorf("the last change was %v", last)
	}
}

func TestSnapshotIsRecordedAsTheDifference(t *testing.T) {
	m := draw([]int{1, 2}, []int{0}, []int{0})
	s := &m.seats[0]
	m.resync(s, Entry{Node: 0, At: time.Unix(1, 0)}, []views.Peer{{ID: "n02", Incarnation: 2}, {ID: "n03", Incarnation: 1}})
	var got []string
	for _, e := range m.Timeline() {
		got = append(got, string(e.What)+" "+e.Peer)
	}
	if want := []string{"neighbor_down n01", "neighbor_down n02", "neighbor_up n02", "neighbor_up n03"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := map[string]uint64{"n02": 2, "n03": 1}; !maps.Equal(s.view, want) {
		t.Errorf("the view is %v", s.view)
	}
}
