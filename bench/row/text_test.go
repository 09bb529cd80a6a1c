package row_test

import (
	"strings"
	"testing"

	"github.com/kithmesh/kith/bench/row"
)

func TestText(t *testing.T) {
	r := row.Report{Command: "routes", Rounds: 2, Foreign: 0.125, Rows: []row.Row{
		{
			Group: "broadcast", Measure: "messages to all", Unit: "1/s", Nodes: 1000, Bytes: 128, Form: "bridge", Versus: "routes",
			Kith: row.NewFigure(12345, 23456), Peer: row.NewFigure(1, 1), Ratio: row.NewFigure(1.234, 5.678), Goal: row.AtLeast(6),
		},
		{Measure: "bytes", Kith: row.NewFigure(0.5), Goal: row.AtMost(1).OfOwn(), Note: "as it is"},
		{Measure: "sockets", Goal: row.AtMost(0.1), Fault: "out of them"},
	}}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `routes: median of the rounds, 2 of them [least to most]; others kept 0.12 processors busy

nodes  bytes  form    measure               Kith                       versus     ratio                goal
1,000  128    bridge  messages to all, 1/s  17,900 [12,345 to 23,456]  routes  1  3.46 [1.23 to 5.68]  ≥ 6: MISSED
                      bytes                 0.5                                                        own ≤ 1: met
                      sockets                                                                          ≤ 0.1: FAILED
- bytes: as it is
- sockets: out of them
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	n := row.Numbers{Least: 2, Most: 9}
	if err := n.Set("2, 9"); err != nil || n.String() != "2,9" {
		t.Errorf("%v, %q", err, n.String())
	}
	if err := n.Set("none"); err != nil || len(n.List) != 0 {
		t.Errorf("%v, %v", err, n.List)
	}
	for _, wrong := range []string{"1", "10", "", "2,x"} {
		if err := n.Set(wrong); err == nil || !strings.Contains(err.Error(), "from 2 to 9") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
