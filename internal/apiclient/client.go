package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	prefix = "/api/v1"
	// maxAnswer bounds an answer that is not a stream.
	maxAnswer = 32 << 20
	// callTimeout bounds a call that is not a stream or an upload.
	callTimeout = 30 * time.Second
	// stateTimeout bounds what is done with a state, which may be large.
	stateTimeout = 2 * time.Minute
)

// Options configure a Client.
type Options struct {
	// Address is where the control plane listens, such as http://127.0.0.1:7080.
	Address string
	// Token is a personal token; it may be empty for a sign-in.
	Token string
	// Source returns the token of a call, in the place of Token; it may be nil.
	Source func(ctx context.Context) (string, error)
	// Agent names the program in the server's log.
	Agent string
}

// Client calls one server. It is safe for concurrent use.
type Client struct {
	base   *url.URL
	token  string
	source func(ctx context.Context) (string, error)
	agent  string
	http   *http.Client
}

// New returns a client for the server at the address.
func New(o Options) (*Client, error) {
	base, err := Address(o.Address)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
	}
	return &Client{base: base, token: o.Token, source: o.Source, agent: o.Agent, http: &http.Client{Transport: transport, CheckRedirect: stay}}, nil
}

// stay keeps the token at the server that it is for.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Address returns the address of the server.
func (c *Client) Address() string { return c.base.String() }

// call sends in as JSON, when it is not nil, and decodes the answer into out, when it is not nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	return c.callWithin(ctx, callTimeout, method, path, in, out)
}

// callWithin is call with another bound.
func (c *Client) callWithin(ctx context.Context, most time.Duration, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	res, err := c.send(ctx, method, path, "application/json", body, -1) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return err
	}
	defer drain(res.Body)
	return decode(res, out)
}

func decode(res *http.Response, out any) error { return decodeWithin(maxAnswer, res, out) }

// decodeWithin is decode of an answer of up to so many bytes.
func decodeWithin(most int64, res *http.Response, out any) error {
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(out); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the server's answer cannot be read: %w", err).
			WithFix("check that the address is Terrace's, and that client and server have the same version")
	}
	return nil
}

// send makes one request and turns every status from 300 on into an error.
func (c *Client) send(ctx context.Context, method, path, mediaType string, body io.Reader, size int64) (*http.Response, error) {
	return c.sendAccepting(ctx, "application/json, application/problem+json, application/x-ndjson, text/plain", method, path, mediaType, body, size)
}

// sendAccepting is send with what is wanted in return.
func (c *Client) sendAccepting(ctx context.Context, accept, method, path, mediaType string, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.base.String(), "/")+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	if size >= 0 {
		req.ContentLength = size
	}
	req.Header.Set("Accept", accept)
	if c.agent != "" {
		req.Header.Set("User-Agent", c.agent)
	}
	override(ctx, req)
	if err := c.authorize(ctx, req); err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		defer drain(res.Body)
		return nil, problem(res)
	}
	return res, nil
}

// authorize gives a request the token of the client.
func (c *Client) authorize(ctx context.Context, req *http.Request) error {
	token := c.token
	if c.source != nil {
		var err error
		if token, err = c.source(ctx); err != nil {
			return err
		}
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

func (c *Client) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("the call was interrupted: %w", context.Canceled)
	}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // without the address, which the message has
	}
	wire, is := errors.AsType[*net.OpError](err)
	if errors.Is(err, context.DeadlineExceeded) && (!is || wire.Op != "dial") {
		return kernel.Errorf(kernel.Unavailable, "the server at %s has not answered in time, and may still be at work: %w", c.base, err).
			WithFix("see whether it was done, then try again")
	}
	return kernel.Errorf(kernel.Unavailable, "the server at %s cannot be reached: %w", c.base, err).
		WithFix("start it with `terraced up`, or name another with --address or TERRACE_ADDRESS")
}

// drain empties what is left, so that the connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}

// escape joins path segments below the API's prefix.
func escape(segments ...string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// query adds the parameters of an operation that are set; params is one of the
// generated ...Params.
func query(path string, params any) string {
	values := url.Values{}
	v := reflect.ValueOf(params)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("form"), ",")
		if list := v.Field(i); list.Kind() == reflect.Slice && list.Len() > 0 {
			words := make([]string, list.Len())
			for at := range words {
				words[at] = fmt.Sprint(list.Index(at).Interface())
			}
			values.Set(name, strings.Join(words, ","))
			continue
		}
		if at, ok := v.Field(i).Interface().(time.Time); ok && !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339Nano))
			continue
		}
		if name != "" && !v.Field(i).IsZero() {
			values.Set(name, fmt.Sprint(v.Field(i).Interface()))
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
