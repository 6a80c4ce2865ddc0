package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/trace"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// LogOptions say how logs look.
type LogOptions struct {
	// Level is debug, info, warn or error; "" is info.
	Level string
	// Format is text, json or auto: text on a terminal, JSON elsewhere; "" is auto.
	Format string
}

// NewLogger returns a logger that writes to w. Records carry the trace and the
// request that their context belongs to.
func NewLogger(w io.Writer, o LogOptions) (*slog.Logger, error) {
	var level slog.Level
	if o.Level != "" {
		if err := level.UnmarshalText([]byte(o.Level)); err != nil {
			return nil, fmt.Errorf("log level %q is none of debug, info, warn, error", o.Level)
		}
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: inWords}
	switch o.Format {
	case "json":
		return slog.New(linked{slog.NewJSONHandler(w, options)}), nil
	case "text":
		return slog.New(linked{slog.NewTextHandler(w, options)}), nil
	case "", "auto":
		if isTerminal(w) {
			return slog.New(linked{slog.NewTextHandler(w, options)}), nil
		}
		return slog.New(linked{slog.NewJSONHandler(w, options)}), nil
	default:
		return nil, fmt.Errorf("log format %q is none of auto, text, json", o.Format)
	}
}

// inWords writes durations as 1.5s in JSON, too, which has them in nanoseconds of its own.
func inWords(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().String())
	}
	return a
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// linked adds what the context knows to every record.
type linked struct{ slog.Handler }

// Handle adds trace_id, span_id and request_id, and passes on.
func (l linked) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	if id := kernel.RequestIDFrom(ctx); id != "" && !has(r, "request_id") {
		r.AddAttrs(slog.String("request_id", id))
	}
	return l.Handler.Handle(ctx, r)
}

func has(r slog.Record, key string) (found bool) {
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

// WithAttrs keeps the link.
func (l linked) WithAttrs(attrs []slog.Attr) slog.Handler { return linked{l.Handler.WithAttrs(attrs)} }

// WithGroup keeps the link.
func (l linked) WithGroup(name string) slog.Handler { return linked{l.Handler.WithGroup(name)} }
