package front

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// tailed gives a request in chunks a head of its own: the parser adds what comes
// behind the last chunk to the one that it knows, where a filter that has read the
// body would take it for a header.
func (v *serving) tailed(c *exchange.Connection, ctx *fasthttp.RequestCtx) *fasthttp.Request {
	req := &fasthttp.Request{}
	ctx.Request.Header.CopyTo(&req.Header)
	var announced []string
	for name := range strings.SplitSeq(string(req.Header.Peek("Trailer")), ",") {
		if name = strings.TrimSpace(name); name != "" {
			announced = append(announced, name)
		}
	}
	c.Body.SetTail(exchange.Tail{Announced: announced, Read: func() http.Header { return parsed(ctx.Request.Header.TrailerHeader()) }})
	return req
}

// parsed reads the lines of a trailer, which the parser has checked.
func parsed(raw []byte) http.Header {
	out := http.Header{}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			out.Add(string(name), strings.TrimSpace(string(value)))
		}
	}
	return out
}

// trail has the fields behind a service's answer sent behind ours.
func trail(x *exchange.Exchange) {
	x.WrapStream(func(r io.Reader) io.Reader { return &trailing{Reader: r, x: x} })
}

type trailing struct {
	io.Reader

	x *exchange.Exchange
}

// Read implements io.Reader; at the end of the body its trailers are known.
func (t *trailing) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF {
		h := &t.x.Response.Header
		for name, values := range t.x.Trailers() {
			h.Del(name) // has been sent already
			if h.AddTrailer(name) != nil {
				continue
			}
			for _, value := range values {
				h.Add(name, value)
			}
		}
	}
	return n, err //nolint:wrapcheck // the error of the body itself
}
