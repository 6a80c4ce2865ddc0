package exchange

import (
	"bytes"
	"net/http"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

const (
	// maxHeaders is how many header fields a request may have.
	maxHeaders = 256
	// maxTarget bounds a request's target, in bytes.
	maxTarget = 16 << 10
)

// flaw is why a head is refused.
type flaw struct {
	reason        Reason
	status        int
	title, detail string
}

// strict looks at the head of a request in HTTP/1.1 as it came. The parser has
// its meaning; here is refused what another parser, the service's, could read
// otherwise (RFC 9112 §2.2, §5.1, §5.2, §6.3).
func strict(h *fasthttp.RequestHeader) *flaw {
	if v := h.Protocol(); !h.IsHTTP11() && string(v) != "HTTP/1.0" {
		return &flaw{BadVersion, http.StatusHTTPVersionNotSupported, "Unknown version", "The gateway speaks HTTP/1.1 and HTTP/2."}
	}
	headers, lengths, codings, hosts := 0, 0, 0, 0
	for raw := h.RawHeaders(); len(raw) > 0 && raw[0] != '\r'; headers++ {
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || raw[end-1] != '\r' || bytes.IndexByte(raw[:end-1], '\r') >= 0 {
			return unclear("A line of the head does not end as lines do.")
		}
		if next := raw[end+1:]; len(next) > 0 && (next[0] == ' ' || next[0] == '\t') {
			return unclear("A header goes on in the next line.")
		}
		colon := bytes.IndexByte(raw[:end], ':')
		if colon < 1 || !route.Token(raw[:colon]) {
			return unclear("A header has no name, or one with spaces.")
		}
		value := bytes.Trim(raw[colon+1:end-1], " \t")
		switch name := raw[:colon]; {
		case is(name, "content-length"):
			lengths++
		case is(name, "host"):
			hosts++
		case is(name, "transfer-encoding"):
			if codings++; !is(value, "chunked") {
				return unclear("The gateway knows no transfer coding but chunked.")
			}
		case is(name, "expect"):
			if !is(value, "100-continue") {
				return &flaw{Malformed, http.StatusExpectationFailed, "Expectation failed", "The gateway meets no expectation but 100-continue."}
			}
		}
		raw = raw[end+1:]
	}
	switch {
	case headers > maxHeaders:
		return &flaw{HeadTooLarge, http.StatusRequestHeaderFieldsTooLarge, "Too many headers", "The request has more headers than the gateway takes."}
	case lengths > 1 || codings > 1 || codings > 0 && (lengths > 0 || !h.IsHTTP11()):
		return ambiguous("The request says its length in two ways.")
	case hosts > 1:
		return ambiguous("The request names two hosts.")
	}
	return nil
}

func unclear(detail string) *flaw {
	return &flaw{Malformed, http.StatusBadRequest, "Request not understood", detail}
}

func ambiguous(detail string) *flaw {
	f := unclear(detail)
	f.reason = Ambiguous
	return f
}

// is compares without regard to case; what is in lower case.
func is(b []byte, what string) bool {
	if len(b) != len(what) {
		return false
	}
	for i := range len(what) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != what[i] {
			return false
		}
	}
	return true
}
