//go:build !linux

// Systems without network namespaces.

package main

import (
	"errors"
	"syscall"
)

func isolate(*syscall.SysProcAttr) {}

func loopbackUp() error { return errors.New("only Linux has network namespaces") }
