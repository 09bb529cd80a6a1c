// A slog handler gets what a zerolog writer gets.

package kith

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// decoded returns the lines of a log, with whole numbers kept whole.
func decoded(t *testing.T, log *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	decoder := json.NewDecoder(log)
	decoder.UseNumber()
	for decoder.More() {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

// The same lines of a node that starts, finds nobody and ends, written both ways.
func TestSlogAndZerologGetTheSame(t *testing.T) {
	var plain, structured bytes.Buffer
	handler := slog.NewJSONHandler(&structured, &slog.HandlerOptions{Level: slog.LevelDebug - 4})
	both := zerolog.MultiLevelWriter(&plain, slogWriter{slog.New(handler)})
	log := zerolog.New(zerolog.SyncWriter(both))
	node, err := Start(t.Context(), Config{Cluster: "c", ID: "a"}, WithLogger(log))
	if err != nil {
		t.Fatal(err)
	}
	node.Stop()
	// And every type of field that is logged.
	log.Warn().Err(fmt.Errorf("broken")).Uint64("incarnation", 1<<60+1).Float64("rate", 0.5).Bool("dialed", true).
		Strs("names", []string{"a", "b"}).Bytes("stack", []byte("s")).Stringer("reason", Reason(1)).Msg("event")

	want, got := decoded(t, &plain), decoded(t, &structured)
	if len(want) < 3 || len(got) != len(want) {
		t.Fatalf("%d lines and %d with slog", len(want), len(got))
	}
	for i := range want {
		line := maps.Clone(got[i])
		if line["time"] == nil {
			t.Errorf("%v has no time", line)
		}
		delete(line, "time")
		line[zerolog.MessageFieldName], line[zerolog.LevelFieldName] = line["msg"], strings.ToLower(fmt.Sprint(line["level"]))
		delete(line, "msg")
		if !reflect.DeepEqual(line, want[i]) {
			t.Errorf("with slog %v, want %v", line, want[i])
		}
	}
}
