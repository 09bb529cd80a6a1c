// An attachment to a NATS server, and the protocol without one.

package leafnode_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// listener is a handler that passes on what clients of the server want and say.
type listener struct {
	interest chan string
	messages chan string
}

func (l listener) Up(leafnode.Server) {}
func (l listener) Synced()            {}
func (l listener) Pause()             {}
func (l listener) Down(error)         {}

func (l listener) Interest(subject, _ string, weight int) {
	if subject == "orders.*" && weight > 0 { // servers have subjects of their own besides
		l.interest <- subject
	}
}

func (l listener) Message(m *leafnode.Message) {
	l.messages <- fmt.Sprintf("%s: %s", m.Subject, m.Data)
}

// A server's clients are heard and answered, without being one of them.
func ExampleNew() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Config{LeafNodes: true})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Shutdown()
	l := listener{make(chan string, 1), make(chan string, 1)}
	conn, err := leafnode.New(leafnode.Config{URL: server.LeafURL(), Cluster: "example", Handler: l})
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Start(); err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	client, err := server.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	sub, err := client.SubscribeSync("orders.*")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a client wants", <-l.interest)
	if err := conn.Publish(&leafnode.Message{Subject: []byte("orders.new"), Data: []byte("two apples")}); err != nil {
		log.Fatal(err)
	}
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("and gets %s\n", m.Data)
	// Output:
	// a client wants orders.*
	// and gets two apples
}

// The protocol itself has no IO: whoever has bytes of a server finds the operations in them.
func ExampleParser() {
	p := leafnode.Parser{MaxPayload: 1 << 20}
	rest := []byte("LS+ orders.*\r\nLMSG orders.new 10\r\ntwo apples\r\nPI")
	for {
		var op leafnode.Op
		n, err := p.Next(rest, &op)
		if err != nil {
			fmt.Println(err)
			return
		}
		if n == 0 {
			fmt.Printf("%q is to be continued\n", rest)
			return
		}
		switch op.Kind {
		case leafnode.KindSub:
			fmt.Printf("interest in %s\n", op.Subject)
		case leafnode.KindMessage:
			fmt.Printf("%s on %s\n", op.Message.Data, op.Message.Subject)
		case leafnode.KindInfo, leafnode.KindPing, leafnode.KindPong, leafnode.KindOK, leafnode.KindErr, leafnode.KindUnsub:
		}
		rest = rest[n:]
	}
	// Output:
	// interest in orders.*
	// two apples on orders.new
	// "PI" is to be continued
}
