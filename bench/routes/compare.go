// The rounds: one side, then the other, again and again.

package main

import (
	"context"
	"math"
	"time"
)

// row compares the sides with so many nodes and payloads of that size.
type row struct {
	Delivery string  `json:"delivery"`
	Nodes    int     `json:"nodes"`
	Size     int     `json:"size"`
	Window   int     `json:"window"`       // messages in flight at full speed
	PaceRate float64 `json:"latency_rate"` // messages a second at which latencies were measured
	Routes   figures `json:"routes"`
	Kith     figures `json:"kith"`
	// The ratios are Kith's figure by that of the routes, of each round.
	RateRatio figure   `json:"messages_per_second_ratio"`
	CPURatio  figure   `json:"cpu_ratio"`
	P50Ratio  figure   `json:"latency_p50_ratio"`
	P99Ratio  figure   `json:"latency_p99_ratio"`
	Goals     rowGoals `json:"goals"`
}

// figures are those of one side.
type figures struct {
	Rate figure `json:"messages_per_second"`
	CPU  figure `json:"cpu_us_per_delivery"`
	P50  figure `json:"latency_ms_p50"`
	P99  figure `json:"latency_ms_p99"`
}

// rowGoals are what a row is held against; 0 where there is no goal.
type rowGoals struct {
	LeastRateRatio float64 `json:"least_messages_per_second_ratio"`
	MostP99Ratio   float64 `json:"most_latency_p99_ratio"`
}

// goalsFor returns what is wanted.
func goalsFor(delivery string, nodes, size int) rowGoals {
	var g rowGoals
	small, large := 6.0, 1.8
	switch {
	case delivery == byCallback:
		g.MostP99Ratio = 0.4
	case nodes >= 50:
		g.MostP99Ratio = 0.6
		fallthrough
	default:
		small, large = 1.2, 1
	}
	switch size {
	case 128:
		g.LeastRateRatio = small
	case 4096:
		g.LeastRateRatio = large
	}
	return g
}

// series are the results of one side, round by round.
type series struct{ rate, cpu, p50, p99 []float64 }

func (s *series) addSpeed(v speed) {
	s.rate, s.cpu = append(s.rate, v.Rate), append(s.cpu, v.CPU)
}

func (s *series) addDelay(v delay) {
	s.p50, s.p99 = append(s.p50, milliseconds(v.P50)), append(s.p99, milliseconds(v.P99))
}

func (s *series) figures() figures {
	return figures{Rate: newFigure(s.rate), CPU: newFigure(s.cpu), P50: newFigure(s.p50), P99: newFigure(s.p99)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// compare runs the rounds of one row. Only one side exists at a time. Latencies of
// both are measured at one rate, which the first round decides.
func compare(ctx context.Context, routes, kith side, c conditions, rounds int, log func(format string, args ...any)) (row, error) {
	sides := [2]side{routes, kith}
	var all [2]series
	r := row{Delivery: c.delivery, Nodes: c.nodes, Size: c.size, Window: c.window, Goals: goalsFor(c.delivery, c.nodes, c.size)}
	for round := range rounds {
		slower := math.Inf(1)
		for i, s := range sides {
			v, err := throughput(ctx, s, c)
			if err != nil {
				return row{}, err
			}
			log("%s, %d nodes, %d bytes, round %d: %s: %.0f messages/s, %.2f µs of CPU per delivery; others used %.2f processors",
				c.delivery, c.nodes, c.size, round+1, s.name, v.Rate, v.CPU, v.Others)
			all[i].addSpeed(v)
			slower = min(slower, v.Rate)
		}
		if round == 0 {
			r.PaceRate = math.Round(max(c.pace*slower, 1))
		}
		for i, s := range sides {
			v, err := latency(ctx, s, c, r.PaceRate)
			if err != nil {
				return row{}, err
			}
			log("%s, %d nodes, %d bytes, round %d: %s: to the last node p50 %.2f ms, p99 %.2f ms at %.0f messages/s; others used %.2f processors",
				c.delivery, c.nodes, c.size, round+1, s.name, milliseconds(v.P50), milliseconds(v.P99), r.PaceRate, v.Others)
			all[i].addDelay(v)
		}
	}
	r.Routes, r.Kith = all[0].figures(), all[1].figures()
	r.RateRatio = ratios(all[1].rate, all[0].rate)
	r.CPURatio = ratios(all[1].cpu, all[0].cpu)
	r.P50Ratio = ratios(all[1].p50, all[0].p50)
	r.P99Ratio = ratios(all[1].p99, all[0].p99)
	return r, nil
}
