// Lines: what is read, what is refused, and that nothing panics.

package trace_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

const hello = `{"seq":0,"t":0,"kind":"hello","version":1,"cluster":"c","source":"demo"}` + "\n"

// readAll reads until the error, which is nil at the end.
func readAll(text string) ([]trace.Event, error) {
	r := trace.NewReader(strings.NewReader(text))
	var all []trace.Event
	for {
		e, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestLinesAreReadAsTheyWereWritten(t *testing.T) {
	events := []trace.Event{
		{Kind: trace.Hello, Version: 1, Cluster: "c", Source: "watch", Controls: true},
		{Kind: trace.Whole, T: 1, Picture: &trace.Picture{Nodes: []trace.Node{
			{ID: "a", State: trace.NodeUp, About: trace.About{Addr: "h:1"}, Edges: []trace.Edge{{Peer: "b", Link: trace.LinkUp, Eager: true}}},
		}}},
		{Seq: 1, T: 2.5, Kind: trace.Up, Node: "a", Peer: "b"},
		{Seq: 2, T: 2.5, Kind: trace.Sample, Figures: &trace.Figures{Degrees: []int{0, 2}}},
		{Seq: 3, T: 9, Kind: "of a later version", Node: "a"},
	}
	var text bytes.Buffer
	for i := range events {
		line, err := trace.Line(&events[i])
		if err != nil {
			t.Fatal(err)
		}
		text.Write(line)
	}
	got, err := readAll(text.String())
	if err != nil || !reflect.DeepEqual(got, events) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWrongLinesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		want string
	}{
		"no hello":         {`{"seq":1,"t":0,"kind":"gap"}` + "\n", 1, "kind hello in the first line"},
		"a newer version":  {`{"t":0,"kind":"hello","version":2}` + "\n", 1, "version 1 to 1, not 2"},
		"no version":       {`{"t":0,"kind":"hello"}` + "\n", 1, "version 1 to 1, not 0"},
		"no JSON":          {hello + "what\n", 2, "an event as JSON"},
		"an empty line":    {hello + "\n", 2, "an event as JSON"},
		"a wrong type":     {hello + `{"seq":"1"}` + "\n", 2, "an event as JSON"},
		"no kind":          {hello + `{"seq":1,"t":1}` + "\n", 2, "a kind of 1 to 64 bytes"},
		"time goes back":   {hello + `{"t":5,"kind":"gap"}` + "\n" + `{"t":4,"kind":"gap"}` + "\n", 3, "t of at least 5"},
		"before the start": {hello + `{"t":-1,"kind":"gap"}` + "\n", 2, "t of 0 or more"},
		"no picture":       {hello + `{"t":1,"kind":"picture"}` + "\n", 2, "a picture"},
		"no figures":       {hello + `{"t":1,"kind":"sample"}` + "\n", 2, "figures"},
		"no node":          {hello + `{"t":1,"kind":"up","peer":"a"}` + "\n", 2, "a node"},
		"no peer":          {hello + `{"t":1,"kind":"up","node":"a"}` + "\n", 2, "a peer"},
		"a long name":      {hello + `{"t":1,"kind":"node","node":"` + strings.Repeat("a", 65) + `"}` + "\n", 2, "at most 64 bytes"},
		"cut off":          {hello + `{"t":1,"ki`, 2, "the end of the line"},
		"too long":         {hello + strings.Repeat(" ", trace.MaxLine+2) + "\n", 2, "at most 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readAll(c.text)
			fault, ok := errors.AsType[*trace.LineError](err)
			if !ok || !errors.Is(err, trace.ErrTrace) || fault.Line != c.line || !strings.Contains(fault.Want, c.want) {
				t.Errorf("the error is %v, want one of line %d that wants %q", err, c.line, c.want)
			}
		})
	}
}

func TestAFileThatEndsWithinALine(t *testing.T) {
	got, err := readAll(hello + `{"t":1,"kind":"gap"}`)
	if len(got) != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d events, %v", len(got), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(hello + `{"t":1,"kind":"picture","picture":{"nodes":[{"id":"a","edges":[{"peer":"b"}]},{"id":"a"}],"cut":[["a"],[]]}}` + "\n" +
		`{"t":2,"kind":"action","action":"cut","nodes":["a"]}` + "\n")
	f.Add(hello + `{"t":1,"kind":"node","node":"a","state":"gone"}` + "\n" + `{"t":1,"kind":"tree","node":"a","peer":"b","eager":true}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		events, err := readAll(text)
		if err != nil && !errors.Is(err, trace.ErrTrace) {
			t.Fatalf("an error of no line: %v", err)
		}
		var s trace.Scene
		for i := range events {
			s.Apply(&events[i])
		}
		checkScene(t, &s)
		s.Overlay()
		var again trace.Scene
		again.Apply(&trace.Event{Kind: trace.Whole, Picture: s.Picture()})
		if !reflect.DeepEqual(s.Picture(), again.Picture()) {
			t.Errorf("%+v became %+v", s.Picture(), again.Picture())
		}
	})
}
