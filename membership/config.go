// The parameters of the protocol, their defaults and where each comes from.

package membership

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Config holds the parameters of the protocol. Start from [DefaultConfig]; the
// zero value is not valid. Durations are exact unless the comment names a
// jitter.
type Config struct {
	// ActiveSize is the most neighbors a node keeps. Paper §5.1: fanout 4 + 1.
	// log10(cluster size)+1 keeps the overlay connected; fewer than 3 makes rings. [Auto]
	// follows the estimated size of the cluster.
	ActiveSize int
	// PassiveSize is the most spare peers a node remembers. Paper §5.1: 30. It does not
	// count if ActiveSize is Auto.
	PassiveSize int
	// ARWL is the length of the random walk of a ForwardJoin. Paper §5.1: 6.
	ARWL TTL
	// PRWL is the TTL at which a ForwardJoin leaves the newcomer in a passive
	// view; less than ARWL. Paper §5.1: 3.
	PRWL TTL
	// ShuffleActive and ShufflePassive are how many members of each view a
	// Shuffle carries, besides the sender itself. Paper §5.1: ka 3, kp 4.
	ShuffleActive, ShufflePassive int
	// ShuffleTTL is the length of a Shuffle's walk. The paper does not state it;
	// our choice: ARWL, as every walk that is meant to mix.
	ShuffleTTL TTL
	// ShuffleInterval is the time between two shuffles of a node, ±25 %. The paper
	// counts cycles without a length. Our choice: 10 s.
	ShuffleInterval time.Duration
	// ShuffleFast replaces ShuffleInterval while the passive view is under half.
	// Our choice: 2 s.
	ShuffleFast time.Duration
	// ShuffleReplyRate is how many shuffles a second of nodes that are no neighbors
	// are answered, with bursts of two seconds' worth; each may cost a dial. Every
	// node's shuffle ends somewhere, so that 1 in ShuffleInterval is usual and 1 in
	// ShuffleFast is much. Our choice: 5, ten times that.
	ShuffleReplyRate float64
	// HearsayRate is how many peers a second that nobody asked about get into the passive
	// view, with bursts of twice its size: those in shuffles that end here, at the end of
	// walks, in visits and farewells. One shuffle in ShuffleInterval is usual, which
	// names eight. Our choice: 5, several times that.
	HearsayRate float64

	// HeartbeatInterval is the time between two heartbeats to every neighbor, ±25 %; the two
	// of a link are sent at the same time. Our choice: 1 s. Zero turns heartbeats off, for simulations that need none.
	HeartbeatInterval time.Duration
	// NeighborTimeout bounds a request to become neighbors: dial, hello and
	// answer together. Our choice: 3 s, above the dial timeout of 2 s.
	NeighborTimeout time.Duration
	// Grace is how long a new neighbor is spared from eviction, if an older one can
	// go, and how long both sides of a link may disagree about it. Our choice: 2 s,
	// two heartbeats.
	Grace time.Duration
	// Parallel is how many free slots are filled at the same time. Our choice: 3.
	Parallel int
	// RefillMin and RefillMax bound the pause after a round in which every known
	// candidate refused or failed; it doubles each time, ±25 %. Our choice: 100 ms,
	// and the shuffle interval, which brings new candidates.
	RefillMin, RefillMax time.Duration
	// CoolDown is how long a peer that disconnected us is not asked again, ±25 %,
	// and how long (exactly) one that became a neighbor may not become one again,
	// however it ceased to be. Our choice: 1 s, enough for the place to go to whom it
	// was made for; longer keeps the last two free slots of a small cluster apart.
	CoolDown time.Duration
	// SlowCoolDown replaces it for peers that could not keep up (paper §5.5: "a
	// node should not come straight back"). Our choice: 1 min.
	SlowCoolDown time.Duration

	// JoinMin and JoinMax bound the pause between two attempts to join; it doubles
	// each time, ±25 %. Attempts go on for ever. Our choice: 250 ms to 30 s.
	JoinMin, JoinMax time.Duration
	// JoinRate is how many newcomers a second a node lets in, or asks at the end of
	// a walk, while it has free slots, JoinRateFull once its view is full; others are
	// redirected, or remembered. Lashup's figures are 25 and 1; ours are 25 and 5, as a
	// redirect costs the newcomer a round trip.
	JoinRate, JoinRateFull float64
	// EvictRate is how many neighbors a second a node lets requests of high
	// priority and swaps evict, with bursts of ActiveSize. Our choice: one in 20 s,
	// some five times what rotation needs at its fastest.
	EvictRate float64
	// HighInterval is how often one peer may evict somebody here by asking with
	// high priority. Our choice: once a minute.
	HighInterval time.Duration
	// GuestFor is how long a peer that had somebody evicted, by asking with high
	// priority, may keep the place in a full view, at the longest; meanwhile it finds others, and
	// nobody else gets in that way. Our choice: 3 s, several times what it takes. Zero:
	// for good, as in the paper; forged requests then win most links.
	GuestFor time.Duration

	// RecontactInterval is the time between two visits to the meeting place of a
	// node that has neighbors, ±50 %. It lets the halves of a partition that have
	// forgotten each other meet. Our choice: 5 min a node. Zero turns it off.
	RecontactInterval time.Duration
	// RotateMin is the time until a node exchanges a link for a random one while the
	// view is full; it doubles each time up to RotateInterval, ±50 %, and begins anew
	// when a lost peer is found. A full overlay never rewires by itself. Our choice:
	// 100 s and 30 min. A crowd is mixed after three exchanges a node; later a link
	// lives for over half an hour, and parts that have forgotten each other still grow
	// together within minutes. A RotateInterval of zero turns it off.
	RotateMin, RotateInterval time.Duration
	// ProbeMin and ProbeMax bound the pause between two attempts to find a lost
	// peer again; it doubles each time, ±25 %. Our choice: 2 s to 30 s.
	ProbeMin, ProbeMax time.Duration
	// LostSize is the most lost peers that are looked for. Our choice: 16.
	LostSize int
	// LostFor is how long a lost peer is looked for. Our choice: 4 h, longer than
	// most repairs of a network.
	LostFor time.Duration
	// ZoneShare is the share of the neighbors that a node wants of its own zone, from 0 to 1,
	// and ZoneAcross how many links it wants out of it at least, as far as there are such
	// peers. Swaps, every RotateMin to RotateInterval, bring it about; a node without a zone
	// heeds none. Default: 0, which makes no difference between zones, and 2.
	ZoneShare  float64
	ZoneAcross int
	// MaxAge is how long a passive entry survives without anybody having been in
	// contact with the peer. Our choice: 30 min.
	MaxAge time.Duration
	// TombstoneFor is how long a peer that left is kept out, so that hearsay does
	// not bring it back. Our choice: 5 min.
	TombstoneFor time.Duration
}

