// Tests of the configuration: every fault is named, with its value and what was
// wanted.

package kith_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

func TestConfigFaultsNameFieldValueAndWant(t *testing.T) {
	long := strings.Repeat("x", 600)
	for name, test := range map[string]struct {
		cfg   kith.Config
		field string
	}{
		"no cluster":        {kith.Config{}, "Cluster"},
		"cluster with dot":  {kith.Config{Cluster: "a.b"}, "Cluster"},
		"id with space":     {kith.Config{Cluster: "c", ID: "a b"}, "ID"},
		"bind without port": {kith.Config{Cluster: "c", Bind: "127.0.0.1"}, "Bind"},
		"bind port name":    {kith.Config{Cluster: "c", Bind: "127.0.0.1:http!"}, "Bind"},
		"unspecified":       {kith.Config{Cluster: "c", Bind: "0.0.0.0:0"}, "Advertise"},
		"unspecified v6":    {kith.Config{Cluster: "c", Bind: "[::]:0"}, "Advertise"},
		"advertise 0.0.0.0": {kith.Config{Cluster: "c", Advertise: "0.0.0.0:1"}, "Advertise"},
		"advertise port":    {kith.Config{Cluster: "c", Advertise: "host:99999"}, "Advertise"},
		"contact":           {kith.Config{Cluster: "c", Contacts: []string{"a:1", "b"}}, "Contacts[1]"},
		"nats too long":     {kith.Config{Cluster: "c", NATS: "nats://" + long}, "NATS"},
		"nats no scheme":    {kith.Config{Cluster: "c", NATS: "10.0.0.7:4222"}, "NATS"},
		"nats http":         {kith.Config{Cluster: "c", NATS: "http://10.0.0.7:4222"}, "NATS"},
		"nats no host":      {kith.Config{Cluster: "c", NATS: "nats://:4222"}, "NATS"},
		"zone too long":     {kith.Config{Cluster: "c", Zone: long}, "Zone"},
		"meta too long":     {kith.Config{Cluster: "c", Meta: long}, "Meta"},
		"join timeout":      {kith.Config{Cluster: "c", JoinTimeout: -1}, "JoinTimeout"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.cfg.Validate()
			var fault *kith.ConfigError
			if !errors.As(err, &fault) || !errors.Is(err, kith.ErrConfig) {
				t.Fatalf("error is %v, want a ConfigError", err)
			}
			if fault.Field != test.field || fault.Want == "" {
				t.Errorf("fault is %v, want one of field %s", fault, test.field)
			}
			if _, startErr := kith.Start(t.Context(), test.cfg); !errors.Is(startErr, kith.ErrConfig) {
				t.Errorf("Start returned %v, want the same fault", startErr)
			}
		})
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	protocol := membership.DefaultConfig()
	protocol.ActiveSize, protocol.PRWL = 0, 9
	err := kith.Config{Cluster: "a b", ID: "*", Contacts: []string{"x"}, Membership: protocol}.Validate()
	for _, want := range []string{"Cluster", "ID", "Contacts[0]", "ActiveSize", "PRWL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if !errors.Is(err, membership.ErrConfig) {
		t.Error("the faults of the protocol's parameters do not match membership.ErrConfig")
	}
}

func TestLinksNeedAConnectionAndAServer(t *testing.T) {
	_, err := kith.Start(t.Context(), kith.Config{Cluster: "c"}, kith.WithLinks(linker.Connections, nil))
	if !errors.Is(err, kith.ErrConfig) || !strings.Contains(err.Error(), "WithLinks") || !strings.Contains(err.Error(), "NATS") {
		t.Fatalf("error is %v, want faults of WithLinks and NATS", err)
	}
}

func TestLimitsOfTheTransportAreChecked(t *testing.T) {
	transport := tcptransport.DefaultConfig()
	transport.Silence = 0
	err := kith.Config{Cluster: "c", Transport: transport}.Validate()
	if !errors.Is(err, tcptransport.ErrConfig) || !strings.Contains(err.Error(), "Silence") {
		t.Errorf("error is %v, want one that names Silence", err)
	}
	if err := (kith.Config{Cluster: "c"}).Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
}
