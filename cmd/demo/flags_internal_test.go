// Flags, their variables, and what is said about wrong ones.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// command returns a fresh command of that path, with the variables given.
func command(t *testing.T, path string) *cobra.Command {
	t.Helper()
	began := false
	root := newRoot(stdio{}, experiments(), &began)
	cmd, _, err := root.Find(strings.Fields(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(nil); err != nil { // which merges in those of the root
		t.Fatal(err)
	}
	return cmd
}

// allCommands are the paths below "demo"; the empty one is demo itself.
var allCommands = []string{"", "cluster", "node", "inspect", "watch", "pub", "sub", "send", "sim", "sim paper", "certs"}

func vars(all map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := all[name]
		return v, ok
	}
}

// examples has two values for every flag, both unlike the default.
var examples = map[string][2]string{
	"nodes": {"3", "4"}, "links": {"subscriptions", "none"},
	"kill": {"0.5", "0.25"}, "leave": {"0.1", "0.2"}, "for": {"3s", "4s"}, "seed": {"7", "8"},
	"publish": {"100", "max"}, "size": {"24", "1000"}, "publishers": {"2", "3"}, "churn": {"1s", "2s"},
	"subscribe": {"a.*", "b"}, "count": {"1", "2"},
	"dot": {"true", "true"}, "watch": {"true", "true"}, "every": {"3s", "4s"},
	"json": {"true", "true"}, "timeout": {"7s", "8s"},
	"log-level": {"debug", "warn"}, "log-format": {"json", "console"},
	"zones": {"2", "3"}, "zone": {"x", "y"}, "zone-share": {"0.5", "0.6"},
	"id": {"a", "b"}, "cluster": {"c", "d"}, "embed": {"true", "true"}, "bridge": {"true", "true"},
	"listen": {"127.0.0.1:1", "127.0.0.1:2"}, "advertise": {"h:1", "h"},
	"contact": {"h:1,h:2", "h:3"}, "nats-listen": {"127.0.0.1:1", ":2"}, "state": {"f", "g"},
	"metrics": {"127.0.0.1:1", ":2"}, "dashboard": {"127.0.0.1:1", "off"}, "record": {"f", "g"}, "replay": {"f", "g"},
	"server": {"nats://h:1", "h"}, "creds": {"f", "g"}, "nkey": {"f", "g"},
	"user": {"u", "v"}, "password": {"p", "q"},
	"seeds": {"2", "3"}, "svg": {"a.svg", "b.svg"}, "set": {"ARWL=5", "ARWL=6,PRWL=2"}, "check": {"true", "true"},
	"cert": {"f", "g"}, "key": {"f", "g"}, "ca": {"f", "g"}, "insecure": {"true", "true"}, "tls": {"true", "true"},
	"out": {"d", "e"}, "valid": {"1h0m0s", "2h0m0s"},
	"tlscert": {"f", "g"}, "tlskey": {"f", "g"}, "tlsca": {"f", "g"},
}

func TestEveryFlagHasAVariable(t *testing.T) {
	seen := make(map[string]bool)
	for _, path := range allCommands {
		command(t, path).Flags().VisitAll(func(f *pflag.Flag) {
			if slices.Contains(withoutVariable, f.Name) {
				return
			}
			seen[f.Name] = true
			value, ok := examples[f.Name]
			if !ok {
				t.Errorf("%s --%s: no example", path, f.Name)
				return
			}
			name := "KITH_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			if !strings.Contains(f.Usage, name) {
				t.Errorf("%s --%s: the help does not tell of %s", path, f.Name, name)
			}
			cmd := command(t, path)
			if err := fromEnv(cmd, vars(map[string]string{name: value[0]})); err != nil {
				t.Errorf("%s %s=%s: %v", path, name, value[0], err)
			}
			if got := cmd.Flag(f.Name).Value.String(); got != value[0] {
				t.Errorf("%s %s=%s: --%s is %q", path, name, value[0], f.Name, got)
			}

			cmd = command(t, path)
			if err := cmd.ParseFlags([]string{"--" + f.Name + "=" + value[1]}); err != nil {
				t.Errorf("%s --%s=%s: %v", path, f.Name, value[1], err)
			}
			if err := fromEnv(cmd, vars(map[string]string{name: value[0]})); err != nil {
				t.Errorf("%s --%s: %v", path, f.Name, err)
			}
			if got := cmd.Flag(f.Name).Value.String(); got != value[1] {
				t.Errorf("%s --%s=%s with %s=%s: is %q", path, f.Name, value[1], name, value[0], got)
			}
		})
	}
	for name := range examples {
		if !seen[name] {
			t.Errorf("an example for --%s, which is no flag", name)
		}
	}
}

