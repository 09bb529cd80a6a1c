// The INFO of a server: whatever its JSON is, it is harmless.

package leafnode

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/kithmesh/kith/internal/testkit"
)

// FuzzInfo reads arbitrary bytes as the JSON of an INFO. What can be read is written and read back
// as the same.
func FuzzInfo(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `[]`, `{"max_payload":-1}`, `{"max_payload":1e99}`, `{"import":{"allow":[">"],"deny":null}}`,
		`{"server_id":"N","server_name":"n","version":"2.11.0","cluster":"c","headers":true,"max_payload":1048576,"tls_required":true,"nonce":"abc","connect_info":true,"remote_account":"A"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(testkit.Around(func(t *testing.T, text []byte) {
		var in info
		var err error
		testkit.Greed(t, len(text), func() { in, err = parseInfo(text) })
		if err != nil {
			var pe *ProtocolError
			if !errors.As(err, &pe) || len(pe.Found) > 64 {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if in.MaxPayload <= 0 {
			t.Fatalf("the largest payload is %d", in.MaxPayload)
		}
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseInfo(data); err != nil || !reflect.DeepEqual(again, in) {
			t.Fatalf("%+v is read back as %+v, %v", in, again, err)
		}
		_ = in.server()
	}))
}
