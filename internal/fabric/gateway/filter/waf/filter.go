package waf

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
)

// filter judges the exchanges of one route.
type filter struct {
	guard   *guard
	spec    Spec
	log     *slog.Logger
	metrics *routeMetrics
	counts  *tuning.Route
	route   string
	types   contentTypes
}

// judged is one exchange that is being judged.
type judged struct {
	*filter

	x  *exchange.Exchange
	tx *engine.Transaction
	// action is what became of it.
	action action
}

func (f *filter) wrap(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		j := &judged{filter: f, x: x, action: passed}
		j.tx = f.guard.engine.Begin(newID())
		defer j.close()
		if !j.request() {
			return
		}
		next(x)
		if f.spec.Response != nil {
			j.answer()
		}
	}
}

// close counts and tells what was found.
func (j *judged) close() {
	j.tell()
	_ = j.tx.Close()
}

// newID returns a name for a request, for the client and the log.
func newID() string {
	return strconv.FormatUint(rand.Uint64()|1<<63, 36) //nolint:gosec // a name, not a secret
}

// request judges the request; false says that it is answered.
func (j *judged) request() bool {
	began := time.Now()
	defer func() { j.metrics.took(time.Since(began)) }()
	j.head()
	if j.tx.ProcessRequestHeaders(); j.refused() {
		return false
	}
	if !j.body() {
		return false
	}
	return !j.refused()
}

// head gives the rules the request's head, as the client wrote it.
func (j *judged) head() {
	x, h := j.x, &j.x.Request.Header
	ip, port := address(x.Client)
	local := 80
	if x.Secure() {
		local = 443
	}
	j.tx.ProcessConnection(ip, port, "", local)
	protocol := "HTTP/2.0"
	if x.Proto == 1 {
		protocol = string(h.Protocol())
	}
	j.tx.ProcessURI(string(h.RequestURI()), string(h.Method()), protocol)
	j.tx.SetServerName(x.Host)
	if x.Proto == 1 {
		j.lines(h.RawHeaders())
	} else {
		for name, value := range h.All() {
			j.tx.AddRequestHeader(string(name), string(value))
		}
	}
	j.tx.Under(x.Path)
}

// lines reads headers as they stand on the wire, in their order and case.
func (j *judged) lines(raw []byte) {
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && len(name) > 0 {
			j.tx.AddRequestHeader(string(name), string(bytes.Trim(value, " \t")))
		}
	}
}

func address(a net.Addr) (ip string, port int) {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String(), tcp.Port
	}
	return "", 0
}

// body gives the rules the request's body, or what of it is inspected; false
// says that the request is answered.
func (j *judged) body() bool {
	x, limit := j.x, j.spec.Body.Limit
	if x.Body.Empty() || !j.types.has(string(x.Request.Header.ContentType())) {
		_, _ = j.tx.ProcessRequestBody()
		return true
	}
	if j.spec.Body.Beyond == Reject && x.Body.Length > int64(limit) {
		j.tooLarge()
		return false
	}
	head, _, err := x.Body.Peek(limit + 1)
	if err != nil {
		j.broken(err)
		return false
	}
	if len(head) > limit {
		if j.spec.Body.Beyond == Reject {
			j.tooLarge()
			return false
		}
		head = head[:limit]
		j.tx.Partial()
	}
	if !j.guard.enter(x.Context()) {
		j.busy()
		return false
	}
	defer j.guard.leave()
	if _, _, err = j.tx.WriteRequestBody(head); err == nil {
		_, err = j.tx.ProcessRequestBody()
	}
	if err != nil {
		j.log.ErrorContext(x.Context(), "a body could not be inspected", "route", j.route, "scope", x.Facts.Scope, "error", err)
		j.action = rejected
		x.Refuse(KindName, http.StatusInternalServerError, "Body not inspected", "The body of the request could not be inspected.", "")
		return false
	}
	return true
}

func (j *judged) tooLarge() {
	j.action = rejected
	j.x.Refuse(KindName, http.StatusRequestEntityTooLarge, "Request too large",
		"A body of more than "+strconv.Itoa(j.spec.Body.Limit)+" bytes is not taken here.", "")
	j.x.Response.SetConnectionClose()
}

func (j *judged) busy() {
	j.action = rejected
	j.x.Unavailable(KindName, 1, "Too busy", "Too many requests with a body are being inspected.", "try again")
}

func (j *judged) broken(err error) {
	j.action = rejected
	if errors.Is(err, exchange.ErrTooLarge) {
		j.x.Refuse(KindName, http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than the gateway takes.", "")
	} else {
		j.x.Refuse(KindName, http.StatusBadRequest, "Request broke off", "The body of the request did not come whole.", "")
	}
	j.x.Response.SetConnectionClose()
}

// refused answers in place of the service where the rules want it, and tells
// whether it did. The answer names no rule: an attacker would learn from it.
func (j *judged) refused() bool {
	var stop *types.Interruption
	if stop = j.tx.Refused(); stop == nil {
		return false
	}
	if j.spec.Mode == Detection {
		j.action = detected
		return false
	}
	j.action = blocked
	j.x.Refuse(KindName, http.StatusForbidden, "Request refused",
		"The request looks like an attack and was not passed on. Its id is "+j.tx.ID()+".", "name the id to who runs this service")
	j.x.Response.SetConnectionClose() // what of the body was not read is not waited for
	return true
}
