package githost

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a push.
const (
	// maxPush is how much one push may bring, in bytes, where the quota leaves as much.
	maxPush = 4 << 30
	// maxRefs is how many refs one push may move.
	maxRefs = 5000
	// maxReport bounds what git answers a push with, in bytes.
	maxReport = 8 << 20
)

// receive takes a push: which refs it moves is read and judged first, and what
// it has moved is recorded before the client is told.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request, t target) error {
	repo, err := h.find(r.Context(), receivePack, t)
	if err != nil {
		return err
	}
	room, err := h.repos.Room(repo)
	if err != nil {
		return err
	}
	room = min(room, maxPush)
	body, err := plain(r, maxPush+1<<20) // the pack, and the commands before it
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(body, 64<<10)
	cmds, err := readCommands(in)
	if err != nil {
		return err
	}
	denied, err := h.repos.Deny(r.Context(), repo, cmds.refs)
	if err != nil {
		return err
	}
	if len(denied) > 0 {
		_, _ = io.Copy(io.Discard, in) // the client reads the answer when it has sent all
		return cmds.refuse(w, denied)
	}
	done, err := h.turn(r.Context())
	if err != nil {
		return err
	}
	defer done()
	return h.push(w, r, repo, cmds, in, room)
}

func (h *Handler) push(w http.ResponseWriter, r *http.Request, repo vcs.Repository, cmds commands, rest io.Reader, room int64) error {
	strict, err := h.repos.Strict(r.Context(), repo, cmds.refs)
	if err != nil {
		return err
	}
	pack := &counted{from: rest}
	c := call{
		repo: h.repos.Files(repo), method: http.MethodPost, path: receivePack, protocol: protocol(r),
		mediaType: "application/x-git-receive-pack-request", body: io.MultiReader(bytes.NewReader(cmds.raw), pack),
		settings: []gitexec.Setting{
			{Key: "receive.fsckObjects", Value: "true"},
			{Key: "receive.maxInputSize", Value: strconv.FormatInt(room, 10)},
			{Key: "receive.denyNonFastForwards", Value: strconv.FormatBool(strict)},
			{Key: "receive.denyDeleteCurrent", Value: "refuse"},
			{Key: "receive.advertisePushOptions", Value: "false"},
			{Key: "receive.autogc", Value: "true"},
		},
	}
	if len(cmds.refs) == 0 { // git asks whether it is let in before it sends much
		return h.backend(r.Context(), c, w)
	}
	report := &kept{header: http.Header{}}
	err = h.repos.Push(r.Context(), repo, cmds.refs, func(ctx context.Context) error { return h.backend(ctx, c, report) })
	if err != nil {
		return kernel.Errorf(kernel.KindOf(err), "%s: %w", describe(repo), err)
	}
	if pack.bytes > room {
		_, _ = io.Copy(io.Discard, rest) // the client reads the answer when it has sent all
		return cmds.refuse(w, tooMuch(repo, cmds.refs, room))
	}
	if strict && bytes.Contains(report.body.Bytes(), []byte("non-fast-forward")) {
		cmds.say(&report.body, rewritten(repo))
	}
	return report.send(w)
}

// rewritten says what to do where git has refused to leave out commits.
func rewritten(repo vcs.Repository) string {
	who := "nobody rewrites it: an admin lets a role with terrace repo protect " + repo.Name + " --rewrite ROLE"
	if role := repo.Protection.Rewrite; role != "" {
		who = "rewriting it needs the role " + role
	}
	return "the push leaves out commits that are on " + repo.DefaultBranch + ", and " + who + ". To keep them, pull or rebase, and push again without --force."
}

// tooMuch refuses what would not fit into the repository.
func tooMuch(repo vcs.Repository, refs []vcs.Push, room int64) []vcs.Denied {
	why := fmt.Sprintf("the push is larger than the %.1f MiB that are left of the quota of %d MiB", float64(room)/(1<<20), repo.Quota>>20)
	if room == maxPush {
		why = fmt.Sprintf("a push brings at most %d MiB", maxPush>>20)
	}
	denied := make([]vcs.Denied, 0, len(refs))
	for _, ref := range refs {
		denied = append(denied, vcs.Denied{Ref: ref.Ref, Why: why})
	}
	return denied
}

// counted counts what is read through it.
type counted struct {
	from  io.Reader
	bytes int64
}

// Read reads on.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes += int64(n)
	return n, err //nolint:wrapcheck // a reader's end is io.EOF as it is
}

// kept is an answer that waits until what it tells is recorded.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps the body, up to its bound.
func (k *kept) Write(b []byte) (int, error) {
	if k.body.Len()+len(b) > maxReport {
		return 0, io.ErrShortWrite
	}
	return k.body.Write(b)
}

func (k *kept) send(w http.ResponseWriter) error {
	for name, values := range k.header {
		w.Header()[name] = values
	}
	w.WriteHeader(k.status)
	_, _ = k.body.WriteTo(w) // the client's end
	return nil
}
