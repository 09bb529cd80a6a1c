// The counts as an operator reads them.

package tcptransport_test

import (
	"encoding/json"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

func TestStateAsJSON(t *testing.T) {
	if got, err := json.Marshal(tcptransport.Dialing); err != nil || string(got) != `"dialing"` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestStatsAsJSON(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c := dialRaw(t, f, b)
		c.send(helloFrame(stranger("a"), "somebody"))
		c.verdict(tcptransport.VerdictWrongPeer)
		b.send(stranger("c"), 1)
		b.loses(stranger("c"), membership.Unreachable, nil)

		text, err := json.Marshal(b.Stats())
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Refused, Lost map[string]int }
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.Refused["wrong peer"] != 1 || got.Lost["unreachable"] != 1 {
			t.Errorf("got %s", text)
		}
	})
}
