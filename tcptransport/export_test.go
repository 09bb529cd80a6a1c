// What tests may see of a transport's inside.

package tcptransport

// SecondLook is how long a reader looks once more.
const SecondLook = secondLook

// Held returns how many links, seats and connections the transport remembers.
func (t *Transport) Held() (links, seats, conns int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.links), len(t.seats), len(t.conns)
}
