// Planes: messages of what is built on Kith, apart from those of the application.

package kith

import (
	"context"
	"fmt"

	"github.com/kithmesh/kith/views"
)

// Plane is a space of subjects of its own, for what is built on Kith and shares a
// node with an application: what is published or sent on a plane is delivered to
// subscriptions of the same plane, and to no others, whatever their patterns.
type Plane struct {
	node *Node
	name string
}

// PlaneEnvelope is by how many bytes a message on a plane may be longer than
// [Config.MaxPayload], so that a message of that size can be carried in it.
const PlaneEnvelope = 32 << 10

// Plane returns the plane of that name, a token of a subject. Planes need not be
// closed: those of the same name are one. An error matches [ErrSubject].
func (n *Node) Plane(name string) (*Plane, error) {
	if !views.ValidToken(name) {
		return nil, &SubjectError{clipped(name), fmt.Sprintf("1 to %d letters, digits, - and _, as the name of a plane", views.MaxID)}
	}
	return &Plane{node: n, name: name + "."}, nil
}

// Publish is [Node.Publish] on the plane.
func (p *Plane) Publish(ctx context.Context, subject string, data []byte, opts ...PublishOption) error {
	if err := validSubject(subject); err != nil {
		return err
	}
	return p.node.publish(ctx, kindPlane, p.name+subject, data, opts)
}

// Send is [Node.Send] on the plane.
func (p *Plane) Send(ctx context.Context, node, subject string, data []byte, opts ...PublishOption) error {
	if err := validSubject(subject); err != nil {
		return err
	}
	return p.node.send(ctx, node, kindPlane, p.name+subject, data, opts)
}

// Subscribe is [Node.Subscribe] on the plane. The subjects of messages begin with its name
// and a dot.
func (p *Plane) Subscribe(pattern string, handler func(*Message), opts ...SubscribeOption) (*Subscription, error) {
	if err := validPattern(pattern); err != nil {
		return nil, err
	}
	return p.node.subscribe(p.name+pattern, kindPlane, handler, opts...)
}
