package httpserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const ndjsonType = "application/x-ndjson"

type drainKey struct{}

// LinesOperation documents that op answers with a stream of T, one a line, and
// that an error on the way is a last line {"error": problem}.
func LinesOperation[T any](api huma.API, op huma.Operation) huma.Operation {
	line := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "JSON values, one a line. When the stream fails on its way, the last line is an object whose member error is the problem.",
		Content:     map[string]*huma.MediaType{ndjsonType: {Schema: line}},
	}}
	return op
}

// NDJSON answers with a stream of JSON values, one a line, each flushed when
// it is sent. produce runs until it returns; ctx, the handler's, ends when the
// client leaves or the server shuts down. An error of produce becomes a last
// line {"error": problem}.
func NDJSON(ctx context.Context, produce func(send func(v any) error) error) *huma.StreamResponse {
	return Lines(ctx, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		return produce(func(v any) error { return encoder.Encode(v) })
	})
}

// Lines answers as NDJSON does with lines that are JSON already: what produce writes
// is sent as it is, in whole lines, and flushed.
func Lines(ctx context.Context, produce func(w io.Writer) error) *huma.StreamResponse {
	return stream(ctx, ndjsonType, func(w io.Writer) error {
		err := produce(w)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		return json.NewEncoder(w).Encode(map[string]*ProblemDetails{"error": ProblemOf(ctx, err)})
	})
}

// Text answers with a stream of plain text; every Write is flushed. An error
// of produce is logged and ends the stream.
func Text(ctx context.Context, produce func(w io.Writer) error) *huma.StreamResponse {
	return stream(ctx, "text/plain; charset=utf-8", produce)
}

// FileOperation documents that op answers with a file of a media type.
func FileOperation(op huma.Operation, mediaType, about string) huma.Operation {
	op.Responses = map[string]*huma.Response{"200": {
		Description: about, Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	return op
}

// pieces is how much of a file is sent at once, in bytes.
const pieces = 64 << 10

// File answers with a file that is made as it is sent. An error of produce is logged and
// cuts it off: its form has to show that.
func File(ctx context.Context, mediaType string, produce func(w io.Writer) error) *huma.StreamResponse {
	return stream(ctx, mediaType, func(w io.Writer) error {
		whole := bufio.NewWriterSize(w, pieces)
		if err := produce(whole); err != nil {
			return err
		}
		return whole.Flush()
	})
}

// SSE answers with server-sent events; produce writes whole events.
func SSE(ctx context.Context, produce func(w io.Writer) error) *huma.StreamResponse {
	return stream(ctx, "text/event-stream", produce)
}

func stream(ctx context.Context, mediaType string, produce func(w io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		done, err := streams(ctx)
		if err != nil {
			refuse(hc, ProblemOf(ctx, err))
			return
		}
		defer done()
		hc.SetHeader("Content-Type", mediaType)
		hc.SetHeader("X-Accel-Buffering", "no")
		hc.SetStatus(http.StatusOK)
		defer endOnShutdown(ctx)()
		w := flusher{hc.BodyWriter()}
		w.flush()
		if err := produce(w); err != nil && !errors.Is(err, context.Canceled) {
			note(ctx, err)
		}
	}}
}

// refuse answers with a problem in the place of a stream.
func refuse(hc huma.Context, p *ProblemDetails) {
	for name, value := range p.headers() {
		hc.SetHeader(name, value)
	}
	hc.SetHeader("Content-Type", problemType)
	hc.SetStatus(p.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(p) // the client may have left
}

// endOnShutdown cancels the request when its server drains.
func endOnShutdown(ctx context.Context) (stop func() bool) {
	draining, ok := ctx.Value(drainKey{}).(context.Context)
	rec := recordOf(ctx)
	if !ok || rec == nil {
		return func() bool { return false }
	}
	return context.AfterFunc(draining, rec.cancel)
}

// flusher sends every Write at once.
type flusher struct{ io.Writer }

// Write writes and flushes.
func (f flusher) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	f.flush()
	return n, err
}

func (f flusher) flush() {
	if w, ok := f.Writer.(http.Flusher); ok {
		w.Flush()
	}
}
