package waf

import (
	"bytes"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// answer judges the service's answer: its head, and the beginning of its body
// where its content type is one of those that are inspected. What the gateway
// answers itself is not judged.
func (j *judged) answer() {
	x := j.x
	h := &x.Response.Header
	if x.Facts.By != "" || h.StatusCode() == http.StatusSwitchingProtocols {
		return
	}
	for name, value := range h.All() {
		j.tx.AddResponseHeader(string(name), string(value))
	}
	protocol := "HTTP/1.1"
	if x.Proto == 2 {
		protocol = "HTTP/2.0"
	}
	j.tx.ProcessResponseHeaders(h.StatusCode(), protocol)
	if j.leaks() {
		return
	}
	if j.tx.IsResponseBodyProcessable() && len(h.Peek("Content-Encoding")) == 0 && !x.Response.SkipBody {
		head, ok := j.peek()
		if !ok {
			return
		}
		if _, _, err := j.tx.WriteResponseBody(head); err != nil {
			return
		}
	}
	_, _ = j.tx.ProcessResponseBody()
	j.leaks()
}

// peek reads the beginning of the answer's body, and puts it back.
func (j *judged) peek() ([]byte, bool) {
	x, limit := j.x, j.spec.Response.Limit
	if !x.Streams() {
		body := x.Response.Body()
		return body[:min(limit, len(body))], true
	}
	var head []byte
	var err error
	x.WrapStream(func(r io.Reader) io.Reader {
		head, err = io.ReadAll(io.LimitReader(r, int64(limit)))
		rest := r
		if err != nil {
			rest = broken{err}
		}
		return io.MultiReader(bytes.NewReader(head), rest)
	})
	return head, err == nil
}

// broken is a body that broke off while it was read ahead.
type broken struct{ err error }

// Read implements io.Reader.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// leaks answers in place of what the rules refuse, and tells whether it did.
func (j *judged) leaks() bool {
	stop := j.tx.Refused()
	if stop == nil {
		return false
	}
	if j.spec.Mode == Detection {
		j.action = detected
		return false
	}
	j.action = blocked
	withdraw(j.x, j.tx.ID())
	return true
}

// withdraw replaces an answer that must not be seen.
func withdraw(x *exchange.Exchange, id string) {
	x.Refuse(KindName, http.StatusBadGateway, "Answer withheld",
		"The service's answer tells more than it should and was not passed on. Its id is "+id+".", "name the id to who runs this service")
}
