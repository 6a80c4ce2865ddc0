package fleetagent

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of requests.
const (
	pollTimeout   = 40 * time.Second
	leaveTimeout  = 3 * time.Second
	uploadTimeout = 15 * time.Minute
	maxAnswer     = fleet.MaxPlan * 2
)

// Work is an assignment with its job.
type Work struct {
	ID  string    `json:"id"`
	Job fleet.Job `json:"job"`
}

// Welcome is what the server says to a runner that starts.
type Welcome struct {
	Name            string            `json:"name"`
	Session         string            `json:"session"`
	Labels          map[string]string `json:"labels"`
	Patience        int64             `json:"patienceSeconds"`
	ProviderVersion string            `json:"providerVersion"`
	Provider        string            `json:"provider"`
	Platform        string            `json:"platform"`
	Protocol        int               `json:"protocol"`
}

// Server is the other side.
type Server struct {
	address, token string
	client         *http.Client
	mu             sync.Mutex
	session        string
}

// NewServer returns the server at the address, which is reached with TLS unless it
// is on this machine: the token goes with every request.
func NewServer(address, token string) (*Server, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not the address of a server", address).WithFix("use one such as https://terrace.example.com")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, kernel.Errorf(kernel.Invalid, "%s has no TLS, and is not on this machine: the runner's token would be readable on the way", address).
			WithFix("put TLS in front of the server and use https://")
	}
	if token == "" {
		return nil, kernel.Errorf(kernel.Invalid, "the runner's token is empty").WithFix("write what terrace runner create shows into the file")
	}
	return &Server{address: u.String(), token: token, client: &http.Client{}}, nil
}

// Address returns where the server is.
func (s *Server) Address() string { return s.address }

// Connect begins a session.
func (s *Server) Connect(ctx context.Context, h fleet.Hello) (w Welcome, err error) {
	if err := s.call(ctx, pollTimeout, http.MethodPost, "/session", h, &w); err != nil {
		return w, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = w.Session
	return w, nil
}

// Provider writes the program of Terrace's provider to w.
func (s *Server) Provider(ctx context.Context, w io.Writer) error {
	return s.fetch(ctx, "/provider", w)
}

func (s *Server) fetch(ctx context.Context, path string, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	answer, err := s.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.LimitReader(answer.Body, maxAnswer))
	return unreachable(errors.Join(err, answer.Body.Close()))
}

// Work waits for an assignment; nil is none for now.
func (s *Server) Work(ctx context.Context) (*Work, error) {
	var w Work
	if err := s.call(ctx, pollTimeout, http.MethodPost, "/work", struct{}{}, &w); err != nil || w.ID == "" {
		return nil, err
	}
	return &w, nil
}

// Beat tells that the runner is there and returns what it shall do.
func (s *Server) Beat(ctx context.Context, id string, known fleet.Command) (fleet.Command, error) {
	var answer struct {
		Command fleet.Command `json:"command"`
	}
	err := s.call(ctx, pollTimeout, http.MethodPost, "/assignments/"+id+"/beat", map[string]any{"command": known}, &answer)
	return answer.Command, err
}

// Tell delivers events.
func (s *Server) Tell(ctx context.Context, id string, d fleet.Delivery) error {
	return s.call(ctx, pollTimeout, http.MethodPost, "/assignments/"+id+"/events", d, nil)
}

// Leave ends the session.
func (s *Server) Leave(ctx context.Context) error {
	return s.call(ctx, leaveTimeout, http.MethodDelete, "/session", struct{}{}, nil)
}

// Plan writes the plan that is to be applied to w.
func (s *Server) Plan(ctx context.Context, id string, w io.Writer) error {
	return s.fetch(ctx, "/assignments/"+id+"/plan", w)
}

// Upload sends a part of what a plan made.
func (s *Server) Upload(ctx context.Context, id, part string, content io.Reader) error {
	return s.raw(ctx, http.MethodPut, "/assignments/"+id+"/parts/"+part, content, nil)
}

// Finish tells the outcome.
func (s *Server) Finish(ctx context.Context, id string, o fleet.Outcome) error {
	return s.call(ctx, pollTimeout, http.MethodPost, "/assignments/"+id+"/outcome", o, nil)
}

// HandIn gives the server a state that the assignment could not store.
func (s *Server) HandIn(ctx context.Context, assignment, receipt string, state io.Reader) error {
	return s.raw(ctx, http.MethodPost, "/states?assignment="+url.QueryEscape(assignment), state, map[string]string{"Terrace-Receipt": receipt})
}

func (s *Server) raw(ctx context.Context, method, path string, content io.Reader, header map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	if header == nil {
		header = map[string]string{}
	}
	header["Content-Type"] = "application/octet-stream"
	answer, err := s.send(ctx, method, path, content, header)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func (s *Server) call(ctx context.Context, timeout time.Duration, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	raw, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	answer, err := s.send(ctx, method, path, bytes.NewReader(raw), map[string]string{"Content-Type": "application/json"})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if out == nil || answer.StatusCode == http.StatusNoContent {
		return nil
	}
	return unreachable(json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(out))
}

// send returns an answer that is a success.
func (s *Server) send(ctx context.Context, method, path string, content io.Reader, header map[string]string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.address+"/fleet/v1"+path, content)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	request.SetBasicAuth("runner", s.token)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	s.mu.Lock()
	request.Header.Set("Terrace-Session", s.session)
	s.mu.Unlock()
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		defer func() { _ = answer.Body.Close() }()
		return nil, refused(answer)
	}
	return answer, nil
}

// unreachable marks an error after which one asks again.
func unreachable(err error) error {
	if err == nil {
		return nil
	}
	return kernel.Errorf(kernel.Unavailable, "the server does not answer: %w", err)
}

// untrusted marks an error of TLS that no time mends.
func untrusted(err error) error {
	cause, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return err
	}
	return kernel.Errorf(kernel.Refused, "the server's certificate is not trusted here: %w", cause).
		WithFix("name the file with the authority that signed it in SSL_CERT_FILE, or add it to this machine's; terraform gets the variable, too")
}

// refused is the error that the server tells; 5xx, a proxy's too, may pass.
func refused(answer *http.Response) error {
	var p struct {
		Kind     kernel.Kind      `json:"kind"`
		Detail   string           `json:"detail"`
		Fix      string           `json:"fix"`
		Problems []kernel.Problem `json:"problems"`
	}
	_ = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&p) // a proxy answers something else
	if p.Kind == "" && (answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusMethodNotAllowed || answer.StatusCode == http.StatusNotImplemented) {
		return kernel.Errorf(kernel.Unavailable, "%s answers %s: is that the address of a Terrace server, and of the same version?", answer.Request.URL.Host, answer.Status)
	}
	if answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests || p.Kind == "" {
		return kernel.Errorf(kernel.Unavailable, "the server answers %s: %s", answer.Status, p.Detail)
	}
	return &kernel.Error{Kind: p.Kind, Message: p.Detail, Fix: p.Fix, Problems: p.Problems}
}
