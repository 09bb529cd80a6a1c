// The JSON of the messages: golden files, and a decoder that survives anything.

package natstransport

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

const cluster = "orders"

// messages returns one full message of each type, as encoded.
func messages(t testing.TB) map[string][]byte {
	t.Helper()
	self := &views.Peer{
		ID: "orders-1", Incarnation: 1795000000000, Addr: "10.0.0.1:7000",
		NATS: "nats://10.0.0.1:4222", Zone: "eu-1", Meta: "\x00opaque",
	}
	other := &views.Peer{ID: "orders-2", Incarnation: 1795000000001, Addr: "[2001:db8::2]:7000"}
	sample := []views.Sighting{{Peer: self, Age: 1500 * time.Millisecond}, {Peer: other}}

	all := make(map[string][]byte)
	add := func(name string, data []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	data, err := encodeJoin(cluster, &membership.Message{
		Kind: membership.Join, Priority: membership.High, Degree: 2, Peer: self, Sample: sample,
	})
	add("join", data, err)
	data, err = encodeJoinReply(cluster, &membership.Message{
		Kind: membership.JoinReply, Verdict: membership.Stale, Incarnation: 1795000000002, Peer: other, Sample: sample,
	})
	add("join_reply", data, err)
	data, err = json.Marshal(Views{
		Self: self, Cluster: cluster, Version: "1.2.3",
		Started: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Uptime: time.Hour,
		Active:  []Neighbor{{Peer: other, Age: time.Minute, RTT: 350 * time.Microsecond}},
		Passive: sample, Lost: 1, Wanted: 5, Size: 60,
	})
	add("views", data, err)
	data, err = json.Marshal(jsonStats{
		jsonHeader: jsonHeader{Type: TypeStats, Cluster: cluster},
		Node:       self.ID, Incarnation: self.Incarnation, Stats: json.RawMessage(`{"neighbors":5}`),
	})
	add("stats", data, err)
	return all
}

// A change of these files is a change of what nodes of different versions say to
// each other.
func TestGoldenMessages(t *testing.T) {
	for name, data := range messages(t) {
		var got bytes.Buffer
		if err := json.Indent(&got, data, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		file := filepath.Join("testdata", name+".json")
		if *rewrite {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is\n%s\nwant\n%s", name, got.Bytes(), want)
		}
	}
}

// A member that says less than nothing is refused, and told what was wanted.
func TestNegativeCountsAreRefused(t *testing.T) {
	for field, part := range map[string][2]string{
		"lost": {`"lost":1`, `"lost":-1`}, "wanted": {`"wanted":5`, `"wanted":-1`}, "size": {`"size":60`, `"size":-1`},
	} {
		data := bytes.Replace(messages(t)["views"], []byte(part[0]), []byte(part[1]), 1)
		err := decode(data, TypeViews, cluster, maxAnswer, new(Views))
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), field+" is -1, want at least 0") {
			t.Errorf("%s: %v", part[1], err)
		}
	}
}

// Whatever is read holds valid peers and keeps the limits, and what is written of
// it reads as the same again.
func FuzzDecode(f *testing.F) {
	for _, data := range messages(f) {
		f.Add(data)
	}
	f.Add([]byte(`{"type":"io.kith.v1.join","cluster":"orders","priority":"low","peer":{"id":"a","incarnation":1,"addr":"a:1"},"sample":[null,{"age_ms":18446744073709551615}]}`))
	f.Fuzz(testkit.Around(func(t *testing.T, data []byte) {
		testkit.Greed(t, len(data), func() {
			_, _ = decodeJoin(cluster, data)
			_, _ = decodeJoinReply(cluster, data)
			_ = decode(data, TypeViews, cluster, maxAnswer, new(Views))
			_ = decode(data, TypeStats, cluster, maxAnswer, new(jsonStats))
		})
		if m, err := decodeJoin(cluster, data); err == nil {
			checkMessage(t, m)
			again(t, m, encodeJoin, decodeJoin)
		}
		if m, err := decodeJoinReply(cluster, data); err == nil {
			checkMessage(t, m)
			again(t, m, encodeJoinReply, decodeJoinReply)
		}
		var v Views
		if err := decode(data, TypeViews, cluster, maxAnswer, &v); err == nil {
			checkViews(t, v)
		}
	}))
}

func checkMessage(t *testing.T, m membership.Message) {
	t.Helper()
	if err := m.Peer.Validate(); err != nil {
		t.Error(err)
	}
	if len(m.Sample) > MaxPeers {
		t.Errorf("%d peers", len(m.Sample))
	}
	for _, s := range m.Sample {
		if err := s.Peer.Validate(); err != nil || s.Age < 0 {
			t.Errorf("sighting %v: %v", s, err)
		}
	}
}

func again(t *testing.T, m membership.Message,
	encode func(string, *membership.Message) ([]byte, error),
	decode func(string, []byte) (membership.Message, error),
) {
	t.Helper()
	first, err := encode(cluster, &m)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) > MaxPayload {
		t.Errorf("%d bytes", len(first))
	}
	m, err = decode(cluster, first)
	if err != nil {
		t.Fatalf("%v in %s", err, first)
	}
	second, err := encode(cluster, &m)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("first\n%s, then\n%s", first, second)
	}
}

func checkViews(t *testing.T, v Views) {
	t.Helper()
	if len(v.Active) > MaxView || len(v.Passive) > MaxView {
		t.Errorf("%d active, %d passive", len(v.Active), len(v.Passive))
	}
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var w Views
	if err := json.Unmarshal(first, &w); err != nil {
		t.Fatalf("%v in %s", err, first)
	}
	second, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("first\n%s, then\n%s", first, second)
	}
}

// A small text that claims very many peers must not cost much memory.
func TestManyTinyEntriesCostLittle(t *testing.T) {
	head := `{"type":"io.kith.v1.join","cluster":"orders","priority":"low","peer":{"id":"a","incarnation":1,"addr":"a:1"},"sample":[`
	data := append([]byte(head), bytes.Repeat([]byte("{},"), 21000)...)
	data = append(data, "{}]}"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decodeJoin(cluster, data)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 8*MaxPayload {
		t.Errorf("decoding %d bytes allocates %d", len(data), n)
	}
}
