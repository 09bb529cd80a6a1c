// What is in a message: its number and the time it was sent at.

package load

import (
	"encoding/binary"
	"fmt"
	"time"
)

// LeastSize is the smallest payload: the number, the time, and the number again.
const LeastSize = 24

// probe is the number of messages that only find out who is reached. Those that
// are measured are numbered from 1.
const probe = 0

// write fills in a payload. The number is repeated at the end, so that one which
// was cut, or mixed up with another, is recognized.
func write(payload []byte, number uint64, sent time.Duration) {
	binary.LittleEndian.PutUint64(payload, number)
	binary.LittleEndian.PutUint64(payload[8:], uint64(sent))
	binary.LittleEndian.PutUint64(payload[len(payload)-8:], number)
}

// read returns what is in a payload of that size.
func read(payload []byte, size int) (number uint64, sent time.Duration, err error) {
	if len(payload) != size {
		return 0, 0, fmt.Errorf("%d bytes instead of %d", len(payload), size)
	}
	number = binary.LittleEndian.Uint64(payload)
	if again := binary.LittleEndian.Uint64(payload[size-8:]); again != number {
		return 0, 0, fmt.Errorf("begins as message %d and ends as %d", number, again)
	}
	return number, time.Duration(binary.LittleEndian.Uint64(payload[8:])), nil
}
