package proxy

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"net/http"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

// loopHeader lists through which gateways a request has come (RFC 8586).
const loopHeader = "Cdn-Loop"

func newMark() string { return "terrace-" + rand.Text() }

// outside dials an address that a route names, past whoever keeps it from going inside.
func (p *Proxy) outside(t *target) upstream.Dialer {
	plain := !t.Secure()
	return func(ctx context.Context, addr string) (net.Conn, error) { return p.config.Outside(ctx, addr, plain) }
}

// leave makes the request one for an address outside, unless it has been here before.
func (p *Proxy) leave(x *exchange.Exchange, c *Candidate, t *target) bool {
	h := &x.Request.Header
	for _, come := range h.PeekAll(loopHeader) {
		if bytes.Contains(come, []byte(p.mark)) {
			x.Refuse("gateway", http.StatusLoopDetected, "Loop detected", "The address behind this route leads back to this gateway.", "")
			return false
		}
	}
	h.Add(loopHeader, p.mark)
	if !t.PreserveHost && (c.rule.Rewrite == nil || c.rule.Rewrite.Host == "") {
		h.SetHost(t.host)
	}
	return true
}
