// Lives, as they stand in frames.

package broadcast_test

import (
	"testing"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// The characters that a life may have are those of IDs.
func TestLivesHaveTheCharactersOfIDs(t *testing.T) {
	for c := range 256 {
		id := string([]byte{'a', byte(c)})
		frame := wire.FinishFrame(broadcast.BeginGossip(nil, broadcast.NewLife(id, 1), 1, 1), 0)
		if _, err := broadcast.ParseGossip(frame); (err == nil) != views.ValidToken(id) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
