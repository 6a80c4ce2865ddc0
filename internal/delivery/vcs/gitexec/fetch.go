package gitexec

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The bounds of a fetch.
const (
	fetchTime = 5 * time.Minute
	// MaxFetched is how large the copy of a repository of another server may be.
	MaxFetched = 2 << 30
	// depth is how much history is fetched first, and deep when it is too little.
	depth = 50
	deep  = 1000
)

// Remote is a repository on another server.
type Remote struct {
	// URL is https, or http on loopback.
	URL string
	// Username and Password sign in; no password signs nobody in.
	Username, Password string
	// Guard says which addresses may be fetched from; nil does not look, as of what an
	// operator has named.
	Guard *egress.Guard
}

// Check refuses addresses that are not fetched from.
func (m Remote) Check() error {
	u, err := url.Parse(m.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return kernel.Errorf(kernel.Invalid, "a repository cannot be fetched from that address").WithFix("use https://HOST/… without a name or password in it")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// settings has git sign in, and connect to no other address than those that the guard has
// looked at: a name cannot change its mind. Where a proxy is asked, that decides.
func (m Remote) settings(ctx context.Context) ([]Setting, error) {
	if err := m.Check(); err != nil || m.Guard == nil {
		return m.signIn(), err
	}
	u, err := url.Parse(m.URL)
	if err != nil {
		return nil, err
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		return m.signIn(), nil
	}
	addrs, err := m.Guard.Addresses(ctx, u.Hostname(), false)
	if forbidden, ok := errors.AsType[*egress.Forbidden](err); ok {
		return nil, kernel.Errorf(kernel.Invalid, "%w", forbidden)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the repository's server cannot be found: %w", err)
	}
	texts := make([]string, 0, len(addrs))
	for _, addr := range addrs {
		text := addr.Unmap().String()
		if addr.Unmap().Is6() {
			text = "[" + text + "]"
		}
		texts = append(texts, text)
	}
	port := cmp.Or(u.Port(), map[string]string{"https": "443", "http": "80"}[u.Scheme])
	return append(m.signIn(), Setting{"http.curloptResolve", u.Hostname() + ":" + port + ":" + strings.Join(texts, ",")}), nil
}

// signIn passes the password in the environment: a command line can be seen.
func (m Remote) signIn() []Setting {
	if m.Password == "" {
		return nil
	}
	basic := base64.StdEncoding.EncodeToString([]byte(m.Username + ":" + m.Password))
	return []Setting{{"http." + m.URL + ".extraHeader", "Authorization: Basic " + basic}}
}

// Fetch brings commits with some of their history. What is there is not
// fetched again.
func (r Repo) Fetch(ctx context.Context, from Remote, commits ...string) error {
	var missing []string
	for _, c := range commits {
		if !IsObject(c) {
			return kernel.Errorf(kernel.Invalid, "%q is no commit", c)
		}
		if !r.Has(ctx, c) {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return r.fetch(ctx, from, depth, missing)
}

// Deepen fetches more history of commits.
func (r Repo) Deepen(ctx context.Context, from Remote, commits ...string) error {
	return r.fetch(ctx, from, deep, commits)
}

func (r Repo) fetch(ctx context.Context, from Remote, depth int, wants []string) error {
	settings, err := from.settings(ctx)
	if err != nil {
		return err
	}
	if err := r.Init(ctx, "main"); err != nil {
		return err
	}
	args := append([]string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--depth", strconv.Itoa(depth), "--end-of-options", from.URL}, wants...)
	_, err = r.Git.Run(ctx, Command{Dir: r.Dir, Args: args, Settings: settings, Time: fetchTime, Watch: func() error {
		size, err := r.Size()
		if err == nil && size > MaxFetched {
			return kernel.Errorf(kernel.TooLarge, "the repository is larger than %d MiB, and is not fetched", MaxFetched>>20)
		}
		return nil
	}})
	if failed, ok := err.(*Failed); ok { //nolint:errorlint // Run returns it as it is
		return kernel.Errorf(kernel.Unavailable, "the commits cannot be fetched: %w", failed).
			WithFix("see that the repository's token may read it")
	}
	return err
}

// Head asks a server for the commit of a branch; NotFound where it has none.
func (g Git) Head(ctx context.Context, from Remote, branch string) (string, error) {
	settings, err := from.settings(ctx)
	if err != nil {
		return "", err
	}
	ref := "refs/heads/" + branch
	out, err := g.Run(ctx, Command{Args: []string{"ls-remote", "--end-of-options", from.URL, ref}, Settings: settings, Output: 1 << 20})
	if failed, ok := err.(*Failed); ok { //nolint:errorlint // Run returns it as it is
		return "", kernel.Errorf(kernel.Unavailable, "the branch cannot be looked up: %w", failed).WithFix("see that the repository's token may read it")
	}
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		if id, name, _ := strings.Cut(strings.TrimSpace(line), "\t"); name == ref && IsObject(id) {
			return id, nil
		}
	}
	return "", kernel.Errorf(kernel.NotFound, "there is no branch %s", branch)
}
