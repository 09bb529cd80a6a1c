// The command sim: experiments in the simulator, one subcommand each.

package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/sim/paper"
	"github.com/kithmesh/kith/sim/scenario"
)

const simLong = `Runs experiments in a simulator: the protocol as it ships, in a world in which time, latency,
failures and chance come from a seed. The same seed gives the same run, to the last message.

Without a subcommand it lists the experiments.`

const simExample = `  demo sim                                 which experiments there are
  demo sim paper --nodes 1000              one of them, with fewer nodes
  demo sim paper --help                    what it does, and what can be changed`

const experimentLong = `Prints a table of what was measured, beside what the paper has and what a random regular graph
has, as far as the experiment knows, and fails when the mean over the seeds is not in the range
that is wanted.

As many seeds run at the same time as there are processors; GOMAXPROCS=1 runs one after the other,
and needs the memory of one. While they run, stderr tells how far they are. After Ctrl-C, what has
been measured so far is printed, and the command fails.

--svg writes a chart; when the experiment has several, each goes into a file of its own with the
chart's name before the extension, such as out-degrees.svg for --svg out.svg. Of several seeds a
line is the mean, in a band from the least to the greatest.

--set changes a setting of every node, one of the fields of membership.Config, such as
--set ActiveSize=6 --set ShuffleInterval=5s. An experiment may need settings of its own, which
count more.

--json prints one object; what the experiment does not have is left out. Its measures are:
ours{mean,min,max,sd,n}, paper, regular_graph, want{low,high}, met, about.`

// simOptions are the flags of an experiment.
type simOptions struct {
	nodes    int
	seed     uint64
	seeds    int
	json     bool
	svg      string
	settings []string
	check    bool
}

// experiments are all there are, in the order of the help.
func experiments() []scenario.Scenario {
	return append([]scenario.Scenario{paper.Scenario(), paper.Plumtree()}, scenario.All()...)
}

func newSim(std stdio, logs *logOptions, all []scenario.Scenario) *cobra.Command {
	cmd := &cobra.Command{
		Use: "sim", Short: "Run experiments in the simulator",
		Long: simLong, Example: simExample, Args: knownCommand,
	}
	cmd.SuggestionsMinimumDistance = 2 // letters
	cmd.RunE = func(*cobra.Command, []string) error { return listExperiments(std, all) }
	for _, s := range all {
		cmd.AddCommand(newExperiment(std, logs, s))
	}
	return cmd
}

// listExperiments writes a line for each.
func listExperiments(std stdio, all []scenario.Scenario) error {
	width := 0
	for _, s := range all {
		width = max(width, len(s.Name))
	}
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%-*s  %s, %d nodes\n", width, s.Name, s.Short, s.Nodes)
	}
	_, err := fmt.Fprintf(std.out, "%s\nRun 'demo sim NAME', or 'demo sim NAME --help'.\n", b.String())
	return err
}

// knownCommand refuses arguments of a command that has subcommands.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	guess := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		guess = ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), guess)
}

func newExperiment(std stdio, logs *logOptions, s scenario.Scenario) *cobra.Command {
	o := &simOptions{nodes: s.Nodes, seed: 1, seeds: 1}
	cmd := &cobra.Command{
		Use: s.Name, Short: s.Short, Args: noArgs,
		Long: s.Long + "\n\n" + experimentLong,
		Example: fmt.Sprintf(`  demo sim %[1]s
  demo sim %[1]s --nodes %[2]d --seeds 5 --svg %[1]s.svg
  demo sim %[1]s --seed 7 --set ActiveSize=6 --json | jq .measures`, s.Name, max(s.Nodes/10, leastNodes)),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.nodes, "nodes", "n", count(leastNodes, mostNodes), "how many nodes the world has")
	define(flags, &o.seed, "seed", "", seedNumber(), "decides everything that is left to chance")
	define(flags, &o.seeds, "seeds", "", count(1, mostSeeds), "how many seeds to run, --seed and those after it")
	define(flags, &o.json, "json", "j", yesNo(), "print one JSON object")
	define(flags, &o.svg, "svg", "", svgFile(), "a file to draw the charts into")
	define(flags, &o.settings, "set", "", listOf(&o.settings, "Field=value"), "change a setting of every node; may be repeated")
	define(flags, &o.check, "check", "", yesNo(), "check the invariants after every step, which takes longer")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(); err != nil {
			return err
		}
		config, err := configured(o.settings)
		if err != nil {
			return err
		}
		return runExperiment(cmd.Context(), s, o, config, std, logs)
	}
	return cmd
}

// The bounds of the flags.
const (
	leastNodes = 2
	mostNodes  = 10_000_000
	mostSeeds  = 1_000_000
)

// complete refuses what cannot be done, before a long run rather than after it.
func (o *simOptions) complete() error {
	if last := uint64(o.seeds - 1); o.seed > math.MaxUint64-last {
		return refuse("seeds", fmt.Sprint(o.seeds), fmt.Sprintf("seeds up to %d, and --seed is %d", uint64(math.MaxUint64), o.seed))
	}
	if o.svg == "" {
		return nil
	}
	if folder, err := os.Stat(filepath.Dir(o.svg)); err != nil || !folder.IsDir() {
		return refuse("svg", o.svg, "a file in a folder that exists")
	}
	return nil
}

// svgFile is where a chart goes. The ending is wanted so that a flag that was
// forgotten does not make the next one a file name.
func svgFile() kind[string] {
	return text("file", "a file name that ends in .svg", func(s string) bool {
		base := filepath.Base(s)
		return filepath.Ext(base) == ".svg" && base != ".svg"
	})
}

// listOf is a list of texts: the flag may be repeated, and each may have commas.
func listOf(to *[]string, name string) kind[[]string] {
	return kind[[]string]{
		name: name, want: name,
		parse: func(s string) ([]string, bool) {
			return append(append([]string{}, *to...), strings.Split(s, ",")...), true
		},
		show: func(all []string) string { return strings.Join(all, ",") },
	}
}
