// Which peers are well formed.

package views_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithmesh/kith/views"
)

func valid() views.Peer {
	return views.Peer{ID: "a", Incarnation: 1, Addr: "10.0.0.1:7000"}
}

func TestPeerValidate(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name  string
		peer  func(p *views.Peer)
		field string // what is wrong; empty: nothing
	}{
		{"plain", func(*views.Peer) {}, ""},
		{"every field", func(p *views.Peer) { p.NATS, p.Zone, p.Meta = "nats://h:4222", "eu", "\x00\xff" }, ""},
		{"ID empty", func(p *views.Peer) { p.ID = "" }, "ID"},
		{"ID at the limit", func(p *views.Peer) { p.ID = long(views.MaxID) }, ""},
		{"ID too long", func(p *views.Peer) { p.ID = long(views.MaxID + 1) }, "ID"},
		{"ID with every character", func(p *views.Peer) { p.ID = "azAZ09-_" }, ""},
		{"ID with a dot", func(p *views.Peer) { p.ID = "a.b" }, "ID"},
		{"ID with a space", func(p *views.Peer) { p.ID = "a b" }, "ID"},
		{"ID with a wildcard", func(p *views.Peer) { p.ID = "*" }, "ID"},
		{"ID with a letter that is none", func(p *views.Peer) { p.ID = "ä" }, "ID"},
		{"no incarnation", func(p *views.Peer) { p.Incarnation = 0 }, "Incarnation"},
		{"largest incarnation", func(p *views.Peer) { p.Incarnation = 1<<64 - 1 }, ""},
		{"Addr empty", func(p *views.Peer) { p.Addr = "" }, "Addr"},
		{"Addr without a port", func(p *views.Peer) { p.Addr = "host" }, "Addr"},
		{"Addr with an empty port", func(p *views.Peer) { p.Addr = "host:" }, "Addr"},
		{"Addr with port 0", func(p *views.Peer) { p.Addr = "host:0" }, "Addr"},
		{"Addr with port 1", func(p *views.Peer) { p.Addr = "host:1" }, ""},
		{"Addr with port 65535", func(p *views.Peer) { p.Addr = "host:65535" }, ""},
		{"Addr with port 65536", func(p *views.Peer) { p.Addr = "host:65536" }, "Addr"},
		{"Addr with a named port", func(p *views.Peer) { p.Addr = "host:http" }, "Addr"},
		{"Addr with a signed port", func(p *views.Peer) { p.Addr = "host:+80" }, "Addr"},
		{"Addr without a host", func(p *views.Peer) { p.Addr = ":7000" }, "Addr"},
		{"Addr unspecified", func(p *views.Peer) { p.Addr = "0.0.0.0:7000" }, "Addr"},
		{"Addr unspecified, IPv6", func(p *views.Peer) { p.Addr = "[::]:7000" }, "Addr"},
		{"Addr unspecified, IPv6 in full", func(p *views.Peer) { p.Addr = "[0:0:0:0:0:0:0:0]:7000" }, "Addr"},
		{"Addr IPv6", func(p *views.Peer) { p.Addr = "[fe80::1]:7000" }, ""},
		{"Addr IPv6 without brackets", func(p *views.Peer) { p.Addr = "fe80::1:7000" }, "Addr"},
		{"Addr with an open bracket", func(p *views.Peer) { p.Addr = "[fe80::1:7000" }, "Addr"},
		{"Addr with a space", func(p *views.Peer) { p.Addr = "ho st:7000" }, "Addr"},
		{"Addr with a control character", func(p *views.Peer) { p.Addr = "ho\nst:7000" }, "Addr"},
		{"Addr at the limit", func(p *views.Peer) { p.Addr = long(views.MaxAddr-2) + ":1" }, ""},
		{"Addr too long", func(p *views.Peer) { p.Addr = long(views.MaxAddr-1) + ":1" }, "Addr"},
		{"NATS at the limit", func(p *views.Peer) { p.NATS = long(views.MaxNATS) }, ""},
		{"NATS too long", func(p *views.Peer) { p.NATS = long(views.MaxNATS + 1) }, "NATS"},
		{"Zone at the limit", func(p *views.Peer) { p.Zone = long(views.MaxZone) }, ""},
		{"Zone too long", func(p *views.Peer) { p.Zone = long(views.MaxZone + 1) }, "Zone"},
		{"Meta at the limit", func(p *views.Peer) { p.Meta = long(views.MaxMeta) }, ""},
		{"Meta too long", func(p *views.Peer) { p.Meta = long(views.MaxMeta + 1) }, "Meta"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := valid()
			c.peer(&p)
			err := p.Validate()
			if c.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var fault *views.PeerError
			if !errors.As(err, &fault) || fault.Field != c.field {
				t.Fatalf("got %v, want a fault of %s", err, c.field)
			}
			if !errors.Is(err, views.ErrPeer) {
				t.Error("does not match ErrPeer")
			}
			if len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestPeerValidateReportsAll(t *testing.T) {
	err := (&views.Peer{Zone: strings.Repeat("z", 65)}).Validate()
	for _, field := range []string{"ID", "Incarnation", "Addr", "Zone"} {
		if !strings.Contains(err.Error(), "peer "+field+" is") {
			t.Errorf("%s is missing in %v", field, err)
		}
	}
}

func TestValidAddr(t *testing.T) {
	if err := views.ValidAddr("host:7000"); err != nil {
		t.Fatal(err)
	}
	if err := views.ValidAddr("0.0.0.0:7000"); !errors.Is(err, views.ErrPeer) {
		t.Fatalf("got %v", err)
	}
}

func TestPeerSame(t *testing.T) {
	a, b, later := valid(), valid(), valid()
	b.Addr = "elsewhere:1"
	later.Incarnation = 2
	if !a.Same(&b) || a.Same(&later) {
		t.Error("a life is an ID and an incarnation, wherever it is")
	}
	if same := a; !a.Itself(&same) || a.Itself(&b) || a.Itself(&later) {
		t.Error("a node is a life at an address")
	}
}
