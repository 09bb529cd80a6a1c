// Two transports, and a message between them.

package tcptransport_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// inbox is a handler that passes on what it is given.
type inbox chan string

func (i inbox) Received(from *views.Peer, _ uint64, m membership.Message) {
	i <- fmt.Sprint(m.Kind, " from ", from.ID)
}

func (i inbox) Lost(*views.Peer, uint64, membership.Reason, error) {}

func (i inbox) Join(context.Context, membership.Message) (membership.Message, error) {
	return membership.Message{}, fmt.Errorf("nobody is let in here")
}

// Send makes a link to the peer when there is none. In a service kith.Start does all this.
func ExampleListen() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	heard := make(inbox, 1)
	listen := func(id string) (*tcptransport.Transport, *views.Peer) {
		cfg := tcptransport.DefaultConfig()
		cfg.Cluster, cfg.Bind = "orders", "127.0.0.1:0"
		t, err := tcptransport.Listen(ctx, cfg)
		if err != nil {
			log.Fatal(err)
		}
		self := &views.Peer{ID: id, Incarnation: 1, Addr: t.Addr().String()}
		t.Start(self, heard)
		return t, self
	}
	here, _ := listen("a")
	defer here.Stop()
	there, peer := listen("b")
	defer there.Stop()
	if err := here.Send(peer, 0, &membership.Message{Kind: membership.Heartbeat}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-heard)
	// Output: Heartbeat from a
}

// Durations are counted in ranges, as a histogram of Prometheus wants them.
func ExampleDurationBounds() {
	var d tcptransport.Durations
	d.Add(30 * time.Millisecond)
	d.Add(time.Hour)
	bounds := tcptransport.DurationBounds()
	fmt.Println(d.Count(), "durations, of which", d.Counts[len(bounds)], "longer than", bounds[len(bounds)-1])
	// Output: 2 durations, of which 1 longer than 5m0s
}
