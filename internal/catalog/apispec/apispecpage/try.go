package apispecpage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// The bounds of what is tried.
const (
	maxRequest = 1 << 20
	maxAnswer  = 4 << 20
	maxTrying  = 16
	tryTime    = 30 * time.Second
)

const (
	// formHeader has what this browser was given with the page: no page of another
	// site, and no link, can send it.
	formHeader = "X-Terrace-Form"
	// tryPrefix begins the headers that are sent on. Nothing else that a browser sends
	// by itself, such as the cookies of who is signed in, can have it.
	tryPrefix = "X-Try-"
)

// answer is what came back, whole.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

// try sends a request on to the API through the gateway, and its answer back.
func (h *Handler) try(w http.ResponseWriter, r *http.Request) {
	a, err := h.tried(r)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	head := w.Header()
	for name, values := range a.head {
		if returned(name) {
			head[name] = values
		}
	}
	if to := a.head.Get("Location"); to != "" {
		head.Set("X-Terrace-Location", to) // a browser would follow it
	}
	head.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the browser may have left
}

func (h *Handler) tried(r *http.Request) (a answer, err error) {
	if err := h.Frame.CheckToken(r, r.Header.Get(formHeader)); err != nil {
		return a, err
	}
	who, err := h.Frame.Seen(r)
	if err != nil {
		return a, err
	}
	select {
	case h.trying <- struct{}{}:
		defer func() { <-h.trying }()
	default:
		return a, kernel.Errorf(kernel.Unavailable, "%d requests are tried at once already", maxTrying).WithFix("try again in a moment")
	}
	ctx, cancel := context.WithTimeout(r.Context(), tryTime)
	defer cancel()
	out, err := h.request(ctx, r, who)
	if err != nil {
		return a, err
	}
	return h.send(out)
}

// request is what is sent on: to a host of the version's routes on the stage, and
// beneath its path there.
func (h *Handler) request(ctx context.Context, r *http.Request, who kernel.Actor) (*http.Request, error) {
	k, stage := asked(r), r.URL.Query().Get("stage")
	seen, err := within(ctx, who, k)
	if err != nil {
		return nil, err
	}
	if _, err := h.find(seen, k, stage); err != nil {
		return nil, err
	}
	servers, err := h.Routes.Servers(seen, k, stage)
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(r.URL.Query().Get("to"))
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "this is no address to send a request to")
	}
	i := slices.IndexFunc(servers, func(s Server) bool { return s.has(to) })
	if i < 0 {
		return nil, kernel.Errorf(kernel.Denied, "%s is no address of %s on %s", to.Redacted(), k, stage).
			WithFix("requests go to hosts of its routes there alone, beneath the path of the version")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if len(body) > maxRequest || kernel.Is(err, kernel.TooLarge) {
		return nil, kernel.Errorf(kernel.TooLarge, "a request that is tried has at most %d bytes", maxRequest)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the request ended early")
	}
	to.Fragment, to.User = "", nil
	out, err := http.NewRequestWithContext(ctx, r.Method, to.String(), bytes.NewReader(body)) //nolint:gosec // it is a host of the API's routes, and goes to the gateway whatever it is
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "this cannot be sent: %w", err)
	}
	out.Header = sent(r, len(body) > 0, servers[i])
	return out, nil
}

// has tells whether an address is beneath the server.
func (s Server) has(to *url.URL) bool {
	below, under := strings.CutPrefix(to.Path, s.Prefix)
	return to.Scheme+"://"+to.Host == s.Origin && under && (below == "" || below[0] == '/') && !strings.Contains(to.Path, "/../") && !strings.HasSuffix(to.Path, "/..")
}

// sent are the headers that are sent on, and no other.
func sent(r *http.Request, body bool, s Server) http.Header {
	out := http.Header{"User-Agent": {"Terrace reference"}}
	if s.Header != "" {
		out.Set(s.Header, s.Value)
	}
	if body && r.Header.Get("Content-Type") != "" {
		out.Set("Content-Type", r.Header.Get("Content-Type")) // of a form, which the browser alone knows
	}
	for name, values := range r.Header {
		name, is := strings.CutPrefix(name, tryPrefix)
		if name = textproto.CanonicalMIMEHeaderKey(name); is && !hop(name) && name != "Accept-Encoding" {
			out[name] = values
		}
	}
	return out
}

// hop tells the headers that are of one connection, or say where a request goes.
func hop(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Host", "Http2-Settings", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect":
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

// returned tells the headers of an answer that mean nothing to the browser about
// Terrace's own address.
func returned(name string) bool {
	switch name {
	case "Set-Cookie", "Location", "Refresh", "Clear-Site-Data", "Strict-Transport-Security", "Service-Worker-Allowed", "Www-Authenticate", "Alt-Svc", "Nel",
		"Report-To", "Reporting-Endpoints", "Public-Key-Pins", "Sourcemap", "X-Frame-Options", "Content-Length", "Cache-Control":
		return false
	}
	return !hop(name) && !strings.HasPrefix(name, "Access-Control-") && !strings.HasPrefix(name, "Content-Security-Policy") && !strings.HasPrefix(name, "Cross-Origin-")
}

// send sends a request and reads its answer; a redirect is an answer as any other.
func (h *Handler) send(out *http.Request) (a answer, err error) {
	back, err := h.Gateway.RoundTrip(out)
	if err != nil {
		return a, h.unanswered(out, err)
	}
	defer func() { _ = back.Body.Close() }() // it was read
	a.status, a.head = back.StatusCode, back.Header
	a.body, err = io.ReadAll(io.LimitReader(back.Body, maxAnswer+1))
	switch {
	case err != nil:
		return a, h.unanswered(out, err)
	case len(a.body) > maxAnswer:
		return a, kernel.Errorf(kernel.TooLarge, "the answer has more than %d bytes, which is too much for a page", maxAnswer).WithFix("ask with curl, or for less")
	}
	return a, nil
}

func (h *Handler) unanswered(out *http.Request, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return kernel.Errorf(kernel.Unavailable, "there was no whole answer within %s", tryTime).WithFix("ask with curl where it takes longer")
	}
	h.Log.WarnContext(out.Context(), "a request of an API's reference got no answer", "host", out.URL.Host, "error", err)
	return kernel.Errorf(kernel.Unavailable, "the gateway gave no answer: %w", fmt.Errorf("%s: %w", out.URL.Host, err))
}
