// Settings that are wrong.

package tcptransport_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

func TestDefaultConfig(t *testing.T) {
	cfg := tcptransport.DefaultConfig()
	cfg.Cluster = "test"
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFaultIsReported(t *testing.T) {
	cfg := tcptransport.Config{
		Bind:       "nowhere",
		TLS:        &tls.Config{MinVersion: tls.VersionTLS13},
		QueueBytes: 1,
	}
	err := cfg.Validate()
	if !errors.Is(err, tcptransport.ErrConfig) {
		t.Fatalf("got %v", err)
	}
	got := make(map[string]bool)
	for _, fault := range err.(interface{ Unwrap() []error }).Unwrap() { //nolint:errcheck // what Join made
		var c *tcptransport.ConfigError
		if !errors.As(fault, &c) {
			t.Fatalf("%v is no ConfigError", fault)
		}
		got[c.Field] = true
	}
	for _, field := range []string{
		"Cluster", "Bind", "DialTimeout", "HelloTimeout", "WriteTimeout", "Silence", "Idle", "Linger",
		"QueueBytes", "MaxInbound", "MaxUnidentified", "MaxDials", "MaxDialing", "AcceptRate", "MessageRate",
		"BadFrames", "TLS", "Dialer",
	} {
		if !got[field] {
			t.Errorf("no fault of %s", field)
		}
	}
}

func TestVerifyPeerNeedsTLS(t *testing.T) {
	cfg := tcptransport.DefaultConfig()
	cfg.Cluster = "test"
	cfg.VerifyPeer = func(tls.ConnectionState, *views.Peer) error { return nil }
	var fault *tcptransport.ConfigError
	if err := cfg.Validate(); !errors.As(err, &fault) || fault.Field != "VerifyPeer" {
		t.Fatalf("got %v", err)
	}
}
