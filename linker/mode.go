// The two kinds of link.

package linker

import "fmt"

// Mode says what a link is made of. All nodes of a cluster use the same one.
type Mode uint8

// The modes.
const (
	// Connections links a pair of neighbors by a NATS connection of one of them
	// to the other's server.
	Connections Mode = iota + 1
	// Subscriptions links neighbors by subscriptions on a NATS they all share.
	Subscriptions
)

// String returns the mode's name in lower case, as [ParseMode] reads it.
func (m Mode) String() string {
	switch m {
	case Connections:
		return "connections"
	case Subscriptions:
		return "subscriptions"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// MarshalText implements [encoding.TextMarshaler] with the mode's name.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// ParseMode returns the mode of that name, or a [ConfigError].
func ParseMode(name string) (Mode, error) {
	for _, m := range []Mode{Connections, Subscriptions} {
		if name == m.String() {
			return m, nil
		}
	}
	return 0, &ConfigError{Field: "Mode", Value: name, Want: "connections or subscriptions"}
}
