package leafnode_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// What is queued comes with Push, in order with what is published, whoever writes it.
func TestQueueAndPush(t *testing.T) {
	nc, c, _, _ := attached(t, nil)
	sub := subscribe(t, nc, "x", "")
	const messages = 2000
	for i := range messages {
		m := &leafnode.Message{Subject: []byte("x"), Data: fmt.Append(nil, i)}
		err := c.Queue(m)
		if i%7 == 0 {
			err = c.Publish(&leafnode.Message{Subject: []byte("y"), Data: []byte("wakes the writer")})
		}
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 {
			c.Push()
		}
	}
	c.Push()
	for i := range messages {
		m, err := sub.NextMsg(patience)
		if err != nil || string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("%v where %d was due: %v", m, i, err)
		}
	}
}

// Several may push at a time.
func TestPushTogether(t *testing.T) {
	nc, c, _, _ := attached(t, nil)
	sub := subscribe(t, nc, "x", "")
	const pushers, messages = 4, 500
	var work sync.WaitGroup
	for range pushers {
		work.Go(func() {
			for range messages {
				if err := c.Queue(&leafnode.Message{Subject: []byte("x"), Data: []byte("x")}); err != nil {
					t.Error(err)
				}
				c.Push()
			}
		})
	}
	work.Wait()
	for i := range pushers * messages {
		if _, err := sub.NextMsg(patience); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
}
