// What the core was asked last: messages on one subject tend to come together.

package natsbridge

// latest is the answer to a question about a subject, or an origin, as long as the core has taken no step
// since.
type latest struct {
	subject []byte
	step    uint64
	known   bool
	answer  bool
}

// get returns the answer, if it is about that subject and holds.
func (l *latest) get(b *Bridge, subject []byte) (answer, ok bool) {
	return l.answer, l.known && l.step == b.steps.Load() && string(l.subject) == string(subject)
}

// set notes an answer that was given under the mutex.
func (l *latest) set(b *Bridge, subject []byte, answer bool) {
	l.subject = append(l.subject[:0], subject...)
	l.step, l.answer, l.known = b.steps.Load(), answer, true
}
