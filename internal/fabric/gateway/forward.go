package gateway

import (
	"bytes"
	"net"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// forward makes the client's request the service's: the headers of one
// connection go (RFC 9110 §7.6.1), and whatever a client could use to speak for
// the platform. The trace context passes through (W3C).
func forward(x *exchange.Exchange) {
	h := &x.Request.Header
	upgrade := upgradeOf(h)
	for _, name := range unwanted(h) {
		h.Del(name)
	}
	h.ResetConnectionClose()
	if upgrade != "" {
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", upgrade)
	}
	h.SetRequestURI(x.Target)
	h.SetNoDefaultContentType(true)
	h.Set("X-Forwarded-For", address(x.Client))
	h.Set("X-Forwarded-Host", string(h.Host()))
	proto := "http"
	if x.Secure() {
		proto = "https"
	}
	h.Set("X-Forwarded-Proto", proto)
}

func address(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return ""
}

// upgradeOf returns the protocol that the client wants to change to.
func upgradeOf(h *fasthttp.RequestHeader) string {
	if !h.ConnectionUpgrade() {
		return ""
	}
	return string(h.Peek("Upgrade"))
}

// unwanted returns the names of the headers that a service must not see.
func unwanted(h *fasthttp.RequestHeader) []string {
	var out []string
	for name, value := range h.All() {
		switch key := canonical(name); {
		case key == "connection":
			out = append(out, string(name))
			for listed := range bytes.SplitSeq(value, []byte(",")) {
				if listed = bytes.TrimSpace(listed); len(listed) > 0 && !essential(canonical(listed)) {
					out = append(out, string(listed))
				}
			}
		case hop(key), distrusted(key):
			out = append(out, string(name))
		}
	}
	return out
}

func canonical(name []byte) string {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			return strings.ToLower(string(name))
		}
	}
	return string(name)
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

func hop(name string) bool {
	switch name {
	case "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
		"expect", "http2-settings":
		return true
	}
	return false
}

// distrusted are headers that only the platform may set. A service may read an
// underscore as the hyphen that it is in CGI.
func distrusted(name string) bool {
	name = strings.ReplaceAll(name, "_", "-")
	return strings.HasPrefix(name, "terrace-") || strings.HasPrefix(name, "x-forwarded-") || name == "forwarded" || name == "x-real-ip"
}

// returned makes the service's answer the client's, and says which release gave it.
func returned(x *exchange.Exchange) {
	h := &x.Response.Header
	h.ResetConnectionClose()
	var out []string
	for name, value := range h.All() {
		key := canonical(name)
		switch {
		case key == "connection" && h.StatusCode() != fasthttp.StatusSwitchingProtocols:
			out = append(out, string(name))
			for listed := range bytes.SplitSeq(value, []byte(",")) {
				out = append(out, string(bytes.TrimSpace(listed)))
			}
		case key == "keep-alive", key == "proxy-connection", key == "trailer", strings.HasPrefix(key, "terrace-"):
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

// rewrite changes what the service sees, as the rule says.
func rewrite(x *exchange.Exchange, c *candidate) {
	if h := c.rule.RequestHeaders; h != nil {
		h.request(&x.Request.Header)
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
func redirect(x *exchange.Exchange, c *candidate) {
	d := c.rule.Redirect
	scheme, host, status := d.Scheme, string(x.Request.Header.Host()), d.Status
	if scheme == "" {
		scheme = "https"
	}
	if d.Host != "" {
		host = d.Host
	}
	if d.Port != 0 || d.Host != "" || d.Scheme != "" {
		host = canonicalHost(host)
	}
	if d.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(d.Port))
	}
	if status == 0 {
		status = fasthttp.StatusFound
	}
	x.Response.Header.Set("Location", scheme+"://"+host+replaced(x, c, d.FullPath, d.Prefix))
	x.Response.SetStatusCode(status)
	x.Facts.By = "redirect"
}
