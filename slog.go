// A bridge from the node's log lines to a slog handler.

package kith

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"

	"github.com/rs/zerolog"
)

// slogWriter hands each line that zerolog encodes on as a slog record. Lines that
// the handler does not want are not decoded.
type slogWriter struct{ log *slog.Logger }

var _ zerolog.LevelWriter = slogWriter{}

// Write implements io.Writer.
func (w slogWriter) Write(line []byte) (int, error) {
	return w.WriteLevel(zerolog.InfoLevel, line)
}

// WriteLevel implements zerolog.LevelWriter.
func (w slogWriter) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	ctx := context.Background()
	to := slogLevel(level)
	if !w.log.Enabled(ctx, to) {
		return len(line), nil
	}
	var fields map[string]any
	if json.Unmarshal(line, &fields) != nil {
		fields = map[string]any{zerolog.MessageFieldName: string(line)}
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	delete(fields, zerolog.MessageFieldName)
	delete(fields, zerolog.LevelFieldName)
	delete(fields, zerolog.TimestampFieldName)
	attrs := make([]slog.Attr, 0, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		attrs = append(attrs, slog.Any(key, fields[key]))
	}
	w.log.LogAttrs(ctx, to, message, attrs...)
	return len(line), nil
}

func slogLevel(level zerolog.Level) slog.Level {
	switch level {
	case zerolog.TraceLevel:
		return slog.LevelDebug - 4
	case zerolog.DebugLevel:
		return slog.LevelDebug
	case zerolog.WarnLevel:
		return slog.LevelWarn
	case zerolog.ErrorLevel, zerolog.FatalLevel, zerolog.PanicLevel:
		return slog.LevelError
	case zerolog.InfoLevel, zerolog.NoLevel, zerolog.Disabled:
		return slog.LevelInfo
	}
	return slog.LevelInfo
}
