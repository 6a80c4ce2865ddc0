// Package outbound is how Terrace calls the APIs of providers: with bounds on
// time and on answers, and with a token that goes nowhere else.
//
// It owns the HTTP client. What is said is github's and azuredevops's.
package outbound

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The bounds of a call.
const (
	callTime  = 30 * time.Second
	maxAnswer = 16 << 20
)

// Client returns a client that signs every call in and follows no redirect: the
// token would go along. It connects to what the guard allows alone; where a proxy of the
// environment is asked instead, that decides.
func Client(guard egress.Guard, signIn func(*http.Request)) *http.Client {
	direct, proxied := transport(guard.Dialer(false)), transport(&net.Dialer{Timeout: egress.DialTimeout})
	proxied.Proxy = http.ProxyFromEnvironment
	return &http.Client{
		Timeout: callTime, Transport: signed{direct, proxied, signIn},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func transport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 30 * time.Second, ResponseHeaderTimeout: callTime, DisableKeepAlives: true,
	}
}

type signed struct {
	direct, proxied http.RoundTripper
	signIn          func(*http.Request)
}

// RoundTrip signs the call in and bounds the answer.
func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	s.signIn(r)
	next := s.direct
	if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
		next = s.proxied
	}
	response, err := next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // as the transport has it
	}
	response.Body = answer{io.LimitReader(response.Body, maxAnswer), response.Body}
	if response.StatusCode >= http.StatusBadRequest {
		return refusal(r, response)
	}
	return response, nil
}

// maxRefusal bounds what is read of an answer that refuses: people are told of it.
const maxRefusal = 64 << 10

// refusal is an answer that refuses, without the token, which it may repeat.
func refusal(r *http.Request, response *http.Response) (*http.Response, error) {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sent := conceal.Of(token)
	if _, password, ok := r.BasicAuth(); ok {
		sent.Add(password)
	}
	response.Body = io.NopCloser(strings.NewReader(sent.Cut(string(text), "(secret)")))
	response.ContentLength = -1
	return response, nil
}

type answer struct {
	io.Reader
	io.Closer
}

// Check refuses addresses of an API that a token is not sent to.
func Check(api string) error {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return kernel.Errorf(kernel.Invalid, "the address of the provider's API cannot be used").WithFix("use https://HOST/… without a name or password in it")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
