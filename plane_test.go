package kith_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
)

// What is said on a plane is heard there, and nowhere else.
func TestPlane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := together(t, 3)
		all := open(t, nodes[1], ">")
		heard := make(map[string][]string)
		for _, name := range []string{"blue", "red"} {
			plane, err := nodes[1].Plane(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := plane.Subscribe(">", func(m *kith.Message) {
				heard[name] = append(heard[name], m.Subject+" "+string(m.Data))
			}); err != nil {
				t.Fatal(err)
			}
		}
		blue, err := nodes[0].Plane("blue")
		if err != nil {
			t.Fatal(err)
		}
		large := make([]byte, 1<<20+kith.PlaneEnvelope+1)
		if err := errors.Join(
			blue.Publish(t.Context(), "to.all", []byte("one")),
			blue.Send(t.Context(), nodes[1].Self().ID, "to.you", []byte("two")),
			nodes[0].Publish(t.Context(), "blue.to.all", []byte("three")),
			blue.Publish(t.Context(), "large", large[1:]),
		); err != nil {
			t.Fatal(err)
		}
		if err := blue.Publish(context.Background(), "large", large); !errors.Is(err, kith.ErrPayload) {
			t.Errorf("too long a message: %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, want := range []string{"blue.to.all one", "blue.to.you two"} {
			if got := heard["blue"]; len(got) != 3 || !slices.Contains(got, want) {
				t.Errorf("blue heard %d messages, and %q: %v", len(got), want, slices.Contains(got, want))
			}
		}
		if len(heard["red"]) != 0 || len(all.messages) != 1 || string(all.messages[0].Data) != "three" {
			t.Errorf("red heard %v, the application %d messages", heard["red"], len(all.messages))
		}
	})
}

func TestPlaneRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := together(t, 1)
		if _, err := nodes[0].Plane("a.b"); !errors.Is(err, kith.ErrSubject) {
			t.Errorf("a name with a dot: %v", err)
		}
		plane, err := nodes[0].Plane("p")
		if err != nil {
			t.Fatal(err)
		}
		_, subscribing := plane.Subscribe("a..b", func(*kith.Message) {})
		for _, err := range []error{
			plane.Publish(t.Context(), "*", nil), plane.Send(t.Context(), "x", "", nil), subscribing,
		} {
			if !errors.Is(err, kith.ErrSubject) {
				t.Errorf("a bad subject: %v", err)
			}
		}
	})
}
