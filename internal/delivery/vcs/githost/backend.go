package githost

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// call is one request for git http-backend.
type call struct {
	repo gitexec.Repo
	// method, path, query and mediaType are made here, never taken from a request.
	method, path, query, mediaType, protocol string
	settings                                 []gitexec.Setting
	body                                     io.Reader
}

// environment is that of CGI (RFC 3875 §4.1), with nothing of the caller's but
// the protocol's version.
func (c call) environment(user string) []string {
	settings := append([]gitexec.Setting{
		{Key: "http.receivepack", Value: "true"},
		{Key: "http.uploadpack", Value: "true"},
		{Key: "http.getanyfile", Value: "false"},
		{Key: "uploadpack.allowFilter", Value: "true"},
	}, c.settings...)
	env := append(gitexec.Environment(settings...),
		"GATEWAY_INTERFACE=CGI/1.1", "SERVER_PROTOCOL=HTTP/1.1", "GIT_HTTP_EXPORT_ALL=1",
		"GIT_PROJECT_ROOT="+filepath.Dir(c.repo.Dir), "PATH_INFO=/"+filepath.Base(c.repo.Dir)+"/"+c.path,
		"REQUEST_METHOD="+c.method, "QUERY_STRING="+c.query, "REMOTE_USER="+user, "REMOTE_ADDR=127.0.0.1",
	)
	if c.mediaType != "" {
		env = append(env, "CONTENT_TYPE="+c.mediaType)
	}
	if c.protocol != "" {
		env = append(env, "GIT_PROTOCOL="+c.protocol)
	}
	return env
}

// backend has git http-backend answer. The whole process group ends with ctx:
// with the client, or with the time that a request may take.
func (h *Handler) backend(ctx context.Context, c call, w http.ResponseWriter) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := c.repo.Git.Bounded(ctx, "http-backend")
	actor, _ := kernel.ActorFrom(ctx)
	cmd.Env, cmd.Dir = c.environment(actor.ID), c.repo.Dir
	if c.body != nil {
		cmd.Stdin = c.body
	}
	var said bytes.Buffer
	cmd.Stderr = &lines{to: &said}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git http-backend: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git http-backend: %w", err)
	}
	answered, copied := answer(w, out)
	if copied != nil {
		cancel() // the client went away
	}
	err = cmd.Wait()
	switch {
	case answered:
		return nil // what went wrong since is in the answer, as git's protocol tells it
	case tooLarge(err):
		return err
	default:
		return fmt.Errorf("git http-backend: %w: %s", errors.Join(copied, err), strings.TrimSpace(said.String()))
	}
}

func tooLarge(err error) bool { return kernel.Is(err, kernel.TooLarge) }

// answer copies what the CGI program answers (RFC 3875 §6.2.1); begun tells that
// the client has got a status.
func answer(w http.ResponseWriter, out io.Reader) (begun bool, err error) {
	in := bufio.NewReader(out)
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return false, err //nolint:wrapcheck // its caller says what was read
	}
	status := http.StatusOK
	if s, _, _ := strings.Cut(header.Get("Status"), " "); s != "" {
		if status, err = strconv.Atoi(s); err != nil || status < 200 || status > 599 {
			return false, fmt.Errorf("the status is %q", s)
		}
	}
	for _, name := range []string{"Content-Type", "Cache-Control", "Expires", "Pragma"} {
		if v := header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(status)
	_, err = io.Copy(flushing{w}, in)
	return true, err //nolint:wrapcheck // only whether there is one counts
}

// flushing sends every part at once, so that a slow answer is seen to come.
type flushing struct{ w http.ResponseWriter }

// Write writes and flushes.
func (f flushing) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	if fl, ok := f.w.(http.Flusher); ok {
		fl.Flush()
	}
	return n, err //nolint:wrapcheck // the client's end
}

// lines keeps the first 4 KiB of what a program says.
type lines struct{ to *bytes.Buffer }

// Write keeps the beginning.
func (l *lines) Write(b []byte) (int, error) {
	if room := 4<<10 - l.to.Len(); room > 0 {
		l.to.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}
