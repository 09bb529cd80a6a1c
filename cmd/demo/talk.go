// The commands pub, sub and send: nodes that join, say or hear something, and leave.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/kithmesh/kith"
)

// visitLong is what the three commands have in common.
const visitLong = `
The command is a node of its own for that moment: it finds the others as 'demo node' does, by
--server, by --contact, or without either on ` + localNATS + `, becomes somebody's neighbor,
and leaves at the end. Nothing else is needed, no NATS either, and everything takes the same
way as between the nodes of a service.`

const pubLong = `Joins a cluster, publishes one message to all its nodes, and leaves.
` + visitLong

const pubExample = `  demo pub greetings hello                       every 'demo node' of this machine logs it
  demo pub --contact 10.0.0.8:7000 orders.new '{"id": 7}'`

const sendLong = `Joins a cluster, sends one message to a single node, and leaves. Nobody says whether
there is a node of that name: look at what it logs.
` + visitLong

const sendExample = `  demo send a greetings hello                    only 'demo node --id a' logs it`

const subLong = `Joins a cluster and prints the messages on a subject, one a line, until it is interrupted
or has printed --count of them. In the subject * stands for one token, and > at the end for
one or more. What is not printable in a message is shown as in a Go string; --json prints
one object a line. As soon as it is a neighbor of somebody, one line with the message
"ready" is logged.
` + visitLong

const subExample = `  demo sub '>'                                   everything
  demo sub 'orders.*' --json | jq .data
  demo sub --id me '>'                           so that 'demo send me ...' finds it`

// visitOptions are the flags of a command that joins for a moment.
type visitOptions struct {
	node    nodeOptions
	timeout time.Duration
}

// newVisit returns a command with these flags that takes the named arguments.
func newVisit(logs *logOptions, name string, arguments ...string) (*cobra.Command, *visitOptions) {
	o := &visitOptions{
		node:    nodeOptions{cluster: defaultCluster, listen: "127.0.0.1:0", local: localNATS},
		timeout: 10 * time.Second,
	}
	cmd := &cobra.Command{
		Use:  name + " " + strings.Join(arguments, " "),
		Args: exactly(arguments),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	o.node.bind(flags)
	define(flags, &o.timeout, "timeout", "", positive(), "the longest time to wait for a neighbor")
	o.node.nats.bind(flags, "NATS on which nodes meet; default: "+localNATS)
	cmd.PreRun = func(*cobra.Command, []string) {
		if !flags.Changed("log-level") {
			logs.level = zerolog.ErrorLevel.String() // what counts is on stdout, or told at the end
		}
	}
	return cmd, o
}

// exactly refuses a number of arguments other than those that are named.
func exactly(arguments []string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(arguments) {
			return fmt.Errorf("%s takes %s, not %s", cmd.CommandPath(),
				strings.Join(arguments, " "), plural(len(args), "argument"))
		}
		return nil
	}
}

func newPub(std stdio, logs *logOptions) *cobra.Command {
	cmd, o := newVisit(logs, "pub", "SUBJECT", "DATA")
	cmd.Short, cmd.Long, cmd.Example = "Publish a message to all nodes of a cluster", pubLong, pubExample
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.visit(cmd.Context(), logs.logger(std.err, std.env), nil, func(ctx context.Context, n *kith.Node) error {
			return n.Publish(ctx, args[0], []byte(args[1]))
		})
	}
	return cmd
}

func newSend(std stdio, logs *logOptions) *cobra.Command {
	cmd, o := newVisit(logs, "send", "NODE", "SUBJECT", "DATA")
	cmd.Short, cmd.Long, cmd.Example = "Send a message to one node of a cluster", sendLong, sendExample
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.visit(cmd.Context(), logs.logger(std.err, std.env), nil, func(ctx context.Context, n *kith.Node) error {
			return n.Send(ctx, args[0], args[1], []byte(args[2]))
		})
	}
	return cmd
}

func newSub(std stdio, logs *logOptions) *cobra.Command {
	cmd, o := newVisit(logs, "sub", "SUBJECT")
	cmd.Short, cmd.Long, cmd.Example = "Print the messages on a subject", subLong, subExample
	p := &printer{out: std.out, messages: make(chan *kith.Message)}
	define(cmd.Flags(), &p.most, "count", "", count(0, 1<<30), "end after so many messages; 0 is never")
	define(cmd.Flags(), &p.json, "json", "j", yesNo(), "print one JSON object a message")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		log := logs.logger(std.err, std.env)
		subscribe := func(ctx context.Context, n *kith.Node) error {
			_, err := n.Subscribe(args[0], func(m *kith.Message) { p.receive(ctx, m) })
			return err
		}
		return o.visit(cmd.Context(), log, subscribe, func(ctx context.Context, n *kith.Node) error {
			ready(log, n, "", nil)
			return p.print(ctx)
		})
	}
	return cmd
}

