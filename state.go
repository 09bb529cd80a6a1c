// The state file: what lets a node come back after a restart without a contact.

package kith

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// stateType marks the file as ours and names its version.
const stateType = "io.kith.v1.state"

// mostStateBytes bounds what is read; a full state is below a tenth of it.
const mostStateBytes = 4 << 20

// ErrState is matched by every [StateError].
var ErrState = errors.New("kith: unusable state file")

// StateError says why a state file cannot be used. Such a file is never
// overwritten: whoever put it there decides.
type StateError struct {
	Path string
	Want string
	Err  error // the cause, or nil
}

// Error implements error.
func (e *StateError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("kith: state file %s: want %s: %v", e.Path, e.Want, e.Err)
	}
	return fmt.Sprintf("kith: state file %s: want %s", e.Path, e.Want)
}

// Is makes every StateError match [ErrState].
func (e *StateError) Is(target error) bool { return target == ErrState }

// Unwrap returns the cause.
func (e *StateError) Unwrap() error { return e.Err }

// state is the content of the file.
type state struct {
	Type        string      `json:"type"`
	Cluster     string      `json:"cluster"`
	ID          string      `json:"id"`
	Incarnation uint64      `json:"incarnation"`
	Saved       time.Time   `json:"saved"`
	Peers       []statePeer `json:"peers"`
}

type statePeer struct {
	ID          string `json:"id"`
	Incarnation uint64 `json:"incarnation"`
	Addr        string `json:"addr"`
	NATS        string `json:"nats,omitempty"`
	Zone        string `json:"zone,omitempty"`
	Meta        []byte `json:"meta,omitempty"`
}

// loadState reads the file; one that does not exist is an empty state. The file
// must belong to this cluster and, when an ID was configured, to this node.
func loadState(path, cluster, id string) (state, error) {
	fail := func(want string, err error) (state, error) {
		return state{}, &StateError{Path: path, Want: want, Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return state{}, nil
	case err != nil:
		return fail("a readable file", err)
	case !info.Mode().IsRegular():
		return fail("a regular file", nil)
	case info.Size() > mostStateBytes:
		return fail(fmt.Sprintf("at most %d bytes", mostStateBytes), nil)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fail("a readable file", err)
	}
	s, err := parseState(data, cluster, id)
	if wrong := (*StateError)(nil); errors.As(err, &wrong) {
		wrong.Path = path
	}
	return s, err
}

// parseState reads the content of a file. An error is a [StateError] without its path.
func parseState(data []byte, cluster, id string) (state, error) {
	var s state
	var want string
	cause := json.Unmarshal(data, &s)
	switch {
	case cause != nil:
		want = "the JSON of a state file"
	case s.Type != stateType:
		want = fmt.Sprintf("type %s, not %q", stateType, clip(s.Type))
	case s.Cluster != cluster:
		want = fmt.Sprintf("cluster %s, not %q", cluster, clip(s.Cluster))
	case id != "" && s.ID != id:
		want = fmt.Sprintf("node %s, not %q", id, clip(s.ID))
	case !views.ValidToken(s.ID):
		want = fmt.Sprintf("a valid node ID, not %q", clip(s.ID))
	case s.Incarnation == 0 || s.Incarnation > math.MaxInt64:
		want = fmt.Sprintf("an incarnation from 1 to %d, not %d", math.MaxInt64, s.Incarnation)
	default:
		return s, nil
	}
	return state{}, &StateError{Want: want, Err: cause}
}

// mostQuoted bounds what an error repeats of a file, in bytes.
const mostQuoted = 64

func clip(text string) string {
	if len(text) > mostQuoted {
		return text[:mostQuoted] + "..."
	}
	return text
}

// sightings returns the peers of a state file that are well formed. They count as
// seen just now: after a long stop nobody else is known, and those that are gone
// fail when they are asked.
func (s state) sightings() []views.Sighting {
	var out []views.Sighting
	for _, p := range s.Peers {
		peer := &views.Peer{
			ID: p.ID, Incarnation: p.Incarnation, Addr: p.Addr,
			NATS: p.NATS, Zone: p.Zone, Meta: string(p.Meta),
		}
		if peer.Validate() == nil {
			out = append(out, views.Sighting{Peer: peer})
		}
	}
	return out
}

// save replaces the file as a whole or not at all.
func (s state) save(path string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(data, '\n'))
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncDir makes a rename outlast a power cut: without it the old file may be back, and with it an
// incarnation from before the one that others have heard of. Not every system can do it, and
// the file has been replaced in any case.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = errors.Join(d.Sync(), d.Close())
	}
}

func newStatePeer(p *views.Peer) statePeer {
	return statePeer{
		ID: p.ID, Incarnation: p.Incarnation, Addr: p.Addr,
		NATS: p.NATS, Zone: p.Zone, Meta: []byte(p.Meta),
	}
}

// savePeriod is how often the peers are written down: what is lost by a crash is
// at most that old.
const savePeriod = 30 * time.Second

// keepState writes the state file now and then until the node begins to end, beside
// the loop: a slow disk must not hold it up.
func (n *Node) keepState() {
	ticker := time.NewTicker(savePeriod)
	defer ticker.Stop()
	for {
		select {
		case <-n.ending:
			return
		case <-ticker.C:
			if err := n.saveState(n.ctx); err != nil && n.ctx.Err() == nil {
				n.log.Error().Err(err).Str("path", n.cfg.StateFile).Msg("state_not_saved")
			}
		}
	}
}

// restore reads the state file, if there is one, and takes the ID from it when
// none was configured.
func restore(cfg *Config, explicitID string) (state, error) {
	if cfg.StateFile == "" {
		return state{}, nil
	}
	saved, err := loadState(cfg.StateFile, cfg.Cluster, explicitID)
	if err == nil && saved.ID != "" {
		cfg.ID = saved.ID
	}
	return saved, err
}

// saveState writes the peers that are known now, the neighbors first.
func (n *Node) saveState(ctx context.Context) error {
	var peers []statePeer
	err := n.loop.look(ctx, func(core *membership.Node) {
		for i := range core.Active().Len() {
			p, _ := core.Active().At(i)
			peers = append(peers, newStatePeer(p))
		}
		for i := range core.Passive().Len() {
			p, _ := core.Passive().At(i)
			peers = append(peers, newStatePeer(p))
		}
	})
	if err != nil {
		return err
	}
	return n.stateOf(peers).save(n.cfg.StateFile)
}

func (n *Node) stateOf(peers []statePeer) state {
	return state{
		Type: stateType, Cluster: n.cfg.Cluster, ID: n.self.ID, Incarnation: n.self.Incarnation,
		Saved: time.Now().UTC(), Peers: peers,
	}
}
