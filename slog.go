// A bridge from the node's log lines to a slog handler.

package kith

import (
	"bytes"
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
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // an incarnation does not fit a float64
	if decoder.Decode(&fields) != nil {
		fields = map[string]any{zerolog.MessageFieldName: string(line)}
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	delete(fields, zerolog.MessageFieldName)
	delete(fields, zerolog.LevelFieldName)
	delete(fields, zerolog.TimestampFieldName)
	attrs := make([]slog.Attr, 0, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		attrs = append(attrs, slogAttr(key, fields[key]))
	}
	w.log.LogAttrs(ctx, to, message, attrs...)
	return len(line), nil
}

// slogAttr keeps whole numbers whole.
func slogAttr(key string, value any) slog.Attr {
	number, ok := value.(json.Number)
	if !ok {
		return slog.Any(key, value)
	}
	if n, err := number.Int64(); err == nil {
		return slog.Int64(key, n)
	}
	if f, err := number.Float64(); err == nil {
		return slog.Float64(key, f)
	}
	return slog.String(key, number.String())
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
