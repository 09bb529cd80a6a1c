// Asks all members of a cluster what they know and what they count.

package natstransport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/membership"
)

// DefaultStall is how long an inspection waits for one more answer.
const DefaultStall = 300 * time.Millisecond

// maxAnswer bounds one member's answer to an inspection, in bytes.
const maxAnswer = 1 << 20

// InspectOptions say when an inspection ends. The zero value is useful.
type InspectOptions struct {
	// Stall ends it when that long no member has answered, after the first has.
	// 0: [DefaultStall].
	Stall time.Duration
	// Max ends it when that many members have answered. 0: no limit.
	Max int
	// OnError, when set, is told of every answer that is left out, because it is
	// an error or cannot be read.
	OnError func(error)
}

// Inspect asks every member of a cluster for its views, and returns the answers
// by node ID. It ends with the first of: quiet for opts.Stall, opts.Max answers,
// the deadline of ctx, which is [DefaultTimeout] unless it has one.
//
// The error matches [membership.ErrNobody] when there is no member and
// [ErrDisconnected] when there is no NATS server, or no longer. A deadline is no error if there
// was an answer. After a cancellation there are both answers and an error.
//
// On a node's own connection made with nats.NoEcho() that node is missing, because
// the question does not reach it.
func Inspect(ctx context.Context, nc *nats.Conn, cluster string, opts InspectOptions) ([]Views, error) {
	var all []Views
	err := gather(ctx, nc, cluster, ViewsSubject, opts, func(data []byte) error {
		var v Views
		if err := decode(data, TypeViews, cluster, maxAnswer, &v); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	})
	slices.SortStableFunc(all, func(a, b Views) int {
		return cmp.Or(cmp.Compare(a.Self.ID, b.Self.ID), cmp.Compare(a.Self.Incarnation, b.Self.Incarnation))
	})
	return all, err
}

// InspectStats asks every member of a cluster for its counts, as [Inspect] does
// for the views.
func InspectStats(ctx context.Context, nc *nats.Conn, cluster string, opts InspectOptions) ([]Stats, error) {
	var all []Stats
	err := gather(ctx, nc, cluster, StatsSubject, opts, func(data []byte) error {
		var j jsonStats
		if err := decode(data, TypeStats, cluster, maxAnswer, &j); err != nil {
			return err
		}
		all = append(all, Stats{Node: j.Node, Incarnation: j.Incarnation, Data: j.Stats})
		return nil
	})
	slices.SortStableFunc(all, func(a, b Stats) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return all, err
}

// gather sends one request and hands every answer to read, until it ends as
// [Inspect] says.
func gather(ctx context.Context, nc *nats.Conn, cluster string, subject func(string) string,
	opts InspectOptions, read func(data []byte) error,
) error {
	if err := errors.Join(checkConn(nc), checkCluster(cluster)); err != nil {
		return err
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	defer watch(nc, nil, abort)()

	if !nc.IsConnected() {
		return ErrDisconnected
	}

	const backlog = 1024 // of answers that arrive at once
	answers := make(chan *nats.Msg, backlog)
	inbox := nc.NewInbox()
	sub, err := nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return requestError(ctx, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := nc.PublishRequest(subject(cluster), inbox, nil); err != nil {
		return requestError(ctx, err)
	}
	return collect(ctx, answers, opts, read)
}

// collect reads answers until it ends as [Inspect] says.
func collect(ctx context.Context, answers <-chan *nats.Msg, opts InspectOptions, read func(data []byte) error) error {
	stall := cmp.Or(opts.Stall, DefaultStall)
	var quiet <-chan time.Time // nil, which waits for ever, until the first answer
	for count := 0; opts.Max <= 0 || count < opts.Max; {
		select {
		case msg := <-answers:
			if nobody(msg) {
				return fmt.Errorf("natstransport: %w", membership.ErrNobody)
			}
			quiet = time.After(stall)
			err := serviceError(msg)
			if err == nil {
				err = read(msg.Data)
			}
			if err == nil {
				count++
			} else if opts.OnError != nil {
				opts.OnError(err)
			}
		case <-quiet:
			return nil
		case <-ctx.Done():
			if count > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil
			}
			return requestError(ctx, ctx.Err())
		}
	}
	return nil
}

// nobody reports whether msg is the NATS server's word that nobody subscribes to
// the subject of the request.
func nobody(msg *nats.Msg) bool {
	return len(msg.Data) == 0 && msg.Header.Get("Status") == "503"
}
