package proxy

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// grpcTimeout is the deadline that a client of gRPC has set: up to eight digits
// and a unit (the protocol's "Timeout").
func grpcTimeout(x *exchange.Exchange) (time.Duration, bool) {
	if !x.IsGRPC() {
		return 0, false
	}
	v := x.Request.Header.Peek("Grpc-Timeout")
	if len(v) < 2 || len(v) > 9 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(v[:len(v)-1]), 10, 32)
	if err != nil {
		return 0, false
	}
	units := map[byte]time.Duration{
		'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
	}
	unit, ok := units[v[len(v)-1]]
	if !ok {
		return 0, false
	}
	const most = 24 * 365 * time.Hour
	if time.Duration(n) > most/unit {
		return most, true
	}
	return time.Duration(n) * unit, true
}

var websocket = []byte("websocket") //nolint:gochecknoglobals // never written to

// handshake refuses an upgrade to WebSocket that is none (RFC 6455 §4.2.1); what
// is refused here cannot become a tunnel.
func handshake(x *exchange.Exchange) bool {
	h := &x.Request.Header
	if !bytes.EqualFold(h.Peek("Upgrade"), websocket) {
		return true
	}
	reason := ""
	switch key, err := base64.StdEncoding.DecodeString(string(h.Peek("Sec-WebSocket-Key"))); {
	case !h.IsGet():
		reason = "A handshake of WebSocket is a GET."
	case !h.IsHTTP11():
		reason = "A handshake of WebSocket needs HTTP/1.1."
	case err != nil || len(key) != 16:
		reason = "Sec-WebSocket-Key is not 16 bytes in base64."
	case len(h.PeekAll("Sec-WebSocket-Key")) > 1:
		reason = "Sec-WebSocket-Key is given twice."
	case !x.Body.Empty():
		reason = "A handshake of WebSocket has no body."
	case string(h.Peek("Sec-WebSocket-Version")) != "13":
		x.Refuse("gateway", http.StatusUpgradeRequired, "Other version", "The gateway speaks version 13 of WebSocket.", "")
		x.Response.Header.Set("Sec-WebSocket-Version", "13")
		x.Response.Header.Set("Upgrade", "websocket")
		x.Response.Header.Set(fasthttp.HeaderConnection, "Upgrade")
		return false
	}
	if reason != "" {
		x.Refuse("gateway", http.StatusBadRequest, "No handshake", reason, "")
		x.Response.SetConnectionClose()
		return false
	}
	return true
}