// visit joins, does something once there is a neighbor, and leaves. What is to be done
// before the node can be reached is given apart; nil is nothing. The context of both
// ends before the node does.
func (o *visitOptions) visit(
	ctx context.Context, log zerolog.Logger, before, do func(ctx context.Context, n *kith.Node) error,
) (err error) {
	if err := o.node.dialable(); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, func() {})
	defer stop()
	var h home
	defer h.close()
	if err := h.visit(ctx, &o.node, log); err != nil {
		return err
	}
	n, err := o.node.start(ctx, &h, log)
	if err != nil {
		return err
	}
	ctx, enough := context.WithCancel(ctx)
	defer func() {
		enough()
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
		defer cancel()
		err = errors.Join(err, n.Leave(leaving))
	}()
	if before != nil {
		if err := before(ctx, n); err != nil {
			return messageError(err)
		}
	}
	joining, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	switch err := n.WaitReady(joining, 1); {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("nobody of cluster %s found after %s: is --cluster right, and does a node run there? %w",
			o.node.cluster, short(o.timeout), err)
	}
	return messageError(do(ctx, n))
}

// messageError makes a mistake of the user's what it is.
func messageError(err error) error {
	if errors.Is(err, kith.ErrSubject) || errors.Is(err, kith.ErrPayload) || errors.Is(err, kith.ErrMessage) {
		return &usageError{err}
	}
	return err
}

// visitorName is the name of the connection, as NATS lists it.
const visitorName = "kith demo visitor"

// visit connects to the NATS where nodes meet, and starts none.
func (h *home) visit(ctx context.Context, o *nodeOptions, log zerolog.Logger) error {
	var err error
	switch {
	case o.nats.server != "":
		h.meeting, err = o.nats.connect(ctx, o.nats.server, visitorName, log)
	case len(o.contacts) == 0:
		h.meeting, err = o.nats.connect(ctx, o.local, visitorName, log)
		if unreachable, ok := errors.AsType[*serverError](err); ok && unreachable.refused() {
			return fmt.Errorf("no 'demo node' has started here, and neither --server nor --contact is given: %w", err)
		}
	}
	return err
}

// printer prints messages.
type printer struct {
	out      io.Writer
	most     int // 0 is any number
	json     bool
	messages chan *kith.Message
}

// receive hands on what the subscription brings, until ctx ends.
func (p *printer) receive(ctx context.Context, m *kith.Message) {
	select {
	case p.messages <- m:
	case <-ctx.Done():
	}
}

// print prints messages until there were enough, or ctx ends.
func (p *printer) print(ctx context.Context) error {
	for printed := 0; p.most == 0 || printed < p.most; printed++ {
		select {
		case m := <-p.messages:
			if err := p.line(m); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// printed is a message as JSON. Bytes of the data that are not UTF-8 are replaced.
type printed struct {
	Subject     string              `json:"subject"`
	From        string              `json:"from"`
	Incarnation uint64              `json:"incarnation"`
	Sequence    uint64              `json:"sequence"` // 0 when it was sent to this node alone
	Hops        int                 `json:"hops"`
	Direct      bool                `json:"direct"`
	Header      map[string][]string `json:"header,omitempty"`
	Data        string              `json:"data"`
}

func (p *printer) line(m *kith.Message) error {
	if p.json {
		return json.NewEncoder(p.out).Encode(printed{
			Subject: m.Subject, From: m.Origin, Incarnation: m.Incarnation, Sequence: m.Sequence,
			Hops: m.Hops, Direct: m.Direct, Header: m.Header, Data: string(m.Data),
		})
	}
	to := ""
	if m.Direct {
		to = " to this node"
	}
	_, err := fmt.Fprintf(p.out, "%s from %s%s: %s\n", m.Subject, m.Origin, to, printable(m.Data))
	return err
}

// printable shows data as it is when a terminal can show it, and quoted otherwise.
func printable(data []byte) string {
	text := string(data)
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return text
	}
	return strconv.Quote(text)
}
