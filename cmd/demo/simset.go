// Settings of the protocol by name, from the command line.

package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/membership"
)

// configured returns the defaults with the settings, each Field=value, on top; of
// two for one field the later counts. It reports every fault at once.
func configured(settings []string) (membership.Config, error) {
	config := membership.DefaultConfig()
	fields := reflect.ValueOf(&config).Elem()
	var faults []error
	unknown := false
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		field := fields.FieldByName(name)
		want := "Field=value with a field of membership.Config"
		if field.IsValid() {
			want = set(field, value)
		} else {
			unknown = true
		}
		if want != "" {
			faults = append(faults, &valueError{name: "--set", value: s, want: want})
		}
	}
	if unknown {
		faults = append(faults, errors.New("the fields are "+fieldNames(fields.Type())))
	}
	faults = append(faults, config.Validate())
	if err := errors.Join(faults...); err != nil {
		return membership.Config{}, &usageError{err}
	}
	return config, nil
}

// set gives the field the value, or returns what it wants instead.
func set(field reflect.Value, value string) (want string) {
	switch {
	case field.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(value)
		if err != nil {
			return "a duration, such as 10s or 500ms"
		}
		field.SetInt(int64(d))
	case field.CanInt():
		n, err := strconv.ParseInt(value, 10, field.Type().Bits())
		if err != nil {
			return "a whole number"
		}
		field.SetInt(n)
	case field.CanUint():
		bits := field.Type().Bits()
		n, err := strconv.ParseUint(value, 10, bits)
		if err != nil {
			return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<bits-1)
		}
		field.SetUint(n)
	case field.CanFloat():
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return "a number"
		}
		field.SetFloat(f)
	default:
		return "another field: this one cannot be set here"
	}
	return ""
}

// fieldNames lists the fields in the order of the struct.
func fieldNames(config reflect.Type) string {
	var names []string
	for field := range config.Fields() {
		names = append(names, field.Name)
	}
	return strings.Join(names, ", ")
}
