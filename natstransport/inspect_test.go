// Inspections: who answers, and when they end.

package natstransport_test

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

func TestInspectHearsEveryMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		started := time.Now()
		const members = 20
		for i := range members {
			id := "n" + strconv.Itoa(10+i)
			f := w.serve(id, nats.NoEcho())
			self := peer(id)
			self.Meta = "of " + id
			f.views = natstransport.Views{
				Self:     self,
				Started:  started,
				Active:   []natstransport.Neighbor{{Peer: peer("x"), Age: time.Minute, RTT: 350 * time.Microsecond}},
				Passive:  []views.Sighting{{Peer: peer("y"), Age: time.Hour}},
				Lost:     i,
				Wanted:   5,
				Size:     60,
				Isolated: i == 0,
			}
			f.stats = map[string]int{"joins": i}
		}
		time.Sleep(time.Hour)
		nc := w.connect()

		begin := time.Now()
		all, err := natstransport.Inspect(t.Context(), nc, cluster, natstransport.InspectOptions{})
		if err != nil || len(all) != members {
			t.Fatalf("%d answers, %v", len(all), err)
		}
		if d := time.Since(begin); d != natstransport.DefaultStall {
			t.Errorf("it took %v, want to end when quiet for %v", d, natstransport.DefaultStall)
		}
		for i, v := range all {
			id := "n" + strconv.Itoa(10+i)
			want := natstransport.Views{
				Self:    &views.Peer{ID: id, Incarnation: 7, Addr: id + ".example:7000", Meta: "of " + id},
				Cluster: cluster, Version: "1.2.3", Started: v.Started, Uptime: time.Hour,
				Active:  []natstransport.Neighbor{{Peer: peer("x"), Age: time.Minute, RTT: 350 * time.Microsecond}},
				Passive: []views.Sighting{{Peer: peer("y"), Age: time.Hour}},
				Lost:    i, Wanted: 5, Size: 60, Isolated: i == 0,
			}
			if !reflect.DeepEqual(v, want) || !v.Started.Equal(started) {
				t.Errorf("got\n%+v, want\n%+v", v, want)
			}
		}

		stats, err := natstransport.InspectStats(t.Context(), nc, cluster, natstransport.InspectOptions{})
		if err != nil || len(stats) != members {
			t.Fatalf("%d answers, %v", len(stats), err)
		}
		for i, s := range stats {
			if s.Node != "n"+strconv.Itoa(10+i) || s.Incarnation != 7 || string(s.Data) != `{"joins":`+strconv.Itoa(i)+`}` {
				t.Errorf("got %s %d %s", s.Node, s.Incarnation, s.Data)
			}
		}
	})
}

func TestInspectEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		nc := w.connect()
		inspect := func(ctx context.Context, opts natstransport.InspectOptions) (int, time.Duration, error) {
			begin := time.Now()
			all, err := natstransport.Inspect(ctx, nc, cluster, opts)
			return len(all), time.Since(begin), err
		}

		n, d, err := inspect(t.Context(), natstransport.InspectOptions{})
		if n != 0 || d != 0 || !errors.Is(err, membership.ErrNobody) {
			t.Errorf("without members: %d answers, %v, %v", n, d, err)
		}

		for _, id := range []string{"a", "b", "c"} {
			w.serve(id)
		}
		n, d, err = inspect(t.Context(), natstransport.InspectOptions{Max: 2})
		if n != 2 || d != 0 || err != nil {
			t.Errorf("at most two: %d answers, %v, %v", n, d, err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n, d, err = inspect(ctx, natstransport.InspectOptions{Stall: time.Hour})
		if n != 3 || d != time.Second || err != nil {
			t.Errorf("with a deadline: %d answers, %v, %v", n, d, err)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		n, _, err = inspect(ctx, natstransport.InspectOptions{})
		if n != 3 || !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %d answers, %v", n, err)
		}

		time.AfterFunc(time.Millisecond, w.stop)
		n, d, err = inspect(t.Context(), natstransport.InspectOptions{})
		if n != 3 || d != time.Millisecond || !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("the server goes away: %d answers, %v, %v", n, d, err)
		}
		if _, _, err = inspect(t.Context(), natstransport.InspectOptions{}); !errors.Is(err, natstransport.ErrDisconnected) {
			t.Errorf("the server is away: %v", err)
		}
	})
}

func TestInspectLeavesOutWhatItCannotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.serve("a")
		broken := w.serve("b")
		broken.stats = func() {} // which JSON cannot write
		nc := w.connect()
		if _, err := nc.Subscribe(natstransport.ViewsSubject(cluster), func(m *nats.Msg) {
			_ = m.Respond([]byte(`{"type":"io.kith.v1.views","cluster":"orders","peer":{"id":"?"}}`))
		}); err != nil {
			t.Fatal(err)
		}

		var faults []error
		opts := natstransport.InspectOptions{OnError: func(err error) { faults = append(faults, err) }}
		all, err := natstransport.Inspect(t.Context(), nc, cluster, opts)
		if err != nil || len(all) != 2 {
			t.Errorf("%d views, %v, want 2", len(all), err)
		}
		if len(faults) != 1 || !errors.Is(faults[0], views.ErrPeer) {
			t.Errorf("faults: %v", faults)
		}

		faults = nil
		stats, err := natstransport.InspectStats(t.Context(), nc, cluster, opts)
		if err != nil || len(stats) != 1 || stats[0].Node != "a" {
			t.Errorf("stats: %v, %v", stats, err)
		}
		var refusal *natstransport.ServiceError
		if len(faults) != 1 || !errors.As(faults[0], &refusal) || refusal.Code != natstransport.CodeInternal {
			t.Errorf("faults: %v", faults)
		}

		if _, err := natstransport.Inspect(t.Context(), nc, "a.b", opts); !errors.Is(err, natstransport.ErrConfig) {
			t.Errorf("a cluster that cannot be: %v", err)
		}
		if _, err := natstransport.Inspect(t.Context(), nil, cluster, opts); !errors.Is(err, natstransport.ErrConfig) {
			t.Errorf("no connection: %v", err)
		}
	})
}
