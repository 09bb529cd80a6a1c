// What `nats micro` shows of a member.

package natstransport

import "testing"

func TestWithoutUser(t *testing.T) {
	for raw, want := range map[string]string{
		"nats://10.0.0.1:4222":                "nats://10.0.0.1:4222",
		"nats://me:secret@10.0.0.1:4222":      "nats://10.0.0.1:4222",
		"tls://token@h:4222":                  "tls://h:4222",
		"me:secret@h:4222":                    "?",
		"nats:me:secret@h:4222":               "?",
		"nats://a:b@h:1,nats://me:secret@h:2": "?",
		"nats://h:port":                       "?",
	} {
		if got := withoutUser(raw); got != want {
			t.Errorf("of %s it shows %s, want %s", raw, got, want)
		}
	}
}
