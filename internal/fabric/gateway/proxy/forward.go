package proxy

import (
	"bytes"
	"cmp"
	"net"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// forward makes the client's request the service's: the headers of one
// connection go (RFC 9110 §7.6.1), and whatever a client could use to speak for
// the platform. The trace context is the tracer's; baggage is the client's word, and
// passes only where the route says so.
func forward(x *exchange.Exchange) {
	h := &x.Request.Header
	upgrade := upgradeOf(h)
	var room [8]string
	for _, name := range unwanted(h, room[:0]) {
		h.Del(name)
	}
	if t := x.Facts.Telemetry; t == nil || !t.PassBaggage || len(h.Peek("Baggage")) > maxBaggage {
		h.Del("Baggage")
	}
	h.ResetConnectionClose()
	if upgrade != "" {
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", upgrade)
	}
	h.SetRequestURI(x.Target)
	h.SetNoDefaultContentType(true)
	var text [48]byte
	ip := text[:0]
	if a := x.Address(); a.IsValid() {
		ip = a.AppendTo(ip)
	}
	h.SetBytesV("X-Forwarded-For", ip)
	h.SetBytesV("X-Forwarded-Host", h.Host())
	proto := "http"
	if x.Secure() {
		proto = "https"
	}
	h.Set("X-Forwarded-Proto", proto)
	if x.Facts.ClientCertificate != "" {
		h.Set("X-Forwarded-Client-Cert", x.Facts.ClientCertificate)
	}
}

// maxBaggage is how much baggage passes, in bytes (W3C Baggage §3.3.2).
const maxBaggage = 8192

// upgradeOf returns the protocol that the client wants to change to. HTTP/2 is
// none of them: what came through such a tunnel would have passed no rule.
func upgradeOf(h *fasthttp.RequestHeader) string {
	if !h.ConnectionUpgrade() {
		return ""
	}
	protocol := h.Peek("Upgrade")
	for _, no := range []string{"h2", "http/", "tls/"} {
		if len(protocol) >= len(no) && strings.EqualFold(string(protocol[:len(no)]), no) {
			return ""
		}
	}
	if bytes.IndexByte(protocol, ',') >= 0 {
		return ""
	}
	return string(protocol)
}

// unwanted appends the names of the headers that a service must not see.
func unwanted(h *fasthttp.RequestHeader, out []string) []string {
	var room [maxName]byte
	for name, value := range h.All() {
		switch key := lower(&room, name); {
		case string(key) == "connection":
			out = append(out, string(name))
			for listed := range bytes.SplitSeq(value, []byte(",")) {
				if listed = bytes.TrimSpace(listed); len(listed) > 0 && !essential(strings.ToLower(string(listed))) {
					out = append(out, string(listed))
				}
			}
		case route.Hop(key), route.Distrusted(key):
			out = append(out, string(name))
		}
	}
	return out
}

// maxName is as much of a header's name as is looked at: longer than all that
// are looked for.
const maxName = 48

// lower returns a name in lower case, as far as it is looked at, in room.
func lower(room *[maxName]byte, name []byte) []byte {
	n := min(len(name), maxName)
	for i, c := range name[:n] {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		room[i] = c
	}
	return room[:n]
}

// essential are headers that no Connection header takes away: without them the
// service would read another request.
func essential(name string) bool {
	switch name {
	case "host", "content-length", "content-type", "authorization", "cookie":
		return true
	}
	return false
}

// returned makes the service's answer the client's, and says which release gave it.
func returned(x *exchange.Exchange) {
	h := &x.Response.Header
	h.ResetConnectionClose()
	var names [4]string
	out := names[:0]
	var room [maxName]byte
	for name, value := range h.All() {
		key := lower(&room, name)
		switch {
		case string(key) == "connection" && h.StatusCode() != fasthttp.StatusSwitchingProtocols:
			out = append(out, string(name))
			for listed := range bytes.SplitSeq(value, []byte(",")) {
				if listed = bytes.TrimSpace(listed); !framing(strings.ToLower(string(listed))) {
					out = append(out, string(listed))
				}
			}
		case string(key) == "keep-alive", string(key) == "proxy-connection", string(key) == "trailer", bytes.HasPrefix(key, []byte("terrace-")):
			out = append(out, string(name))
		}
	}
	for _, name := range out {
		h.Del(name)
	}
	if x.Facts.Release != "" {
		h.Set(ReleaseHeader, x.Facts.Release)
	}
}

// framing are headers of an answer that a service cannot take away: without
// them the client would read another one.
func framing(name string) bool {
	switch name {
	case "content-length", "content-type", "content-encoding", "set-cookie", "":
		return true
	}
	return false
}

// rewrite changes what the service sees, as the rule says.
func rewrite(x *exchange.Exchange, c *Candidate) {
	if h := c.rule.RequestHeaders; h != nil {
		changeRequest(h, &x.Request.Header)
	}
	w := c.rule.Rewrite
	if w == nil {
		return
	}
	if w.Host != "" {
		x.Request.Header.SetHost(w.Host)
	}
	x.Request.Header.SetRequestURI(replaced(x, c, w.FullPath, w.Prefix))
}

// redirect sends the client elsewhere.
func redirect(x *exchange.Exchange, c *Candidate) {
	x.Response.Header.Set("Location", c.Leads(x))
	x.Response.SetStatusCode(cmp.Or(c.rule.Redirect.Status, fasthttp.StatusFound))
	x.Facts.By = "redirect"
}

// Leads is the address that the candidate's rule, which redirects, sends a request to.
func (c *Candidate) Leads(x *exchange.Exchange) string {
	d := c.rule.Redirect
	scheme, host := d.Scheme, string(x.Request.Header.Host())
	if scheme == "" {
		scheme = "https"
	}
	if d.Host != "" {
		host = d.Host
	}
	if d.Port != 0 || d.Host != "" || d.Scheme != "" {
		host = route.CanonicalHost(host)
	}
	if d.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(d.Port))
	}
	return scheme + "://" + host + replaced(x, c, d.FullPath, d.Prefix)
}
