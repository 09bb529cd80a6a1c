// Reads operations from bytes as they come.

package leafnode

import "bytes"

const (
	// MaxLine is the longest control line of an INFO and of a message, in bytes,
	// its end included: what nats-server takes from a leaf node in its default
	// settings. A message names its subject, its reply and any number of queue groups.
	MaxLine = 64 << 10
	// maxShortLine bounds every other line: a subject and a queue group of 4 KiB
	// each, and what is around them.
	maxShortLine = 2*MaxName + 64

	// lineOverhead is the most that a message takes beside its names and its data:
	// "HMSG ", "+ ", two sizes, spaces and the two line ends.
	lineOverhead = 40
	// maxDigits is the longest number.
	maxDigits = 9
)

// Kind says what an operation is.
type Kind uint8

// The operations, and the fields of [Op] that they use.
const (
	KindInfo    Kind = iota + 1 // Text is JSON
	KindPing                    // nothing
	KindPong                    // nothing
	KindOK                      // nothing
	KindErr                     // Text is what the server says, without quotes
	KindSub                     // Subject, Queue, Weight
	KindUnsub                   // Subject, Queue
	KindMessage                 // Message
)

// Op is one operation. Its slices are parts of the buffer that was parsed, except
// Message.Queues, which is used again for the next operation.
type Op struct {
	Kind    Kind
	Text    []byte
	Subject []byte // of a subscription; any bytes but white space
	Queue   []byte // empty for a subscription without a queue group
	Weight  int    // members of the queue group, 1 without one
	Message Message
}

// Parser finds operations at the front of a buffer that its owner fills. It takes
// the names of operations in capitals, as servers write them.
type Parser struct {
	// MaxPayload is the largest message taken, in bytes, headers included.
	MaxPayload int

	scanned int // so many bytes are known to hold no line end
	need    int // so many bytes must be there before it is worth looking again
}

// Need returns how many bytes the buffer must have before Next can find an
// operation, as far as is known.
func (p *Parser) Need() int { return p.need }

