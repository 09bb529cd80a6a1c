// Tests of the state file: what comes back, and what is never overwritten.

package kith

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/views"
)

func TestStateComesBackAsSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.json")
	p := &views.Peer{ID: "b", Incarnation: 7, Addr: "127.0.0.1:1", NATS: "nats://x", Zone: "z", Meta: "\x00\xff"}
	saved := state{Type: stateType, Cluster: "c", ID: "a", Incarnation: 41, Peers: []statePeer{newStatePeer(p)}}
	if err := saved.save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := loadState(path, "c", "a")
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Incarnation != 41 {
		t.Errorf("incarnation is %d, want 41", loaded.Incarnation)
	}
	sightings := loaded.sightings()
	if len(sightings) != 1 || *sightings[0].Peer != *p {
		t.Errorf("peers are %v, want %v", sightings, p)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files are in the folder (%v), want the state file alone", len(entries), err)
	}
}

func TestAMissingStateFileIsAnEmptyState(t *testing.T) {
	s, err := loadState(filepath.Join(t.TempDir(), "none.json"), "c", "")
	if err != nil || s.Incarnation != 0 {
		t.Fatalf("state is %+v, error %v", s, err)
	}
}

func TestUnusableStateFilesAreRefusedAndKept(t *testing.T) {
	const good = `{"type":"io.kith.v1.state","cluster":"c","id":"a","incarnation":1}`
	for name, content := range map[string]string{
		"empty":          "",
		"garbage":        "\x00\x01\x02",
		"cut off":        good[:20],
		"another type":   strings.Replace(good, "v1.state", "v9.state", 1),
		"other cluster":  strings.Replace(good, `"c"`, `"d"`, 1),
		"no incarnation": strings.Replace(good, `:1}`, `:0}`, 1),
		"a list":         "[" + good + "]",
		"two of them":    good + good,
		"no node":        strings.Replace(good, `"a"`, `""`, 1),
		"other node":     strings.Replace(good, `"a"`, `"b"`, 1),
		"oversize":       good + strings.Repeat(" ", mostStateBytes),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "node.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg := Config{Cluster: "c", ID: "a", StateFile: path}
			_, err := Start(t.Context(), cfg)
			var wrong *StateError
			if !errors.As(err, &wrong) || !errors.Is(err, ErrState) || wrong.Path != path {
				t.Fatalf("error is %v, want a StateError that names %s", err, path)
			}
			after, err := os.ReadFile(path)
			if err != nil || string(after) != content {
				t.Fatalf("the file was changed (%v)", err)
			}
		})
	}
}

// What is no file at all is refused and kept as well.
func TestAFolderIsNoStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.json")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Cluster: "c", ID: "a", StateFile: path})
	var wrong *StateError
	if !errors.As(err, &wrong) || wrong.Path != path || wrong.Want != "a regular file" {
		t.Fatalf("error is %v, want a StateError", err)
	}
}

func TestPeersOfAStateFileAreChecked(t *testing.T) {
	s := state{Peers: []statePeer{
		{ID: "ok", Incarnation: 1, Addr: "127.0.0.1:1"},
		{ID: "no address", Incarnation: 1},
		{ID: "zero", Addr: "127.0.0.1:1"},
	}}
	if got := s.sightings(); len(got) != 1 || got[0].Peer.ID != "ok" {
		t.Fatalf("peers are %v, want ok alone", got)
	}
}

// FuzzState reads arbitrary bytes as a state file. What can be read is written and read back as
// the same, but for peers that are none.
func FuzzState(f *testing.F) {
	const good = `{"type":"io.kith.v1.state","cluster":"c","id":"a","incarnation":1,"saved":"2026-01-02T03:04:05Z","peers":[` +
		`{"id":"b","incarnation":7,"addr":"127.0.0.1:1","nats":"nats://x","zone":"z","meta":"AP8="},{"id":"no address"},null]}`
	for _, text := range []string{
		good, good[:40], "", "null", "[]", "{}", `{"type":"io.kith.v2.state"}`, strings.Replace(good, `"incarnation":1`, `"incarnation":18446744073709551615`, 1),
		strings.Replace(good, `"c"`, `"other"`, 1), strings.Replace(good, "AP8=", "%", 1), strings.Repeat("[", 1000),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(testkit.Around(func(t *testing.T, data []byte) {
		var s state
		var err error
		testkit.Greed(t, len(data), func() {
			if s, err = parseState(data, "c", ""); err == nil {
				_ = s.sightings()
			}
		})
		if err != nil {
			var wrong *StateError
			if !errors.As(err, &wrong) || wrong.Want == "" || len(wrong.Want) > 400 {
				t.Fatalf("error is %v", err)
			}
			return
		}
		for _, sighting := range s.sightings() {
			if err := sighting.Peer.Validate(); err != nil {
				t.Fatal(err)
			}
		}
		again, err := json.Marshal(s)
		if err != nil {
			return // a time that JSON cannot express
		}
		back, err := parseState(again, "c", "")
		if err != nil || !reflect.DeepEqual(back.sightings(), s.sightings()) || back.ID != s.ID || back.Incarnation != s.Incarnation {
			t.Fatalf("%+v is read back as %+v, %v", s, back, err)
		}
	}))
}
