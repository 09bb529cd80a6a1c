// What SIGINT and SIGTERM do.

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// exitSignal is the status of a process that was told twice to end.
const exitSignal = 130

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. After
// that, a second one calls abandon and ends the process at once. The returned
// function stops listening.
func untilSignal(ctx context.Context, abandon func()) (context.Context, context.CancelFunc) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case <-signals:
			abandon()
			os.Exit(exitSignal)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}
