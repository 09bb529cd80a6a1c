// The NATS subjects of a cluster.

package natstransport

import (
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/views"
)

// root is the first token of every subject of Kith.
const root = "kith"

// ServiceName is the name under which every member answers `nats micro`.
const ServiceName = "kith"

// queue is the queue group of the members on the join subject: NATS gives each
// JOIN to one of them, chosen at random.
const queue = "members"

// JoinSubject is where a newcomer's JOIN goes, to one member.
func JoinSubject(cluster string) string { return root + "." + cluster + ".join" }

// ViewsSubject is where all members tell their views.
func ViewsSubject(cluster string) string { return root + "." + cluster + ".views" }

// StatsSubject is where all members tell their counts.
func StatsSubject(cluster string) string { return root + "." + cluster + ".stats" }

// controlSubjects are where the service with the given id is asked what it is:
// $SRV.PING, $SRV.INFO and $SRV.STATS, each alone, with the service's name, and
// with name and id. Three wildcards stand for the nine subjects.
func controlSubjects(id string) []string {
	all := micro.APIPrefix + ".*"
	return []string{all, all + "." + ServiceName, all + "." + ServiceName + "." + id}
}

// checkCluster refuses a cluster name that is not a subject token.
func checkCluster(cluster string) error {
	if views.ValidToken(cluster) {
		return nil
	}
	return &ConfigError{Field: "Cluster", Value: clip(cluster), Want: "1 to 64 of A-Z a-z 0-9 - _"}
}