// DefaultConfig returns the defaults; the comment of each field says where its
// value comes from.
func DefaultConfig() Config {
	return Config{
		ActiveSize:        5,
		PassiveSize:       30,
		ARWL:              6,
		PRWL:              3,
		ShuffleActive:     3,
		ShufflePassive:    4,
		ShuffleTTL:        6,
		ShuffleInterval:   10 * time.Second,
		ShuffleFast:       2 * time.Second,
		ShuffleReplyRate:  5,
		HearsayRate:       5,
		HeartbeatInterval: time.Second,
		NeighborTimeout:   3 * time.Second,
		Grace:             2 * time.Second,
		Parallel:          3,
		RefillMin:         100 * time.Millisecond,
		RefillMax:         10 * time.Second,
		CoolDown:          time.Second,
		SlowCoolDown:      time.Minute,
		JoinMin:           250 * time.Millisecond,
		JoinMax:           30 * time.Second,
		JoinRate:          25,
		JoinRateFull:      5,
		EvictRate:         0.05,
		HighInterval:      time.Minute,
		GuestFor:          3 * time.Second,
		RecontactInterval: 5 * time.Minute,
		RotateMin:         100 * time.Second,
		RotateInterval:    30 * time.Minute,
		ProbeMin:          2 * time.Second,
		ProbeMax:          30 * time.Second,
		LostSize:          16,
		LostFor:           4 * time.Hour,
		ZoneAcross:        2,
		MaxAge:            30 * time.Minute,
		TombstoneFor:      5 * time.Minute,
	}
}

// ErrConfig is matched by every error of [Config.Validate].
var ErrConfig = errors.New("membership: invalid configuration")

