// A message, in either direction.

package leafnode

import "fmt"

// Message is one LMSG or HMSG. The slices of a message that was received are valid
// until the handler returns.
type Message struct {
	// Subject is where the message goes, and Reply where answers are awaited, empty
	// when none are.
	Subject, Reply []byte
	// Queues are the queue groups to be served, one member of each. A message
	// without them reaches no queue group at all.
	Queues [][]byte
	// Header is how many bytes of Data are the header block, 0 when there is none.
	Header int
	// Data is the header block and the payload. The server's limit on payloads is
	// one on both together.
	Data []byte
}

// Validate returns nil when the message can be written, and else an error that
// matches [ErrInvalid], such as a [NameError] or a [HeaderError].
func (m *Message) Validate() error {
	if !ValidSubject(m.Subject) {
		return &NameError{Kind: "subject", Name: string(m.Subject)}
	}
	if len(m.Reply) > 0 && !ValidSubject(m.Reply) {
		return &NameError{Kind: "reply", Name: string(m.Reply)}
	}
	line := len(m.Subject) + len(m.Reply) + lineOverhead
	for _, q := range m.Queues {
		if !ValidQueue(q) {
			return &NameError{Kind: "queue", Name: string(q)}
		}
		line += len(q) + 1
	}
	if line > MaxLine {
		return fmt.Errorf("%w: the names of a message are %d bytes, want at most %d", ErrInvalid, line, MaxLine)
	}
	if m.Header < 0 || m.Header > len(m.Data) {
		return &HeaderError{Header: m.Header, Data: len(m.Data)}
	}
	return nil
}

// size returns how many bytes the message takes when it is written, at most.
func (m *Message) size() int {
	size := lineOverhead + len(m.Subject) + len(m.Reply) + len(m.Data)
	for _, q := range m.Queues {
		size += len(q) + 1
	}
	return size
}
