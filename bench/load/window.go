// How far ahead the publisher may be.

package load

// The window where none is given: what a NATS cluster is fastest with, or nearly so,
// at every size. With less there is less to send at once; with megabytes its buffers
// grow large and it slows down.
const (
	mostAhead      = 1024
	mostAheadBytes = 512 << 10
)

// AboutWindow describes the flag that is given to [Window].
const AboutWindow = "how many messages the publisher may be ahead of the slowest node; 0 is 1024, or 512 KiB if that is less"

// Window is the window for payloads of that size in bytes: the given one, or the default for 0.
func Window(given, size int) int {
	if given > 0 {
		return given
	}
	return max(min(mostAhead, mostAheadBytes/size), 1)
}
