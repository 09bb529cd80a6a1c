// Writes operations as bytes.

package leafnode

import "strconv"

// AppendConnect appends a CONNECT with the JSON, which has no line breaks.
func AppendConnect(dst, json []byte) []byte {
	dst = append(dst, "CONNECT "...)
	dst = append(dst, json...)
	return append(dst, "\r\n"...)
}

// AppendPing appends a PING.
func AppendPing(dst []byte) []byte { return append(dst, "PING\r\n"...) }

// AppendPong appends a PONG.
func AppendPong(dst []byte) []byte { return append(dst, "PONG\r\n"...) }

// AppendSub appends a subscription to subject, in the queue group if that is not
// empty, of which there are weight members. It returns dst and a [NameError] for
// names that cannot be written.
func AppendSub(dst []byte, subject, queue string, weight int) ([]byte, error) {
	if err := checkSub(subject, queue); err != nil {
		return dst, err
	}
	return appendSub(dst, subject, queue, weight), nil
}

// AppendUnsub appends the end of a subscription.
func AppendUnsub(dst []byte, subject, queue string) ([]byte, error) {
	if err := checkSub(subject, queue); err != nil {
		return dst, err
	}
	return appendUnsub(dst, subject, queue), nil
}

// AppendMessage appends m, as HMSG if it has a header block and as LMSG if not. It
// returns dst and the error of [Message.Validate] when there is one.
func AppendMessage(dst []byte, m *Message) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return dst, err
	}
	return appendMessage(dst, m), nil
}

func checkSub(subject, queue string) error {
	if !ValidPattern(subject) {
		return &NameError{Kind: "subject", Name: subject}
	}
	if queue != "" && !ValidQueue(queue) {
		return &NameError{Kind: "queue", Name: queue}
	}
	return nil
}

func appendSub(dst []byte, subject, queue string, weight int) []byte {
	dst = append(dst, "LS+ "...)
	dst = append(dst, subject...)
	if queue != "" {
		dst = append(dst, ' ')
		dst = append(dst, queue...)
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, int64(max(weight, 1)), 10)
	}
	return append(dst, "\r\n"...)
}

func appendUnsub(dst []byte, subject, queue string) []byte {
	dst = append(dst, "LS- "...)
	dst = append(dst, subject...)
	if queue != "" {
		dst = append(dst, ' ')
		dst = append(dst, queue...)
	}
	return append(dst, "\r\n"...)
}

func appendMessage(dst []byte, m *Message) []byte {
	if m.Header > 0 {
		dst = append(dst, "HMSG "...)
	} else {
		dst = append(dst, "LMSG "...)
	}
	dst = append(dst, m.Subject...)
	dst = append(dst, ' ')
	switch {
	case len(m.Queues) > 0 && len(m.Reply) > 0:
		dst = append(dst, "+ "...)
	case len(m.Queues) > 0:
		dst = append(dst, "| "...)
	}
	if len(m.Reply) > 0 {
		dst = append(dst, m.Reply...)
		dst = append(dst, ' ')
	}
	for _, q := range m.Queues {
		dst = append(dst, q...)
		dst = append(dst, ' ')
	}
	if m.Header > 0 {
		dst = strconv.AppendInt(dst, int64(m.Header), 10)
		dst = append(dst, ' ')
	}
	dst = strconv.AppendInt(dst, int64(len(m.Data)), 10)
	dst = append(dst, "\r\n"...)
	dst = append(dst, m.Data...)
	return append(dst, "\r\n"...)
}
