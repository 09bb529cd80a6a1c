// What is wanted of the server, and how it is told.

package leafnode

import "fmt"

// topic is what is subscribed to.
type topic struct{ subject, queue string }

// Subscribe asks the server for the messages on the subject, which may have
// wildcards. With a queue group the server counts us as weight of its
// members. The weight 0 ends the subscription, another one replaces what was.
// What is wanted is kept, and told to the server whenever there is a connection: before the
// messages that are published afterwards, and of changes in quick succession
// the last. What the server does not permit is not told, and counted.
func (c *Conn) Subscribe(subject, queue string, weight int) error {
	if err := checkSub(subject, queue); err != nil {
		return err
	}
	if weight < 0 {
		return fmt.Errorf("%w: weight is %d, want 0 or more", ErrInvalid, weight)
	}
	key := topic{subject, queue}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted[key] == weight {
		return nil
	}
	if weight == 0 {
		delete(c.wanted, key)
	} else {
		c.wanted[key] = weight
	}
	if s := c.live; s != nil {
		s.dirty[key] = struct{}{}
		s.nudge()
	}
	return nil
}

// everythingDirty makes the writer look at all that is wanted. The caller holds the
// mutex.
func (s *session) everythingDirty() {
	s.dirty = make(map[topic]struct{}, len(s.c.wanted))
	for key := range s.c.wanted {
		s.dirty[key] = struct{}{}
	}
	for key := range s.sent {
		s.dirty[key] = struct{}{}
	}
}

// reconcile appends what makes the server know what is wanted. A server takes
// another weight as a change of the subscription it has. The caller holds the
// mutex.
func (s *session) reconcile(dst []byte) []byte {
	for key := range s.dirty {
		weight := s.c.wanted[key]
		if weight > 0 && !s.limits.maySubscribe(key.subject) {
			weight = 0
		}
		switch known := s.sent[key]; {
		case weight == known:
		case weight == 0:
			dst = appendUnsub(dst, key.subject, key.queue)
			delete(s.sent, key)
		case known > 0 && key.queue == "":
			s.sent[key] = weight
		default:
			dst = appendSub(dst, key.subject, key.queue, weight)
			s.sent[key] = weight
		}
	}
	clear(s.dirty)
	return dst
}
