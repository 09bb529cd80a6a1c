// An identity from files, which may change while the node runs.

package identity

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// lookEvery is how often the files are looked at, at most. Our choice: a new certificate is
// there long before the old one expires.
const lookEvery = time.Second

// Files says where an identity is, all in PEM: see [Pair] and [New].
type Files struct {
	Cert, Key, CA string
	// Logger is told of a change that was taken, and of one that could not be.
	// Default: nothing is logged.
	Logger zerolog.Logger
}

// watch is when the files were looked at, and what they were like.
type watch struct {
	Files
	mu     sync.Mutex
	looked time.Time
	seen   [3]stamp
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
}

// Load reads an identity from files. They are looked at again with new connections, once a
// second at most, and read when they have changed; what cannot be used then is logged, and
// what was read before goes on to hold. The error matches [ErrMaterial].
func Load(files Files) (*Identity, error) {
	i := &Identity{files: &watch{Files: files}}
	i.files.looked, i.files.seen = time.Now(), i.files.stamps()
	if err := i.files.read(i); err != nil {
		return nil, err
	}
	return i, nil
}

// read makes i what the files say.
func (w *watch) read(i *Identity) error {
	var content [3][]byte
	for n, path := range w.paths() {
		var err error
		if content[n], err = os.ReadFile(path); err != nil {
			return fmt.Errorf("%w: %w", ErrMaterial, err)
		}
	}
	if err := i.Replace(Pair{Cert: content[0], Key: content[1]}, content[2]); err != nil {
		return fmt.Errorf("%s, %s, %s: %w", w.Cert, w.Key, w.CA, err)
	}
	return nil
}

// look reads the files if they have changed. Of several callers one looks; the others take
// what there is.
func (w *watch) look(i *Identity) {
	if !w.mu.TryLock() {
		return
	}
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(w.looked) < lookEvery {
		return
	}
	w.looked = now
	stamps := w.stamps()
	if stamps == w.seen {
		return
	}
	if err := w.read(i); err != nil { // files written one after the other do not fit at first
		w.Logger.Error().Err(err).Msg("identity_not_reloaded")
		return
	}
	w.seen = stamps
	w.Logger.Info().Strs("names", i.Names()).Time("not_after", i.NotAfter()).Msg("identity_reloaded")
}

func (w *watch) paths() [3]string { return [3]string{w.Cert, w.Key, w.CA} }

func (w *watch) stamps() (s [3]stamp) {
	for n, path := range w.paths() {
		if info, err := os.Stat(path); err == nil { // read tells what is wrong
			s[n] = stamp{info.ModTime(), info.Size()}
		}
	}
	return s
}
