// What is seen of a Linker as JSON.

package linker_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/views"
)

func TestLinkAsJSON(t *testing.T) {
	link := linker.Link{
		Peer:  &views.Peer{ID: "b", Incarnation: 2, Addr: "h:1"},
		State: linker.Backoff,
		Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Err:   errors.New("no luck"),
		RTT:   time.Millisecond, MsgsIn: 3,
	}
	got := make(map[string]any)
	text, err := json.Marshal([]linker.Link{link})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text[1:len(text)-1], &got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"State": "backoff", "Err": "no luck", "Since": "2026-01-02T03:04:05Z", "MsgsIn": 3.0, "RTT": 1e6, "Held": false,
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if peer, ok := got["Peer"].(map[string]any); !ok || peer["ID"] != "b" {
		t.Errorf("got %s", text)
	}

	link.Err = nil
	got = make(map[string]any)
	if text, err = json.Marshal(link); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if _, there := got["Err"]; there || got["State"] != "backoff" {
		t.Errorf("without an error: %s", text)
	}
}

func TestModeAsJSON(t *testing.T) {
	got, err := json.Marshal(map[linker.Mode]linker.Mode{linker.Connections: linker.Subscriptions})
	if err != nil || string(got) != `{"connections":"subscriptions"}` {
		t.Errorf("got %s, %v", got, err)
	}
}
