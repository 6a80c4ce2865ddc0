package cache

import (
	"context"
	"io"
	"net/http"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// copied returns a function that makes an exchange like x, without a client.
func copied(x *exchange.Exchange) func(ctx context.Context) (*exchange.Exchange, bool) {
	req := &fasthttp.Request{}
	x.Request.Header.CopyTo(&req.Header)
	req.Header.SetMethod(http.MethodGet)
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "Range", "If-Range"} {
		req.Header.Del(name)
	}
	client, encrypted, proto, target, matched, facts := x.Client, x.TLS, x.Proto, x.Target, x.Matched, x.Facts
	return func(ctx context.Context) (*exchange.Exchange, bool) {
		resp := &fasthttp.Response{}
		resp.Header.SetNoDefaultContentType(true)
		made, ok := exchange.New(req, resp, exchange.Connection{
			Context: ctx, Client: client, TLS: encrypted, Proto: proto, Body: exchange.NewBody(nil, 0),
		})
		made.Target, made.Matched, made.Facts = target, matched, facts
		return made, ok
	}
}

// again fetches an answer for nobody but the cache.
func (f *filter) again(ctx context.Context, begin func(context.Context) (*exchange.Exchange, bool), next exchange.Handler, q *request, v, s *stored) {
	x, ok := begin(ctx)
	if !ok {
		return
	}
	f.fetch(x, next, q, v, s, nil)
	if !x.Streams() {
		x.Handled()
		return
	}
	_, _ = io.Copy(io.Discard, x.Response.BodyStream())
	_ = x.Response.CloseBodyStream()
}
