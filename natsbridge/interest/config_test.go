// What is no configuration, and no node.

package interest_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func TestConfig(t *testing.T) {
	if err := (interest.Config{}).Validate(); err != nil {
		t.Error(err)
	}
	if err := interest.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	bad := interest.Config{
		Subjects: []string{"a", "b..c"}, Coalesce: time.Second, TTL: time.Millisecond, Grace: -1, Settle: -1, Digest: 1, AskTimeout: time.Hour,
		RollUp: 1, MaxMessage: 1, MaxNodes: -1, MaxKeys: -1, MaxLocal: -1, MaxBytes: 1,
	}
	_, err := interest.New(bad, "m", 1, nil)
	if !errors.Is(err, interest.ErrConfig) {
		t.Fatalf("error %v, want ErrConfig", err)
	}
	for _, field := range []string{
		"Subjects", "Coalesce", "TTL", "Grace", "Settle", "Digest", "AskTimeout", "RollUp", "MaxMessage", "MaxNodes", "MaxKeys", "MaxLocal", "MaxBytes",
	} {
		if !strings.Contains(err.Error(), "interest: "+field+" is ") {
			t.Errorf("no fault of %s in %v", field, err)
		}
	}
	if _, err := interest.New(interest.Config{}, "a.b", 1, rand.New(rand.NewPCG(1, 2))); !errors.Is(err, interest.ErrSelf) {
		t.Errorf("error %v, want ErrSelf", err)
	}
}

func TestSubjectsThatMayCross(t *testing.T) {
	d := exporter(t, interest.Config{Subjects: []string{"a.*", "b.>", "*.c"}, Services: true})
	for subject, want := range map[string]bool{
		"a.x": true, "a": false, "a.x.y": false, "b": false, "b.x.y": true, "x.c": true, "x.d": false, "c": false, "$SRV.c": true, "_INBOX.c": false,
	} {
		if d.core.Crosses([]byte(subject)) != want {
			t.Errorf("%s crosses: %v", subject, !want)
		}
	}
}
