// A network of hosts on this machine: namespaces around a bridge, and packets that get lost.

//go:build linux

package integration_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// lab is a network of its own, cut off from every other one.
type lab struct {
	// prefix begins the names of its namespaces, and is nobody else's. What a test that was
	// killed has left is listed by: ip netns list | grep ^kith-
	prefix string
	hosts  []*host

	mu   sync.Mutex
	lost map[way]bool // packets that do not arrive
}

// host is a network namespace with one address.
type host struct {
	lab  *lab
	name string
	ns   string
	ip   string
	mac  string
}

// way is from one host to another.
type way struct{ from, to *host }

// nowhere is the hardware address of nobody.
const nowhere = "02:6b:ff:ff:ff:ff"

// newLab makes n hosts, which go with the test. It skips the test where that cannot
// be done.
func newLab(t *testing.T, n int) *lab {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root: this test did not run")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skipf("network namespaces need the command ip of iproute2: this test did not run: %v", err)
	}
	l := &lab{prefix: fmt.Sprintf("kith-%08x-", rand.Uint32()), lost: make(map[way]bool)}
	bridge := l.prefix + "net"
	if err := batch("", "netns add "+bridge); err != nil {
		t.Skipf("no network namespaces here: this test did not run: %v", err)
	}
	t.Cleanup(func() { l.close(t, bridge) })
	for i := range n {
		name := fmt.Sprintf("h%d", i+1)
		l.hosts = append(l.hosts, &host{
			lab: l, name: name, ns: l.prefix + name,
			ip: fmt.Sprintf("10.83.0.%d", i+1), mac: fmt.Sprintf("02:6b:00:00:00:%02x", i+1),
		})
	}
	if err := l.wire(bridge); err != nil {
		t.Fatal(err)
	}
	return l
}

// wire makes the hosts and plugs them into the bridge.
func (l *lab) wire(bridge string) error {
	var spaces []string
	ports := []string{"link add br0 type bridge", "link set br0 up"}
	for _, h := range l.hosts {
		spaces = append(spaces,
			"netns add "+h.ns,
			fmt.Sprintf("link add %s netns %s type veth peer name eth0 address %s netns %s", h.name, bridge, h.mac, h.ns))
		ports = append(ports, fmt.Sprintf("link set %s master br0 up", h.name))
	}
	if err := batch("", spaces...); err != nil {
		return err
	}
	if err := batch(bridge, ports...); err != nil {
		return err
	}
	for _, h := range l.hosts {
		lines := []string{"link set lo up", "link set eth0 up", "addr add " + h.ip + "/24 dev eth0"}
		for _, other := range l.hosts {
			if other != h {
				lines = append(lines, neighborLine(other.ip, other.mac))
			}
		}
		if err := batch(h.ns, lines...); err != nil {
			return err
		}
	}
	return nil
}

// neighborLine makes packets to an address go to that hardware address.
func neighborLine(ip, mac string) string {
	return fmt.Sprintf("neigh replace %s lladdr %s dev eth0 nud permanent", ip, mac)
}

// close removes the namespaces, and with them all that is in them.
func (l *lab) close(t *testing.T, bridge string) {
	for _, h := range l.hosts {
		if err := batch("", "netns del "+h.ns); err != nil {
			t.Error(err)
		}
	}
	if err := batch("", "netns del "+bridge); err != nil {
		t.Error(err)
	}
}

// batch runs lines of the command ip in a namespace, or in this process's own.
func batch(ns string, lines ...string) error {
	args := []string{"-batch", "-"}
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	cmd := exec.Command("ip", args...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// command is exec.Command on this host.
func (h *host) command(path string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", h.ns, path}, args...)...)
}

// lose makes all packets on these ways vanish: they are sent to nobody's hardware
// address, so neither end is told anything.
func (l *lab) lose(t *testing.T, ways ...way) {
	t.Helper()
	l.set(t, true, ways)
}

// mend lets all packets through again.
func (l *lab) mend(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	var ways []way
	for w := range l.lost {
		ways = append(ways, w)
	}
	l.mu.Unlock()
	l.set(t, false, ways)
}

func (l *lab) set(t *testing.T, lost bool, ways []way) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := make(map[*host][]string)
	var order []*host // as given: what one host sends changes at one moment
	for _, w := range ways {
		if w.from == w.to || l.lost[w] == lost {
			continue
		}
		mac := w.to.mac
		if lost {
			mac = nowhere
			l.lost[w] = true
		} else {
			delete(l.lost, w)
		}
		if lines[w.from] == nil {
			order = append(order, w.from)
		}
		lines[w.from] = append(lines[w.from], neighborLine(w.to.ip, mac))
	}
	for _, h := range order {
		if err := batch(h.ns, lines[h]...); err != nil {
			t.Fatal(err)
		}
	}
}

// between are all ways from one group to the other, and back.
func between(a, b []*host) []way {
	var ways []way
	for _, x := range a {
		for _, y := range b {
			ways = append(ways, way{x, y})
		}
	}
	for _, y := range b {
		for _, x := range a {
			ways = append(ways, way{y, x})
		}
	}
	return ways
}

// around are all ways from a host and to it.
func (h *host) around() []way { return between([]*host{h}, h.lab.hosts) }

// through reports whether packets pass between two hosts, both ways.
func (l *lab) through(a, b *host) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost[way{a, b}] && !l.lost[way{b, a}]
}
