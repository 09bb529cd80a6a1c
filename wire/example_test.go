// A frame is written and read.

package wire_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/kithmesh/kith/wire"
)

// The type and the tags of a message of one's own.
const (
	typeHello byte = 200
	tagName   byte = 1
	tagUptime byte = 2
	tagLater  byte = 3 // of a version that the reader does not know
)

// A reader takes the tags that it knows, the first of each, and skips the others.
func ExampleParse() {
	frame := wire.AppendHeader(nil, typeHello)
	frame = wire.AppendString(frame, tagName, "orders-1")
	frame = wire.AppendDuration(frame, tagUptime, 90*time.Second)
	frame = wire.AppendBool(frame, tagLater)
	frame = wire.FinishFrame(frame, 0)

	header, err := wire.ParseHeader(frame, wire.MaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fields := wire.Parse(frame[wire.HeaderLen:][:header.Body()])
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		switch tag {
		case tagName:
			fmt.Printf("name %s\n", value)
		case tagUptime:
			uptime, err := wire.Duration(value)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("uptime", uptime)
		}
	}
	fmt.Println("type", header.Type, "fault", fields.Err())
	// Output:
	// name orders-1
	// uptime 1m30s
	// type 200 fault <nil>
}

// What a peer claims is checked before anything is allocated for it.
func ExampleParseHeader() {
	_, err := wire.ParseHeader([]byte{0xff, 0xff, 0xff, 0xff, 1, 200}, wire.MaxFrame)
	fmt.Println(err)
	fmt.Println(errors.Is(err, wire.ErrTooLarge), errors.Is(err, wire.ErrMalformed))
	// Output:
	// wire: frame length is 4294967295, want at most 65536
	// true true
}
