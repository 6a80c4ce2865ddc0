package harness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

// Result is what a client's process left.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Terrace runs the client with args in dir, as a user on this machine.
func (d *Daemon) Terrace(ctx context.Context, dir string, args ...string) Result {
	d.t.Helper()
	cmd := exec.CommandContext(ctx, Bin(d.t, "terrace"), args...)
	cmd.Dir, cmd.Env = dir, d.environment()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		d.t.Fatalf("terrace %s: %v", strings.Join(args, " "), err)
	}
	return r
}

// MustTerrace runs the client and fails the test unless it exits with 0.
func (d *Daemon) MustTerrace(ctx context.Context, dir string, args ...string) Result {
	d.t.Helper()
	r := d.Terrace(ctx, dir, args...)
	if r.Code != 0 {
		d.t.Fatalf("terrace %s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r
}

// Answer is what a service says about itself at its front door.
type Answer struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Release string `json:"release"`
	Stage   string `json:"stage"`
	// ReleaseHeader is the gateway's Terrace-Release.
	ReleaseHeader string `json:"-"`
	Status        int    `json:"-"`
}

// Visit asks host for path through the gateway over TLS, trusting Terrace's
// authority alone.
func (d *Daemon) Visit(ctx context.Context, host, path string) (Answer, error) {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(d.SignIn().CA)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return Answer{}, fmt.Errorf("read the authority's certificate: %w", err)
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, d.Gateway)
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+path, nil)
	if err != nil {
		return Answer{}, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: response.StatusCode, ReleaseHeader: response.Header.Get("Terrace-Release")}
	if response.StatusCode != http.StatusOK {
		return answer, nil
	}
	return answer, json.Unmarshal(raw, &answer)
}
