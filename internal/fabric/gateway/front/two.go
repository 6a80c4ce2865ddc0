package front

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// maxStreams is how many streams one connection of HTTP/2 may have open.
const maxStreams = 250

// maxFrame is the largest frame that is taken: the one that each client may send
// (RFC 9113 §4.2), so that nobody makes the gateway hold more.
const maxFrame = 16 << 10

func (v *serving) newTwo() *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Protocols: protocols,
		Handler:   http.HandlerFunc(v.serveTwo), ErrorLog: slog.NewLogLogger(v.config.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: v.config.HeadTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		TLSConfig: v.config.TLS, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReadFrameSize: maxFrame, CountError: v.erred},
		ConnContext: withTLS,
		BaseContext: func(net.Listener) context.Context { return v.requests },
	}
}

// erred tells of what the server of HTTP/2 found wrong by itself; it does not say on which
// connection. What crosses the end of a stream is no fault of its client.
func (v *serving) erred(kind string) {
	if strings.HasPrefix(kind, "conn_") || strings.HasPrefix(kind, "frame_") || strings.HasPrefix(kind, "stream_PROTOCOL_ERROR_") {
		v.config.Unrouted(exchange.Unrouted{Reason: exchange.Protocol, At: time.Now(), Proto: 2})
	}
}

// serveTwo makes an exchange of a stream of HTTP/2 and sends its answer.
func (v *serving) serveTwo(w http.ResponseWriter, r *http.Request) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	resp.Header.SetNoDefaultContentType(true)
	translate(&req.Header, r)
	control := http.NewResponseController(w)
	client, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if addr, err := net.ResolveTCPAddr("tcp", r.RemoteAddr); err == nil {
		client = addr
	}
	c := exchange.Connection{Context: r.Context(), Client: client, TLS: tlsOf(r.Context()), Proto: 2}
	v.streamOf(&c, r, control)
	c.Interim = func(status int, head http.Header) { sendInterim(w, status, head) }
	x, ok := exchange.New(req, resp, c)
	func() {
		defer x.Handled()
		v.handle(x, ok, v.config.Handler)
	}()
	v.answer(w, control, x)
	fasthttp.ReleaseRequest(req)
	fasthttp.ReleaseResponse(resp)
}

// sendInterim sends an answer before the real one, whose head starts empty again.
func sendInterim(w http.ResponseWriter, status int, head http.Header) {
	h := w.Header()
	maps.Copy(h, head)
	w.WriteHeader(status)
	clear(h)
}

// translate writes a request's head in the form of an exchange.
func translate(h *fasthttp.RequestHeader, r *http.Request) {
	h.SetMethod(r.Method)
	h.SetRequestURI(r.RequestURI)
	h.SetHost(r.Host)
	h.SetProtocol("HTTP/1.1")
	for name, values := range r.Header {
		if name == "Cookie" { // may come in pieces (RFC 9113 §8.2.3)
			h.Set(name, strings.Join(values, "; "))
			continue
		}
		for _, value := range values {
			h.Add(name, value)
		}
	}
}

func (v *serving) streamOf(c *exchange.Connection, r *http.Request, control *http.ResponseController) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return
	}
	s := &sent{Reader: r.Body, conn: control, stall: v.config.Stall, stream: true}
	c.Body, c.Abort = exchange.NewBody(s, r.ContentLength), s.abort
	tail := exchange.Tail{Read: func() http.Header { return r.Trailer }}
	for name := range r.Trailer {
		tail.Announced = append(tail.Announced, name)
	}
	c.Body.SetTail(tail)
}

// answer sends what the exchange holds.
func (v *serving) answer(w http.ResponseWriter, control *http.ResponseController, x *exchange.Exchange) {
	h, resp := w.Header(), x.Response
	if status, detail, ok := x.Refusal(); ok && x.IsGRPC() {
		refuseGRPC(w, status, detail, string(resp.Header.Peek("Retry-After")))
		return
	}
	for name, value := range resp.Header.All() {
		switch key := string(name); key {
		case "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Content-Length":
		default:
			h.Add(key, string(value))
		}
	}
	// The length of what a 304 does not send is no length to some clients.
	if length := resp.Header.ContentLength(); length >= 0 && (resp.SkipBody || x.Streams()) && resp.StatusCode() != http.StatusNotModified {
		h.Set("Content-Length", string(resp.Header.Peek("Content-Length")))
	}
	w.WriteHeader(resp.StatusCode())
	if !x.Streams() {
		if !resp.SkipBody {
			v.write(w, control, resp.Body())
		}
		return
	}
	defer func() { _ = resp.CloseBodyStream() }()
	if !v.copy(w, control, resp) {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	if x.Trailers != nil {
		for name, values := range x.Trailers() {
			h[http.TrailerPrefix+name] = values
		}
	}
}

// copy sends the stream as it comes.
func (v *serving) copy(w http.ResponseWriter, control *http.ResponseController, resp *fasthttp.Response) bool {
	flush := resp.Header.ContentLength() < 0
	if flush {
		_ = control.Flush()
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := resp.BodyStream().Read(buffer)
		if n > 0 {
			if !v.write(w, control, buffer[:n]) {
				return false
			}
			if flush && control.Flush() != nil {
				return false
			}
		}
		if err != nil {
			return err == io.EOF
		}
	}
}

// write gives a step of the answer a deadline.
func (v *serving) write(w http.ResponseWriter, control *http.ResponseController, b []byte) bool {
	_ = control.SetWriteDeadline(time.Now().Add(v.config.Stall))
	_, err := w.Write(b)
	_ = control.SetWriteDeadline(time.Time{})
	return err == nil
}

// refuseGRPC answers with trailers alone, which is how gRPC says that a call
// failed before it began.
func refuseGRPC(w http.ResponseWriter, status int, detail, after string) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(exchange.GRPCStatus(status)))
	h.Set("Grpc-Message", exchange.EncodePath(detail))
	if after != "" {
		h.Set("Retry-After", after)
	}
	w.WriteHeader(http.StatusOK)
}
