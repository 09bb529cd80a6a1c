// What a node tells, whatever it is, and how often all are asked.

package remote

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

func TestCountersAreMetrics(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	tells := told{Downs: map[string]float64{"closed": 1, "no reason\n": 1}}
	tells.cut()
	all := tells.counters()
	if len(all) < 20 || all[`kith_neighbor_downs_total{reason="closed"}`] != 1 {
		t.Errorf("%v", all)
	}
	for name := range all {
		name, _, _ = strings.Cut(name, "{")
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_sum")
		if !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/metrics.md does not have %s", name)
		}
	}
}

// A node that tells as much as it can leaves little of that behind.
func TestLittleIsKeptOfMuch(t *testing.T) {
	long := strings.Repeat("x", 1000)
	var links, branches, downs, counts []string
	for i := range 2000 {
		id := "n" + strconv.Itoa(i)
		links = append(links, `{"Peer":{"ID":"`+id+`"},"State":"`+long+`","Err":"`+long+`"}`)
		branches = append(branches, `{"Neighbor":"`+id+`","Eager":true}`)
		downs = append(downs, `"`+id+`":1`)
		counts = append(counts, "1")
	}
	list := func(of []string) string { return "[" + strings.Join(of, ",") + "]" }
	data := `{"Links":` + list(links) + `,"Broadcast":{"Links":` + list(branches) + `},"Downs":{` + strings.Join(downs, ",") +
		`},"Repairs":{"Counts":` + list(counts) + `}}`
	tells, err := read(&natstransport.Stats{Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tells.links()); n != mostLinks {
		t.Errorf("%d links, want the first %d", n, mostLinks)
	}
	if n := tells.counts().Repairs; n != 2000 {
		t.Errorf("%d repairs, want 2000", n)
	}
	kept, err := json.Marshal(tells)
	if err != nil || len(kept) > 64<<10 {
		t.Errorf("%d of %d bytes are kept, want at most 64 KiB; %v", len(kept), len(data), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"Neighbors":3,"Downs":{"closed":2},"Repairs":{"Counts":[1,2],"Sum":5},"Links":[{"Peer":{"ID":"a"},"State":"up","Held":true}]}`))
	f.Add([]byte(`{"Links":[{"Peer":null,"State":"x","Err":"y"}],"Broadcast":{"Links":null,"Delivered":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tells, err := read(&natstransport.Stats{Data: data})
		if err != nil {
			return
		}
		var r trace.Rates
		r.Add(trace.Counts{Repairs: 1}, tells.counts())
		if _, err := json.Marshal(tells.counters()); err != nil {
			t.Error(err)
		}
		for _, l := range tells.links() {
			if !views.ValidToken(l.Peer) || len(l.Why) > 250 {
				t.Errorf("%+v", l)
			}
		}
		tells.mode()
	})
}

func TestLargeMeshesAreAskedLessOften(t *testing.T) {
	var log bytes.Buffer
	o := New(Config{Every: time.Second, Log: zerolog.New(&log)})
	for _, c := range []struct {
		nodes int
		every time.Duration
		told  int
	}{
		{10, time.Second, 0}, {200, time.Second, 0}, {1000, 5 * time.Second, 1}, {1010, 5050 * time.Millisecond, 1}, {4000, 20 * time.Second, 2},
	} {
		for i := range c.nodes {
			o.members[strconv.Itoa(i)] = new(member)
		}
		if got := o.interval(); got != c.every {
			t.Errorf("%d nodes: every %v, want %v", c.nodes, got, c.every)
		}
		if told := strings.Count(log.String(), "watch_slowed"); told != c.told {
			t.Errorf("%d nodes: told %d times, want %d", c.nodes, told, c.told)
		}
	}
}

// A page that is open to others shows no password of a NATS server.
func TestNoPasswordIsShown(t *testing.T) {
	for raw, want := range map[string]string{
		"":                    "",
		"nats://h:4222":       "nats://h:4222",
		"nats://u:secret@h:1": "nats://u:xxxxx@h:1",
		"nats://h:1\x7f":      "?",
	} {
		self := &views.Peer{ID: "a", NATS: raw}
		if got := about(&natstransport.Views{Self: self}).NATS; got != want {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
	}
}
