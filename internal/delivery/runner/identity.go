package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// Identity is how the tool signs in to a cloud that trusts Terrace: with a token in a
// file, which the runner asks Terrace for with the run token and renews while the tool
// works. A run token is of one phase, and so is what it is given.
type Identity struct {
	// Variables are those of the tool; TokenFile and CredentialsFile in a value become paths.
	Variables map[string]string
	// Credentials is the content of a file beside the token, in which TokenFile becomes
	// its path; "" is none.
	Credentials string
}

// What becomes the path of a file in an Identity.
const (
	TokenFile       = "${terrace.token}"
	CredentialsFile = "${terrace.credentials}" //nolint:gosec // a path takes its place
)

const (
	// identityPath is where Terrace gives identities to runs.
	identityPath = "/workload-identity/v1/token"
	askIdentity  = 15 * time.Second
	// identityTries is how often a first token is asked for, a second apart.
	identityTries = 5
	maxIdentity   = 64 << 10
)

// held is an identity that a job has. Its folder is none that the tool can write to:
// what writes a token there must not be led elsewhere.
type held struct {
	dir string
	env []string
	ask func(ctx context.Context) (identityToken, error)

	mu    sync.Mutex
	known *conceal.Values
}

type identityToken struct {
	Token string `json:"token"`
	// Seconds is how long it holds.
	Seconds int64 `json:"expiresIn"`
}

func (h *held) path(name string) string { return filepath.Join(h.dir, name) }

// identify gives the job its identity until release is called; there is nothing to
// release after an error.
func (r *Runner) identify(ctx context.Context, job Job) (_ Job, release func() error, err error) {
	if job.Identity == nil {
		return job, func() error { return nil }, nil
	}
	h := &held{known: conceal.Of(), ask: func(ctx context.Context) (identityToken, error) { return r.askIdentity(ctx, job.Token) }}
	if err := os.MkdirAll(tmpDir(r.DataDir), 0o700); err != nil {
		return job, nil, onDisk("make a folder for the run's identity", err)
	}
	if h.dir, err = os.MkdirTemp(tmpDir(r.DataDir), "identity-"); err != nil {
		return job, nil, onDisk("make a folder for the run's identity", err)
	}
	first, err := h.first(ctx)
	if err == nil {
		err = h.lay(*job.Identity)
	}
	if err != nil {
		return job, nil, errors.Join(err, os.RemoveAll(h.dir))
	}
	job.held = h
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx)) // a tool that is told to stop has things to finish
	var group sync.WaitGroup
	group.Go(func() {
		h.renew(renewing, first, func(err error) {
			r.Logger.WarnContext(ctx, "the identity of a run was not renewed", "run", job.RunID, "error", err)
		})
	})
	return job, func() error {
		stop()
		group.Wait()
		return onDisk("remove the run's identity", os.RemoveAll(h.dir))
	}, nil
}

// lay writes what does not change, and makes the variables.
func (h *held) lay(i Identity) error {
	paths := strings.NewReplacer(TokenFile, h.path("token"), CredentialsFile, h.path("credentials.json"))
	for name, value := range i.Variables {
		h.env = append(h.env, name+"="+paths.Replace(value))
	}
	if i.Credentials == "" {
		return nil
	}
	return onDisk("write the run's identity", wholefile.Replace(h.path("credentials.json"), []byte(paths.Replace(i.Credentials)), 0o600))
}

// first asks for the first token, without which nothing begins.
func (h *held) first(ctx context.Context) (t identityToken, err error) {
	for try := range identityTries {
		if t, err = h.next(ctx); err == nil || !kernel.Is(err, kernel.Unavailable) || try == identityTries-1 || !pause(ctx, time.Second) {
			break
		}
	}
	return t, err
}

// renew writes another token each time that half the life of the last one is over.
func (h *held) renew(ctx context.Context, t identityToken, failed func(error)) {
	wait := t.half()
	for pause(ctx, wait) {
		next, err := h.next(ctx)
		switch {
		case err == nil:
			wait = next.half()
		case ctx.Err() == nil:
			failed(err)
			wait = askIdentity
		}
	}
}

func (t identityToken) half() time.Duration { return time.Duration(t.Seconds) * time.Second / 2 }

// pause waits, and reports false when ctx ends first.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// next asks for a token and puts it into the file, whole.
func (h *held) next(ctx context.Context) (identityToken, error) {
	t, err := h.ask(ctx)
	if err != nil {
		return t, err
	}
	h.mu.Lock()
	h.known.Add(t.Token)
	h.mu.Unlock()
	return t, onDisk("write the run's identity", wholefile.Replace(h.path("token"), []byte(t.Token), 0o600))
}

// cut cuts every token of the identity out of a text.
func (h *held) cut(text string) string {
	if h == nil {
		return text
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known.Cut(text, cutAs)
}

// askIdentity asks Terrace for the identity of a run token.
func (r *Runner) askIdentity(ctx context.Context, run string) (t identityToken, err error) {
	ctx, cancel := context.WithTimeout(ctx, askIdentity)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Address+identityPath, nil)
	if err != nil {
		return t, notGiven(kernel.Invalid, err)
	}
	request.Header.Set("Authorization", "Bearer "+run)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return t, notGiven(kernel.Unavailable, err)
	}
	defer func() { _ = response.Body.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(response.Body, maxIdentity))
	if err != nil {
		return t, notGiven(kernel.Unavailable, err)
	}
	if response.StatusCode != http.StatusOK {
		return t, refusedIdentity(response, body)
	}
	if err := json.Unmarshal(body, &t); err != nil || t.Token == "" || t.Seconds <= 0 {
		return t, notGiven(kernel.Unavailable, errors.New("the answer has no token"))
	}
	return t, nil
}

// refusedIdentity says why, in the server's words.
func refusedIdentity(response *http.Response, body []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	kind := kernel.Unavailable
	if response.StatusCode < http.StatusInternalServerError && response.StatusCode != http.StatusTooManyRequests {
		kind = kernel.Denied
	}
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return notGiven(kind, fmt.Errorf("the server answers %s", response.Status))
	}
	return notGiven(kind, errors.New(problem.Detail))
}

func notGiven(kind kernel.Kind, err error) error {
	return kernel.Errorf(kind, "the run was given no identity for its cloud: %w", err)
}
