// Flags that say what they want when they are given something else, each with an
// environment variable behind it.

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// kind is what a flag takes: its name in the help, what an error says was wanted,
// and how it is read and shown.
type kind[T any] struct {
	name, want string
	parse      func(text string) (T, bool)
	show       func(T) string
}

// setting is the value of a flag, kept where the command finds it.
type setting[T any] struct {
	to   *T
	kind kind[T]
}

var _ pflag.Value = (*setting[int])(nil)

// Set implements pflag.Value.
func (s *setting[T]) Set(text string) error {
	v, ok := s.kind.parse(text)
	if !ok {
		return wantError(s.kind.want)
	}
	*s.to = v
	return nil
}

// String implements pflag.Value; what it returns at first is shown as the default.
func (s *setting[T]) String() string {
	if s.to == nil {
		return ""
	}
	return s.kind.show(*s.to)
}

// Type implements pflag.Value.
func (s *setting[T]) Type() string { return s.kind.name }

// wantError says what a flag takes. Which flag, and what it got, is added by
// [valueError].
type wantError string

// Error implements error.
func (e wantError) Error() string { return string(e) }

// valueError names a flag or variable, its value and what was wanted instead.
type valueError struct{ name, value, want string }

// Error implements error.
func (e *valueError) Error() string {
	return fmt.Sprintf("%s is %q, want %s", e.name, e.value, e.want)
}

// define adds a flag; its default is what to points at.
func define[T any](flags *pflag.FlagSet, to *T, name, short string, k kind[T], usage string) {
	usage += " (" + strings.Join(variables(name), ", ") + ")"
	f := flags.VarPF(&setting[T]{to: to, kind: k}, name, short, usage)
	if k.name == "bool" {
		f.NoOptDefVal = "true"
	}
}

// variables returns the environment variables behind a flag, the first to be
// looked at first.
func variables(flag string) []string {
	own := "KITH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	// Those of the nats CLI.
	switch flag {
	case "server":
		return []string{own, "NATS_URL"}
	case "creds", "nkey", "user", "password":
		return []string{own, "NATS_" + strings.ToUpper(flag)}
	case "tlscert", "tlskey", "tlsca":
		return []string{own, "NATS_" + strings.ToUpper(strings.TrimPrefix(flag, "tls"))}
	}
	return []string{own}
}

// withoutVariable are the flags that only make sense on a command line.
var withoutVariable = []string{"help", "version"}

// fromEnv sets the flags that were not given from their variables.
func fromEnv(cmd *cobra.Command, env func(string) (string, bool)) error {
	var faults []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || slices.Contains(withoutVariable, f.Name) {
			return
		}
		for _, name := range variables(f.Name) {
			text, ok := env(name)
			if !ok || text == "" {
				continue
			}
			if err := cmd.Flags().Set(f.Name, text); err != nil {
				faults = append(faults, named(err, name))
			}
			return
		}
	})
	return errors.Join(faults...)
}

// flagError says more plainly what pflag found.
func flagError(_ *cobra.Command, err error) error { return named(err, "") }

// named turns a value that was refused into a [valueError] of the flag, or of the
// variable that it came from.
func named(err error, variable string) error {
	refused, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want, ok := errors.AsType[wantError](err)
	if !ok {
		return err
	}
	name := variable
	if name == "" {
		name = "--" + refused.GetFlag().Name
	}
	return &valueError{name: name, value: refused.GetValue(), want: string(want)}
}

// refuse returns the usage error of a flag whose value does not fit, alone or
// together with others.
func refuse(flag, value, want string) error {
	return &usageError{&valueError{name: "--" + flag, value: value, want: want}}
}