// ConfigError names a field, its value and what was wanted instead.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("membership: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// Validate reports every fault at once, joined, and repairs none; each is a
// [ConfigError].
func (c *Config) Validate() error {
	var v faults
	if c.ActiveSize < 1 && c.ActiveSize != Auto || c.ActiveSize > 64 {
		v.add("ActiveSize", strconv.Itoa(c.ActiveSize), "1 to 64, or -1 for Auto")
	}
	v.between("PassiveSize", c.PassiveSize, 0, 4096)
	v.between("ARWL", int(c.ARWL), 1, 64)
	if c.PRWL >= c.ARWL {
		v.add("PRWL", strconv.Itoa(int(c.PRWL)), "less than ARWL, which is "+strconv.Itoa(int(c.ARWL)))
	}
	v.between("ShuffleActive", c.ShuffleActive, 0, 32)
	v.between("ShufflePassive", c.ShufflePassive, 0, 31)
	v.between("ShuffleTTL", int(c.ShuffleTTL), 1, 64)
	v.positive("ShuffleInterval", c.ShuffleInterval)
	v.positive("ShuffleFast", c.ShuffleFast)
	v.rate("ShuffleReplyRate", c.ShuffleReplyRate)
	v.rate("HearsayRate", c.HearsayRate)
	v.notNegative("HeartbeatInterval", c.HeartbeatInterval)
	v.positive("NeighborTimeout", c.NeighborTimeout)
	v.notNegative("Grace", c.Grace)
	v.between("Parallel", c.Parallel, 1, 64)
	v.backoff("Refill", c.RefillMin, c.RefillMax)
	v.notNegative("CoolDown", c.CoolDown)
	v.notNegative("SlowCoolDown", c.SlowCoolDown)
	v.backoff("Join", c.JoinMin, c.JoinMax)
	v.rate("JoinRate", c.JoinRate)
	v.rate("JoinRateFull", c.JoinRateFull)
	v.rate("EvictRate", c.EvictRate)
	v.notNegative("HighInterval", c.HighInterval)
	v.notNegative("GuestFor", c.GuestFor)
	v.notNegative("RecontactInterval", c.RecontactInterval)
	v.rotation(c.RotateMin, c.RotateInterval)
	v.backoff("Probe", c.ProbeMin, c.ProbeMax)
	v.between("LostSize", c.LostSize, 0, 4096)
	v.notNegative("LostFor", c.LostFor)
	if !(c.ZoneShare >= 0 && c.ZoneShare <= 1) {
		v.add("ZoneShare", strconv.FormatFloat(c.ZoneShare, 'g', -1, 64), "0 to 1")
	}
	v.between("ZoneAcross", c.ZoneAcross, 1, 64)
	v.positive("MaxAge", c.MaxAge)
	v.notNegative("TombstoneFor", c.TombstoneFor)
	return errors.Join(v...)
}

// faults collects what is wrong with a configuration.
type faults []error

func (v *faults) add(field, value, want string) {
	*v = append(*v, &ConfigError{Field: field, Value: value, Want: want})
}

func (v *faults) between(field string, n, low, high int) {
	if n < low || n > high {
		v.add(field, strconv.Itoa(n), fmt.Sprintf("%d to %d", low, high))
	}
}

func (v *faults) positive(field string, d time.Duration) {
	if d <= 0 {
		v.add(field, d.String(), "a duration above 0")
	}
}

func (v *faults) notNegative(field string, d time.Duration) {
	if d < 0 {
		v.add(field, d.String(), "a duration of 0 or more")
	}
}

func (v *faults) backoff(field string, low, high time.Duration) {
	v.positive(field+"Min", low)
	if high < low {
		v.add(field+"Max", high.String(), "at least "+field+"Min, which is "+low.String())
	}
}

// rotation checks the first and the longest pause, which is zero for none at all.
func (v *faults) rotation(first, longest time.Duration) {
	v.positive("RotateMin", first)
	if longest != 0 && longest < first {
		v.add("RotateInterval", longest.String(), "zero, or at least RotateMin, which is "+first.String())
	}
}

func (v *faults) rate(field string, r float64) {
	if !(r > 0 && r <= 1e6) {
		v.add(field, strconv.FormatFloat(r, 'g', -1, 64), "a rate a second above 0")
	}
}
