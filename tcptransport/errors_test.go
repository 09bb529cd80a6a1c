// What the errors say and match.

package tcptransport_test

import (
	"errors"
	"testing"

	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

func TestErrorsSayWhatWasWrong(t *testing.T) {
	for _, test := range []struct {
		err   error
		text  string
		match error
	}{
		{
			&tcptransport.ConfigError{Field: "Idle", Value: "0s", Want: "a duration above 0"},
			`tcptransport: config Idle is "0s", want a duration above 0`,
			tcptransport.ErrConfig,
		},
		{
			&tcptransport.RefusedError{Verdict: tcptransport.VerdictStale, Incarnation: 7},
			"tcptransport: refused: stale incarnation, current is 7",
			tcptransport.ErrStale,
		},
		{
			&tcptransport.RefusedError{Verdict: tcptransport.VerdictVersion, Detail: "speaks 2\n"},
			`tcptransport: refused: wrong version: "speaks 2\n"`,
			tcptransport.ErrVersion,
		},
		{
			&tcptransport.RefusedError{Verdict: tcptransport.VerdictRefused},
			"tcptransport: refused: refused",
			tcptransport.ErrRefused,
		},
		{
			&tcptransport.PeerError{
				Want: &views.Peer{ID: "a", Incarnation: 1}, Got: &views.Peer{ID: "b", Incarnation: 2},
			},
			"tcptransport: b (incarnation 2) answered, want a (incarnation 1)",
			tcptransport.ErrWrongPeer,
		},
	} {
		if got := test.err.Error(); got != test.text {
			t.Errorf("got  %s\nwant %s", got, test.text)
		}
		if !errors.Is(test.err, test.match) {
			t.Errorf("%v does not match %v", test.err, test.match)
		}
	}
}
