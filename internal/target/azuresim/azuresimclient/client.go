// Package azuresimclient talks to the operations API of a running simulator
// and finds it by the file that it wrote.
//
// It owns that file's shape and the calls. It links no server, so that the client
// terrace can use it.
package azuresimclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// FileRunning is the file of a running simulator in its folder.
const FileRunning = "running.json"

// folderOfDaemon is the simulator's folder in the data folder of `terraced up --azure-sim`.
const folderOfDaemon = "azuresim"

const (
	timeout   = 30 * time.Second
	maxAnswer = 64 << 20
)

// Running is what the file of a running simulator says.
type Running struct {
	Endpoint string `json:"endpoint"`
	CAFile   string `json:"caFile"`
	// Key opens the operations API.
	Key string `json:"key"`
	PID int    `json:"pid"`
	// Env is what a client needs in its environment.
	Env map[string]string `json:"env"`
}

// DefaultFolder is where a simulator that is not told otherwise announces itself:
// the folder of `terraced up --azure-sim` in the user's data directory.
func DefaultFolder() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "terrace", "azuresim")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "terrace-azuresim")
	}
	return filepath.Join(home, ".local", "share", "terrace", "azuresim")
}

// Find reads what the simulator that announced itself in a folder says. The data folder of
// `terraced up --azure-sim` leads to the one in it.
func Find(folder string) (Running, error) {
	var r Running
	path := filepath.Join(folder, FileRunning)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(folder, folderOfDaemon, FileRunning)
		raw, err = os.ReadFile(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return r, kernel.Errorf(kernel.Unavailable, "no simulated Azure runs on this machine: %s has none", folder).
			WithFix("start one with `terraced azuresim`, or name its folder with --data")
	}
	if err != nil {
		return r, kernel.Errorf(kernel.Unavailable, "the simulated Azure in %s cannot be found: %w", folder, err).WithFix("name its folder with --data")
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, kernel.Errorf(kernel.Unavailable, "%s is not what a simulated Azure writes: %w", path, err).WithFix("start the simulated Azure again")
	}
	return r, nil
}

// Client calls the operations API.
type Client struct {
	at   Running
	http *http.Client
}

// New returns a client of a running simulator.
func New(at Running) (*Client, error) {
	roots, err := os.ReadFile(at.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the simulator's CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, fmt.Errorf("%s has no certificate", at.CAFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return &Client{at, &http.Client{Transport: transport, Timeout: timeout}}, nil
}

// Ping says whether the simulator answers: Unavailable where it does not.
func (c *Client) Ping(ctx context.Context) error {
	var faults []any
	return c.Get(ctx, "faults", url.Values{}, &faults)
}

// Get reads from a path of the operations API, such as "resources".
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	return c.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, into)
}

// Post sends to a path of the operations API.
func (c *Client) Post(ctx context.Context, path string, in, into any) error {
	return c.call(ctx, http.MethodPost, path, in, into)
}

// Delete removes what is at a path of the operations API.
func (c *Client) Delete(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodDelete, path, nil, into)
}

// Token returns a token that the simulator signs in another issuer's name.
func (c *Client) Token(ctx context.Context, issuer, subject, audience string) (string, error) {
	var out struct{ Token string }
	err := c.Post(ctx, "token", map[string]string{"issuer": issuer, "subject": subject, "audience": audience}, &out)
	return out.Token, err
}

func (c *Client) call(ctx context.Context, method, path string, in, into any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, c.at.Endpoint+"/.terrace/"+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.at.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "the simulated Azure at %s does not answer", c.at.Endpoint).
			WithFix("it may have ended; start one with `terraced azuresim`")
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	body := io.LimitReader(res.Body, maxAnswer)
	if res.StatusCode == http.StatusOK {
		return json.NewDecoder(body).Decode(into)
	}
	var refused struct {
		Error struct{ Code, Message string }
	}
	if err := json.NewDecoder(body).Decode(&refused); err != nil || refused.Error.Message == "" {
		return fmt.Errorf("the simulator answers %s", res.Status)
	}
	return kernel.Errorf(kindOf(res.StatusCode), "%s", refused.Error.Message)
}

func kindOf(status int) kernel.Kind {
	switch status {
	case http.StatusNotFound:
		return kernel.NotFound
	case http.StatusConflict:
		return kernel.Conflict
	case http.StatusUnauthorized:
		return kernel.Unauthenticated
	case http.StatusInternalServerError:
		return kernel.Internal
	}
	return kernel.Invalid
}
