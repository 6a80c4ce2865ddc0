package upstream

import (
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// hinted tells which answers before the real one are for the client: 100 is
// between the gateway and the service, 101 is none of them.
func hinted(status int) bool {
	return status > fasthttp.StatusSwitchingProtocols && status < fasthttp.StatusOK
}

// interim passes on an answer of HTTP/1.1 that comes before the real one.
func (s *session) interim(resp *fasthttp.ResponseHeader) {
	if s.x.Interim == nil || !hinted(resp.StatusCode()) {
		return
	}
	h := http.Header{}
	for name, value := range resp.All() {
		if key := string(name); hint(key) {
			h.Add(key, string(value))
		}
	}
	s.x.Interim(resp.StatusCode(), h)
}

// hint tells that a header of such an answer may be passed on.
func hint(name string) bool {
	lower := strings.ToLower(name)
	switch lower {
	case "connection", "content-length", "content-type", "date", "server", "set-cookie":
		return false
	}
	return !route.Hop(lower) && !route.Distrusted(lower)
}

// hints passes on what comes before an answer of HTTP/2, until it is there or
// given up.
type hints struct {
	x *exchange.Exchange

	mu    sync.Mutex
	count int
	over  bool
}

func (h *hints) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{Got1xxResponse: h.got}
}

func (h *hints) got(status int, head textproto.MIMEHeader) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count++; h.count > maxInterim {
		return &MessageError{Reason: "too many interim answers"}
	}
	if h.over || !hinted(status) {
		return nil
	}
	out := http.Header{}
	for name, values := range head {
		if hint(name) {
			out[name] = values
		}
	}
	h.x.Interim(status, out)
	return nil
}

// end has nothing passed on any more.
func (h *hints) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
}
