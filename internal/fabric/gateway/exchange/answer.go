package exchange

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// stream is an answer's body that is read while it is sent.
type stream struct {
	x    *Exchange
	r    io.Reader
	stop func()
	sent int64
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sent += int64(n)
	return n, err //nolint:wrapcheck // the error of the body itself
}

// Close is called once by whoever sends the answer.
func (s *stream) Close() error {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.x.end()
	return nil
}

// SetBody makes b the body of the answer; b is not copied.
func (x *Exchange) SetBody(b []byte) {
	x.dropStream()
	x.Response.SetBodyRaw(b)
}

// Stream makes r the body of the answer, of length bytes, or of -1 where nobody
// knows. stop is called once nothing is read of it any more.
func (x *Exchange) Stream(r io.Reader, length int, stop func()) {
	x.dropStream()
	x.stream = &stream{x: x, r: r, stop: stop}
	x.Response.ImmediateHeaderFlush = length < 0
	x.Response.SetBodyStream(x.stream, length)
}

// CopyBody makes a copy of b the body of the answer, in memory that is used again.
func (x *Exchange) CopyBody(b []byte) {
	x.dropStream()
	x.Response.SetBody(b)
}

// Streams tells that the answer's body is read while it is sent.
func (x *Exchange) Streams() bool { return x.stream != nil }

// Sent returns how many bytes of the answer's body were sent, once it is done.
func (x *Exchange) Sent() int64 {
	switch {
	case x.stream != nil:
		return x.stream.sent
	case x.Response.SkipBody:
		return 0
	}
	return int64(len(x.Response.Body()))
}

// WrapStream puts wrap around the answer's stream, if it is one.
func (x *Exchange) WrapStream(wrap func(io.Reader) io.Reader) {
	if x.stream != nil {
		x.stream.r = wrap(x.stream.r)
	}
}

// dropStream ends a stream that is replaced, without ending the exchange.
func (x *Exchange) dropStream() {
	if x.stream == nil {
		return
	}
	old := x.stream
	x.stream, old.x = nil, &Exchange{}
	_ = x.Response.CloseBodyStream()
}

// Reset forgets the answer, so that another can be given in its place.
func (x *Exchange) Reset() {
	x.dropStream()
	x.Response.Reset()
	x.Response.Header.SetNoDefaultContentType(true)
	x.Trailers, x.refused = nil, ""
}

// Problem is an answer of the gateway itself (RFC 9457). Its readers are the
// clients of workloads, so it says nothing of the platform's inside.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty"`
	// Trace is the id of the trace that the request is part of.
	Trace string `json:"traceId,omitempty"`
}

// Refuse answers with a problem, as the filter or part that by names; title
// and detail must hold nothing that the client sent without being told so.
func (x *Exchange) Refuse(by string, status int, title, detail, fix string) {
	x.Reset()
	content, err := json.Marshal(Problem{Type: "about:blank", Title: title, Status: status, Detail: detail, Fix: fix, Trace: x.Trace.Text()})
	if err != nil {
		status, content = http.StatusInternalServerError, nil
	}
	x.Facts.By = by
	if x.refused = detail; detail == "" {
		x.refused = title
	}
	h := &x.Response.Header
	x.Response.SetStatusCode(status)
	h.SetContentType("application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.SetBody(content)
}

// Unavailable answers 503 and says when to try again, in seconds.
func (x *Exchange) Unavailable(by string, after int, title, detail, fix string) {
	x.Refuse(by, http.StatusServiceUnavailable, title, detail, fix)
	x.Response.Header.Set("Retry-After", strconv.Itoa(after))
}
