// Where the values really are.

package main

import "sync"

// database stands for the real one.
type database struct {
	mu     sync.Mutex
	values map[string]string
}

func newDatabase() *database { return &database{values: make(map[string]string)} }

func (d *database) read(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.values[key]
}

func (d *database) write(key, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.values[key] = value
}
