package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const maxReply = 8 << 20

// client calls the planes API.
type client struct {
	base, token, agent string
	http               *http.Client
}

func newClient(address, token, agent string) (*client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q must look like http://127.0.0.1:7080", address)
	}
	return &client{base: strings.TrimRight(address, "/") + "/planes/v1/", token: token, agent: agent, http: &http.Client{}}, nil
}

// planeObject is the planes API's reply about one object.
type planeObject struct {
	Kind     string         `json:"kind"`
	Name     string         `json:"name"`
	Spec     map[string]any `json:"spec"`
	Outputs  map[string]any `json:"outputs"`
	Revision int64          `json:"revision"`
	Owners   []string       `json:"owners"`
}

// problem is an error of the API (RFC 9457).
type problem struct {
	Status   int    `json:"status"`
	Title    string `json:"title"`
	Detail   string `json:"detail"`
	Fix      string `json:"fix"`
	Request  string `json:"requestId"`
	Problems []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
		Fix     string `json:"fix"`
	} `json:"problems"`
}

// Error tells what is wrong, why, and what to do.
func (p *problem) Error() string {
	lines := []string{first(p.Detail, p.Title, http.StatusText(p.Status), fmt.Sprintf("status %d", p.Status))}
	for _, one := range p.Problems {
		line := "  " + one.Message
		if one.Path != "" {
			line = "  " + one.Path + ": " + one.Message
		}
		if one.Fix != "" {
			line += " (" + one.Fix + ")"
		}
		lines = append(lines, line)
	}
	if p.Fix != "" {
		lines = append(lines, "", "To fix it: "+p.Fix)
	}
	if p.Request != "" {
		lines = append(lines, "", "Request "+p.Request)
	}
	return strings.Join(lines, "\n")
}

func isMissing(err error) bool {
	p, ok := errors.AsType[*problem](err)
	return ok && p.Status == http.StatusNotFound
}

// ref names an object to the planes API, and which resource of the stack asks.
type ref struct {
	plane, name, claim string
	// part is what of the object is asked for, "" for itself.
	part string
}

// path returns the object's place below the API's root.
func (r ref) path() string {
	path := r.plane + "/" + url.PathEscape(r.name)
	if r.part != "" {
		path += "/" + r.part
	}
	if r.claim != "" {
		path += "?claim=" + url.QueryEscape(r.claim)
	}
	return path
}

func (c *client) get(ctx context.Context, r ref) (planeObject, error) {
	return c.do(ctx, time.Minute, http.MethodGet, r, nil)
}

func (c *client) put(ctx context.Context, r ref, spec map[string]any) (planeObject, error) {
	return c.do(ctx, putTimeout(r, spec), http.MethodPut, r, spec)
}

func (c *client) delete(ctx context.Context, r ref) error {
	_, err := c.do(ctx, 2*time.Minute, http.MethodDelete, r, nil)
	if isMissing(err) {
		return nil
	}
	return err
}

// mostApply is the longest that a stage lets a command of terraform take. A service may take
// over in steps, which are the stage's to bound.
const mostApply = 7 * 24 * time.Hour

// putTimeout leaves the server its own time-out, so that its reason arrives.
func putTimeout(r ref, spec map[string]any) time.Duration {
	if r.plane == "services" {
		return mostApply
	}
	start, _ := spec["start_timeout"].(string)
	wait, err := time.ParseDuration(start)
	if err != nil {
		wait = time.Minute
	}
	return wait + 2*time.Minute
}

func (c *client) do(ctx context.Context, limit time.Duration, method string, r ref, body any) (planeObject, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := c.request(ctx, method, r, body)
	if err != nil {
		return planeObject{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return planeObject{}, fmt.Errorf("Terrace at %s cannot be reached: %w", c.base, err)
	}
	defer func() { _ = resp.Body.Close() }()
	return decodeReply(resp)
}

func (c *client) request(ctx context.Context, method string, r ref, body any) (*http.Request, error) {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+r.path(), reader)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

func decodeReply(resp *http.Response) (planeObject, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return planeObject{}, fmt.Errorf("read the reply: %w", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		p := &problem{}
		if json.Unmarshal(b, p) != nil {
			p.Detail = strings.TrimSpace(string(b[:min(len(b), 500)]))
		}
		p.Status = resp.StatusCode
		return planeObject{}, p
	}
	var o planeObject
	if len(b) == 0 {
		return o, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return planeObject{}, fmt.Errorf("decode the reply: %w", err)
	}
	return o, nil
}
