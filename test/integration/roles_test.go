// The test program itself, started once more in another role.

//go:build unix

package integration_test

import (
	"context"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/embedded"
)

// The variables that give the test program a role: a speaker's value is a script, a NATS
// server's is its address.
const (
	speakerEnv = "KITH_SPEAKER"
	serverEnv  = "KITH_SERVER"
)

// role plays the part that the environment gives this process, if any.
func role() (played bool, err error) {
	if text := os.Getenv(speakerEnv); text != "" {
		return true, speak(text)
	}
	if addr := os.Getenv(serverEnv); addr != "" {
		return true, serve(addr)
	}
	return false, nil
}

// serve runs a NATS server until the end of the input.
func serve(addr string) error {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	server, err := embedded.Start(context.Background(), embedded.Config{Host: host, Port: port})
	if err != nil {
		return err
	}
	defer server.Shutdown()
	log := zerolog.New(os.Stderr)
	log.Info().Str("nats", server.URL()).Msg("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
