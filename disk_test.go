// A disk that takes no state file for a while.

//go:build linux

package kith_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
)

// count is how often a message was logged.
func (l *lines) count(message string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), `"`+message+`"`)
}

// fullDisk makes a small disk, and returns its folder, and what fills it and empties it again.
func fullDisk(t *testing.T) (dir string, fill, free func()) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("no disk of its own can be made here, which takes root: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	fill = func() {
		f, err := os.Create(filler)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	free = func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
	return dir, fill, free
}

// goneFolder is a folder that is away for a while.
func goneFolder(t *testing.T) (dir string, fill, free func()) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) func() {
		return func() {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir, move(dir, dir+".away"), move(dir+".away", dir)
}

// savedAt reads when a state file was written.
func savedAt(t *testing.T, path string) time.Time {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Saved time.Time }
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s.Saved
}

// A node that cannot write its state goes on and says so. The file is as it was before, nothing
// else is left beside it, and it is written again when there is room.
func TestStateOnABadDisk(t *testing.T) {
	for name, disk := range map[string]func(*testing.T) (string, func(), func()){"full": fullDisk, "gone": goneFolder} {
		t.Run(name, func(t *testing.T) {
			dir, spoil, mend := disk(t)
			synctest.Test(t, func(t *testing.T) { onBadDisk(t, dir, spoil, mend) })
		})
	}
}

func onBadDisk(t *testing.T, dir string, spoil, mend func()) {
	path := filepath.Join(dir, "node.json")
	l, log := newLAN(1), new(lines)
	other := l.start(t)
	n, err := kith.Start(t.Context(), kith.Config{Cluster: "lan", ID: "x", Advertise: "host-x:7000", StateFile: path},
		kith.WithListener(l.listen("host-x:7000")), kith.WithDialer(l.dial), kith.WithRendezvous(meeting{l, -1}),
		kith.WithSeed(9), kith.WithLogger(zerolog.New(log)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	time.Sleep(40 * time.Second)
	synctest.Wait()
	before := savedAt(t, path)
	if log.count("state_not_saved") > 0 {
		t.Fatal("it could not be saved from the start")
	}

	spoil()
	time.Sleep(time.Minute)
	synctest.Wait()
	if n := log.count("state_not_saved"); n != 2 {
		t.Errorf("it was said %d times that the state was not saved", n)
	}
	if len(n.Neighbors()) != 1 || len(other.Neighbors()) != 1 {
		t.Error("it is no neighbor any more")
	}
	if _, err := os.Stat(path); err == nil && !savedAt(t, path).Equal(before) {
		t.Error("the file is another")
	}

	mend()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are there, %v", len(entries), err)
	}
	if !savedAt(t, path).Equal(before) {
		t.Error("the file is another")
	}
	time.Sleep(30 * time.Second)
	synctest.Wait()
	if !savedAt(t, path).After(before) || log.count("state_not_saved") != 2 {
		t.Error("it was not saved when there was room")
	}
}