func TestVariablesOfTheNATSCLI(t *testing.T) {
	for _, c := range []struct {
		env        map[string]string
		flag, want string
	}{
		{map[string]string{"NATS_URL": "nats://a:1"}, "server", "nats://a:1"},
		{map[string]string{"NATS_URL": "nats://a:1", "KITH_SERVER": "nats://b:1"}, "server", "nats://b:1"},
		{map[string]string{"NATS_URL": "nats://a:1", "KITH_SERVER": ""}, "server", "nats://a:1"},
		{map[string]string{"NATS_CREDS": "f"}, "creds", "f"},
		{map[string]string{"NATS_CA": "f"}, "tlsca", "f"},
	} {
		for _, path := range []string{"node", "inspect"} {
			cmd := command(t, path)
			if err := fromEnv(cmd, vars(c.env)); err != nil {
				t.Errorf("%v: %v", c.env, err)
			}
			if got := cmd.Flag(c.flag).Value.String(); got != c.want {
				t.Errorf("%s with %v: --%s is %q, want %q", path, c.env, c.flag, got, c.want)
			}
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const server = "nats://127.0.0.1:1"
	for _, c := range []struct {
		args string
		env  map[string]string
		want string // in the error
		help string // the command to be asked for help
	}{
		{args: "cluster --nodes many", want: `--nodes is "many", want a whole number from 1 to 1000`, help: "demo cluster"},
		{args: "--nodes 0", want: `--nodes is "0", want a whole number from 1 to 1000`, help: "demo"},
		{args: "cluster --kill 1", want: `--kill is "1", want a fraction from 0 to below 1`, help: "demo cluster"},
		{args: "cluster --kill 0.5 --leave 0.5", want: `--leave is "0.5", want`, help: "demo cluster"},
		{args: "cluster --links mesh", want: `--links is "mesh", want connections, subscriptions or none`, help: "demo cluster"},
		{args: "cluster --for -1s", want: `--for is "-1s", want a duration of 0 or more`, help: "demo cluster"},
		{args: "cluster --seed -1", want: `--seed is "-1", want a whole number of 0 or more`, help: "demo cluster"},
		{args: "cluster --json=maybe", want: `--json is "maybe", want true or false`, help: "demo cluster"},
		{args: "cluster --log-level loud", want: `--log-level is "loud", want trace, debug`, help: "demo cluster"},
		{args: "cluster --node 3", want: "unknown flag: --node", help: "demo cluster"},
		{args: "cluster --nodes", want: "flag needs an argument: --nodes", help: "demo cluster"},
		{args: "cluster 3", want: `demo cluster takes flags only, not the argument "3"`, help: "demo cluster"},
		{args: "cluster --publish fast", want: `--publish is "fast", want a whole number from 0 to 1000000, or max`, help: "demo cluster"},
		{args: "cluster --publish 1 --size 23", want: `--size is "23", want a whole number from 24 to 1048576`, help: "demo cluster"},
		{args: "cluster --nodes 3 --publishers 3 --churn 1s", want: `--churn is "1s", want a node besides the publishers`, help: "demo cluster"},
		{args: "cluster --nodes 3 --publishers 4", want: `--publishers is "4", want at most all of the 3 nodes`, help: "demo cluster"},
		{args: "pub a", want: "demo pub takes SUBJECT DATA, not 1 argument", help: "demo pub"},
		{args: "send a b", want: "demo send takes NODE SUBJECT DATA, not 2 arguments", help: "demo send"},
		{args: "sub", want: "demo sub takes SUBJECT, not 0 arguments", help: "demo sub"},
		{args: "sub a --count -1", want: `--count is "-1", want a whole number from 0 to`, help: "demo sub"},
		{args: "sub a --listen 0.0.0.0:0", want: `--advertise is "", want the host:port that others dial`, help: "demo sub"},
		{args: "sub a..b --contact 127.0.0.1:1", want: `subject is "a..b", want tokens separated by dots`, help: "demo sub"},
		{args: "node --subscribe a. --log-level off --contact 127.0.0.1:1", want: `--subscribe is "a.", want tokens`, help: "demo node"},
		{args: "sim papers", want: `unknown command "papers" for "demo sim": did you mean paper?`, help: "demo sim"},
		{args: "sim paper 3", want: `demo sim paper takes flags only, not the argument "3"`, help: "demo sim paper"},
		{args: "sim paper --nodes 1", want: `--nodes is "1", want a whole number from 2 to`, help: "demo sim paper"},
		{args: "sim paper --seeds 0", want: `--seeds is "0", want a whole number from 1 to`, help: "demo sim paper"},
		{args: "sim paper --seeds 2 --seed 18446744073709551615", want: `--seeds is "2", want seeds up to 18446744073709551615`, help: "demo sim paper"},
		{args: "sim paper --svg --json", want: `--svg is "--json", want a file name that ends in .svg`, help: "demo sim paper"},
		{args: "sim paper --svg /no/such/a.svg", want: `--svg is "/no/such/a.svg", want a file in a folder that exists`, help: "demo sim paper"},
		{args: "sim paper --set ActiveSize", want: `--set is "ActiveSize", want a whole number`, help: "demo sim paper"},
		{args: "sim paper", env: map[string]string{"KITH_SET": "Size=3"}, want: "demo: the fields are ActiveSize, PassiveSize, ARWL, ", help: "demo sim paper"},
		{args: "nod", want: `unknown command "nod" for "demo"`, help: "demo"},
		{args: "cluster", env: map[string]string{"KITH_NODES": "x"}, want: `KITH_NODES is "x", want a whole number`, help: "demo cluster"},
		{args: "inspect", env: map[string]string{"NATS_URL": "http://h"}, want: `NATS_URL is "http://h", want a NATS URL such as`, help: "demo inspect"},
		{args: "inspect -s nats://h:99999", want: `--server is "nats://h:99999", want a NATS URL such as`, help: "demo inspect"},
		{args: "inspect --dot --json", want: `--dot is "true", want neither --json nor --watch with it`, help: "demo inspect"},
		{args: "inspect --svg a.svg --watch", want: `--svg is "a.svg", want no --watch with it`, help: "demo inspect"},
		{args: "inspect --svg /no/such/a.svg", want: `--svg is "/no/such/a.svg", want a file in a folder that exists`, help: "demo inspect"},
		{args: "inspect --cluster a.b", want: `--cluster is "a.b", want 1 to 64 of A-Z a-z 0-9 - _`, help: "demo inspect"},
		{args: "cluster --dashboard here", want: `--dashboard is "here", want host:port to listen on, such as 127.0.0.1:0, auto or off`, help: "demo cluster"},
		{args: "watch --every 1ms", want: `--every is "1ms", want at least 100ms`, help: "demo watch"},
		{args: "watch --dashboard off", want: `--dashboard is "off", want --record or --json`, help: "demo watch"},
		{args: "watch --replay a --record b", want: `--record is "b", want no --replay beside it`, help: "demo watch"},
		{args: "watch 3", want: `demo watch takes flags only, not the argument "3"`, help: "demo watch"},
		{args: "node --id two.words", want: `--id is "two.words", want 1 to 64 of`, help: "demo node"},
		{args: "node --listen here", want: `--listen is "here", want host:port to listen on`, help: "demo node"},
		{args: "node --metrics 9100", want: `--metrics is "9100", want host:port to listen on`, help: "demo node"},
		{args: "node --contact 10.0.0.1", want: `--contact is "10.0.0.1", want the host:port of a node`, help: "demo node"},
		{args: "node --contact h:1,0.0.0.0:1", want: `--contact is "h:1,0.0.0.0:1", want the host:port of a node`, help: "demo node"},
		{args: "node --advertise 0.0.0.0", want: `--advertise is "0.0.0.0", want the host or host:port that others dial`, help: "demo node"},
		{args: "node --listen 0.0.0.0:0", want: `--advertise is "", want the host:port that others dial, since --listen is 0.0.0.0:0`, help: "demo node"},
		{args: "node --links connections --contact h:1", want: `--links is "connections", want --embed with it`, help: "demo node"},
		{args: "node --links subscriptions --contact h:1", want: `--links is "subscriptions", want --server with it`, help: "demo node"},
		{args: "node --creds /no/such -s " + server, want: `--creds is "/no/such", want a file that can be read`, help: "demo node"},
		{args: "node --nkey " + empty + " -s " + server, want: "want a file with an nkey seed", help: "demo node"},
		{args: "node --tlscert " + empty + " -s " + server, want: `--tlskey is "", want the private key of --tlscert`, help: "demo node"},
		{args: "node --tlsca " + empty + " -s " + server, want: `--tlsca is "` + empty + `", want`, help: "demo node"},
		{args: "node --password p -s " + server, want: `--user is "", want a user to go with --password`, help: "demo node"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var out, err bytes.Buffer
			status := run(t.Context(), strings.Fields(c.args), stdio{out: &out, err: &err, env: vars(c.env)})
			if status != exitUsage {
				t.Errorf("status %d, want %d", status, exitUsage)
			}
			if !strings.Contains(err.String(), c.want) {
				t.Errorf("%q lacks %q", err.String(), c.want)
			}
			if !strings.HasSuffix(err.String(), "Run '"+c.help+" --help' for what is possible.\n") {
				t.Errorf("%q does not end with the help of %s", err.String(), c.help)
			}
			if out.Len() > 0 {
				t.Errorf("%q on stdout", out.String())
			}
		})
	}
}

func TestEveryFaultIsTold(t *testing.T) {
	var err bytes.Buffer
	env := vars(map[string]string{"KITH_NODES": "x", "KITH_KILL": "2"})
	run(t.Context(), []string{"cluster"}, stdio{out: &err, err: &err, env: env})
	for _, want := range []string{"demo: KITH_NODES is", "demo: KITH_KILL is"} {
		if !strings.Contains(err.String(), want) {
			t.Errorf("%q lacks %q", err.String(), want)
		}
	}
}

func TestUnreachableServer(t *testing.T) {
	for _, command := range []string{"node", "inspect"} {
		var err bytes.Buffer
		// Port 1 is reserved, and nothing listens there.
		args := []string{command, "--server", "nats://me:secret@127.0.0.1:1", "--log-level", "off"}
		status := run(t.Context(), args, stdio{out: &err, err: &err, env: vars(nil)})
		if status != exitFault {
			t.Errorf("status %d, want %d", status, exitFault)
		}
		for _, want := range []string{"nats://me:xxxxx@127.0.0.1:1", "is the server running"} {
			if !strings.Contains(err.String(), want) {
				t.Errorf("%q lacks %q", err.String(), want)
			}
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	for _, path := range allCommands {
		var out bytes.Buffer
		args := append(strings.Fields(path), "--help")
		if status := run(t.Context(), args, stdio{out: &out, err: &out, env: vars(nil)}); status != exitFine {
			t.Errorf("%s: status %d", path, status)
		}
		for _, want := range []string{"Examples:\n  demo", "--log-level", "(KITH_LOG_LEVEL)"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the help of %q lacks %q:\n%s", path, want, out.String())
			}
		}
	}
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	if status := run(t.Context(), []string{"--version"}, stdio{out: &out, err: &out, env: vars(nil)}); status != exitFine {
		t.Errorf("status %d", status)
	}
	if !strings.HasPrefix(out.String(), "demo version 0.") {
		t.Errorf("got %q", out.String())
	}
}