// Next parses the operation at the front of buf and returns its length. It returns
// 0 when the operation is not complete: the next call must then be given the same
// bytes and more. An error matches [ErrProtocol] and is final.
func (p *Parser) Next(buf []byte, op *Op) (int, error) {
	if len(buf) < p.need || len(buf) == 0 {
		return 0, nil
	}
	at := bytes.IndexByte(buf[p.scanned:], '\n')
	if at < 0 {
		p.scanned, p.need = len(buf), len(buf)+1
		if len(buf) >= lineLimit(buf) {
			return 0, unexpected(buf, "a shorter line")
		}
		if !canBegin(buf[0]) {
			return 0, unexpected(buf, "an operation")
		}
		return 0, nil
	}
	end := p.scanned + at + 1
	if end > lineLimit(buf) {
		return 0, unexpected(buf, "a shorter line")
	}
	line := buf[:end-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	size, err := p.line(line, op)
	if err != nil {
		return 0, err
	}
	if op.Kind == KindMessage {
		total := end + size + 2
		if len(buf) < total {
			p.scanned, p.need = end-1, total
			return 0, nil
		}
		if buf[total-2] != '\r' || buf[total-1] != '\n' {
			return 0, unexpected(buf[total-2:total], "the end of a message")
		}
		op.Message.Data = buf[end : total-2]
		end = total
	}
	p.scanned, p.need = 0, 0
	return end, nil
}

// canBegin finds out early that somebody does not speak the protocol.
func canBegin(b byte) bool {
	switch b {
	case 'I', 'P', '+', '-', 'L', 'H':
		return true
	default:
		return false
	}
}

// lineLimit returns how long the line that begins buf may be.
func lineLimit(buf []byte) int {
	if len(buf) >= 4 {
		switch string(buf[:4]) {
		case "INFO", "LMSG", "HMSG":
			return MaxLine
		}
	}
	return maxShortLine
}

// line parses a line without its end, and returns the size of the data that
// follows a message.
func (p *Parser) line(line []byte, op *Op) (int, error) {
	name, rest := line, []byte(nil)
	if at := bytes.IndexByte(line, ' '); at >= 0 {
		name, rest = line[:at], line[at:]
	}
	switch string(name) {
	case "LMSG":
		return p.message(line, rest, false, op)
	case "HMSG":
		return p.message(line, rest, true, op)
	case "LS+":
		return 0, subscription(line, rest, op)
	case "LS-":
		return 0, withdrawal(line, rest, op)
	case "PING":
		op.Kind = KindPing
	case "PONG":
		op.Kind = KindPong
	case "+OK":
		op.Kind = KindOK
	case "-ERR":
		op.Kind = KindErr
		op.Text = bytes.Trim(rest, " '")
	case "INFO":
		op.Kind = KindInfo
		op.Text = bytes.TrimSpace(rest)
	default:
		return 0, unexpected(line, "an operation")
	}
	return 0, nil
}

// message parses what follows the name of a message:
//
//	LMSG subject [reply] size
//	LMSG subject + reply queue... size
//	LMSG subject | queue... size
//
// An HMSG has the size of its header block before the size of all.
func (p *Parser) message(line, rest []byte, headers bool, op *Op) (int, error) {
	op.Kind = KindMessage
	m := &op.Message
	m.Subject, rest = cutFirst(rest)
	rest, digits := cutLast(rest)
	size, ok := number(digits)
	if !ok {
		return 0, unexpected(line, "a subject and a size")
	}
	if size > p.MaxPayload {
		return 0, unexpected(line, "a smaller message")
	}
	m.Header = 0
	if headers {
		rest, digits = cutLast(rest)
		if m.Header, ok = number(digits); !ok || m.Header > size {
			return 0, unexpected(line, "a header size within the size")
		}
	}
	m.Reply, m.Queues, m.Data = nil, m.Queues[:0], nil
	if len(rest) == 0 {
		return size, nil
	}
	mark, rest := cutFirst(rest)
	if len(rest) == 0 {
		m.Reply = mark
		return size, nil
	}
	switch string(mark) {
	case "+":
		m.Reply, rest = cutFirst(rest)
	case "|":
	default:
		return 0, unexpected(line, "+ or | before queue groups")
	}
	for len(rest) > 0 {
		var queue []byte
		queue, rest = cutFirst(rest)
		m.Queues = append(m.Queues, queue)
	}
	return size, nil
}

// subscription parses "subject" or "subject queue weight".
func subscription(line, rest []byte, op *Op) error {
	op.Kind, op.Weight = KindSub, 1
	op.Subject, rest = cutFirst(rest)
	op.Queue, rest = cutFirst(rest)
	if len(op.Subject) == 0 {
		return unexpected(line, "a subject")
	}
	if len(op.Queue) == 0 {
		return nil
	}
	digits, rest := cutFirst(rest)
	weight, ok := number(digits)
	if !ok || len(rest) > 0 {
		return unexpected(line, "a subject, or one with a queue group and its weight")
	}
	op.Weight = max(weight, 1)
	return nil
}

// withdrawal parses "subject" or "subject queue".
func withdrawal(line, rest []byte, op *Op) error {
	op.Kind, op.Weight = KindUnsub, 0
	op.Subject, rest = cutFirst(rest)
	op.Queue, rest = cutFirst(rest)
	if len(op.Subject) == 0 || len(rest) > 0 {
		return unexpected(line, "a subject, or one with a queue group")
	}
	return nil
}

// cutFirst returns the first word of s and what is behind it, without the spaces
// between them.
func cutFirst(s []byte) (word, rest []byte) {
	s = trimLeft(s)
	at := bytes.IndexByte(s, ' ')
	if at < 0 {
		return s, nil
	}
	return s[:at], trimLeft(s[at:])
}

// cutLast returns the last word of s and what is before it.
func cutLast(s []byte) (rest, word []byte) {
	s = trimRight(s)
	at := bytes.LastIndexByte(s, ' ')
	if at < 0 {
		return nil, s
	}
	return trimRight(s[:at]), s[at+1:]
}

func trimLeft(s []byte) []byte {
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	return s
}

func trimRight(s []byte) []byte {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// number reads digits.
func number(digits []byte) (int, bool) {
	if len(digits) == 0 || len(digits) > maxDigits {
		return 0, false
	}
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = 10*n + int(d-'0')
	}
	return n, true
}
