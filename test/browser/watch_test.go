// The page of a mesh that is watched from outside, over its NATS.

package browser_test

import (
	"testing"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

func TestWatchLive(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(6), meshtest.Quick(), meshtest.Links(linker.Connections))
	p := open(t, startDemo(t, "watch", "--server", mesh.Meeting().URL(), "--cluster", mesh.Node(0).Cluster(), "--every", "200ms").url, 1280, 800)
	p.wait("the live mesh", `document.querySelector("#status").dataset.status === "live"`)
	p.waitRows("up", 6)
	p.waitWhole()
	p.wait("the NATS links", `Number(document.querySelector("#tile-links b").textContent) > 0`)
	if !eval[bool](p, `document.querySelector("#controls").hidden`) {
		t.Error("there are controls for a mesh that is only watched")
	}

	p.click(`tr[data-node="n01"] .node-name`)
	p.wait("the node's own word", `document.querySelector("#inspector h2").textContent === "n01" && /Passive view/.test(document.querySelector("#inspector").textContent)`)
	p.wait("what it counts", `/neighbor_ups_total/.test(document.querySelector("#inspector").textContent)`)
	p.click("#inspector .close")

	mesh.Kill(5) // which nobody tells the page
	p.wait("the node that is silent", `document.querySelector('tr[data-node="n05"]').dataset.state === "silent"`)
	p.waitRows("up", 5)
	p.waitWhole()
	if err := mesh.Restart(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	p.waitRows("up", 6)
	p.waitWhole()
}
