// The feed of a list: what it is now, every change to it, and readers that never hold up
// whoever changes it.

package kith

import (
	"context"
	"iter"
	"sync"
)

// mostBuffered is how many events wait for one reader before they are dropped in
// favor of a new snapshot.
const mostBuffered = 256

// feed hands events about a list of T to readers. The mutex guards the list too.
type feed[T, E any] struct {
	mu sync.Mutex
	// newest returns the list, which nobody changes any more, and snapshot the event
	// that tells it. Both are called with the mutex.
	newest   func() []T
	snapshot func([]T) E

	version  uint64
	closed   bool
	readers  map[*reader[E]]struct{}
	overruns uint64
}

// reader is one range over events or lists.
type reader[E any] struct {
	wake   chan struct{} // holds one token while there is news
	events []E
	resync bool // the events were dropped, or none was given yet
}

// rouse tells a reader that there is news.
func (r *reader[E]) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// changed hands what has changed the list to the readers. The mutex is held.
func (f *feed[T, E]) changed(events ...E) {
	f.version += uint64(len(events))
	for r := range f.readers {
		for _, e := range events {
			f.hand(r, e)
		}
	}
}

// hand gives one reader an event, or makes it start over when it is too far behind.
func (f *feed[T, E]) hand(r *reader[E], e E) {
	if len(r.events) >= mostBuffered {
		r.events, r.resync = nil, true
		f.overruns++
	}
	if !r.resync {
		r.events = append(r.events, e)
	}
	r.rouse()
}

func (f *feed[T, E]) subscribe() *reader[E] {
	r := &reader[E]{wake: make(chan struct{}, 1), resync: true}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readers == nil {
		f.readers = make(map[*reader[E]]struct{})
	}
	f.readers[r] = struct{}{}
	r.rouse()
	return r
}

func (f *feed[T, E]) unsubscribe(r *reader[E]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.readers, r)
}

// close ends all ranges once they have seen what is still buffered. From then on the
// list is empty.
func (f *feed[T, E]) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.version++
	for r := range f.readers {
		r.rouse()
	}
}

// list returns the newest list. The mutex is held.
func (f *feed[T, E]) list() []T {
	if f.closed {
		return nil
	}
	return f.newest()
}

// take returns what a reader has not seen, and whether more can come.
func (f *feed[T, E]) take(r *reader[E]) (events []E, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.resync {
		r.events, r.resync = nil, false
		return []E{f.snapshot(f.list())}, !f.closed
	}
	events, r.events = r.events, nil
	return events, !f.closed
}

// current returns the list and the number of changes that led to it.
func (f *feed[T, E]) current() (list []T, version uint64, closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.list(), f.version, f.closed
}

// events yields a snapshot and then every change, until ctx ends or the feed.
func (f *feed[T, E]) events(ctx context.Context) iter.Seq[E] {
	return func(yield func(E) bool) {
		r := f.subscribe()
		defer f.unsubscribe(r)
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			events, more := f.take(r)
			for _, e := range events {
				if !yield(e) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// watch yields the current list and then each newer one, leaving out those that came
// and went meanwhile.
func (f *feed[T, E]) watch(ctx context.Context) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		r := f.subscribe()
		defer f.unsubscribe(r)
		seen := uint64(0)
		for first := true; ; first = false {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			list, version, closed := f.renewed(r)
			if (first || version != seen) && !yield(list) {
				return
			}
			if closed {
				return
			}
			seen = version
		}
	}
}

// renewed is current for a reader that does not want the events.
func (f *feed[T, E]) renewed(r *reader[E]) (list []T, version uint64, closed bool) {
	f.mu.Lock()
	r.events, r.resync = nil, true // nothing is collected for it
	f.mu.Unlock()
	return f.current()
}
