package githost

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

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
	pack := &counted{from: rest}
	c := call{
		repo: h.repos.Files(repo), method: http.MethodPost, path: receivePack, protocol: protocol(r),
		mediaType: "application/x-git-receive-pack-request", body: io.MultiReader(bytes.NewReader(cmds.raw), pack),
		settings: []gitexec.Setting{
			{Key: "receive.fsckObjects", Value: "true"},
			{Key: "receive.maxInputSize", Value: strconv.FormatInt(room, 10)},
			{Key: "receive.denyNonFastForwards", Value: strconv.FormatBool(repo.Strict(cmds.refs))},
			{Key: "receive.denyDeleteCurrent", Value: "refuse"},
			{Key: "receive.advertisePushOptions", Value: "false"},
			{Key: "receive.autogc", Value: "true"},
		},
	}
	if len(cmds.refs) == 0 { // git asks whether it is let in before it sends much
		return h.backend(r.Context(), c, w)
	}
	report := &kept{header: http.Header{}}
	err := h.repos.Push(r.Context(), repo, cmds.refs, func(ctx context.Context) error { return h.backend(ctx, c, report) })
	if err != nil {
		return kernel.Errorf(kernel.KindOf(err), "%s: %w", describe(repo), err)
	}
	if pack.bytes > room {
		_, _ = io.Copy(io.Discard, rest) // the client reads the answer when it has sent all
		return cmds.refuse(w, tooMuch(repo, cmds.refs, room))
	}
	return report.send(w)
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

// commands are what a push asks for, as git's protocol has them before the pack.
type commands struct {
	refs []vcs.Push
	// raw are their bytes.
	raw []byte
	// capabilities are what the client understands.
	capabilities map[string]bool
}

// readCommands reads up to the flush that ends the commands (gitprotocol-pack,
// "Reference Update Request and Packfile Transfer").
func readCommands(in io.Reader) (commands, error) {
	c := commands{capabilities: map[string]bool{}}
	for {
		line, err := c.packet(in)
		if err != nil {
			return c, err
		}
		if line == nil {
			return c, nil
		}
		if err := c.add(string(line)); err != nil {
			return c, err
		}
	}
}

// packet reads one line; nil is the flush.
func (c *commands) packet(in io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return nil, notGit(err)
	}
	c.raw = append(c.raw, size[:]...)
	n, err := strconv.ParseUint(string(size[:]), 16, 16)
	if err != nil || n > 0 && n < 4 {
		return nil, notGit(err)
	}
	if n == 0 {
		return nil, nil
	}
	line := make([]byte, n-4)
	if _, err := io.ReadFull(in, line); err != nil {
		return nil, notGit(err)
	}
	c.raw = append(c.raw, line...)
	return line, nil
}

func notGit(err error) error {
	if kernel.Is(err, kernel.TooLarge) {
		return err
	}
	return kernel.Errorf(kernel.Invalid, "that is no push of git")
}

func (c *commands) add(line string) error {
	line, capabilities, _ := strings.Cut(line, "\x00")
	for word := range strings.FieldsSeq(capabilities) {
		c.capabilities[word] = true
	}
	line = strings.TrimSuffix(line, "\n")
	if strings.HasPrefix(line, "shallow ") {
		return nil
	}
	f := strings.SplitN(line, " ", 3)
	if len(f) != 3 || !gitexec.IsObject(f[0]) || !gitexec.IsObject(f[1]) {
		return notGit(nil)
	}
	if len(c.refs) == maxRefs {
		return kernel.Errorf(kernel.TooLarge, "a push moves at most %d refs", maxRefs)
	}
	c.refs = append(c.refs, vcs.Push{Before: f[0], After: f[1], Ref: f[2]})
	return nil
}

// refuse answers that no ref was moved, with the reason for each, as git shows it
// to its user.
func (c *commands) refuse(w http.ResponseWriter, denied []vcs.Denied) error {
	why := map[string]string{}
	for _, d := range denied {
		why[d.Ref] = d.Why
	}
	var report bytes.Buffer
	packet(&report, "unpack ok\n")
	for _, ref := range c.refs {
		reason := why[ref.Ref]
		if reason == "" {
			reason = "another ref of the same push is refused"
		}
		packet(&report, "ng "+ref.Ref+" "+reason+"\n")
	}
	report.WriteString("0000")
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	w.WriteHeader(http.StatusOK)
	if !c.capabilities["side-band-64k"] {
		_, _ = report.WriteTo(w) // the client's end
		return nil
	}
	var band bytes.Buffer
	for report.Len() > 0 {
		packet(&band, "\x01"+string(report.Next(60<<10)))
	}
	band.WriteString("0000")
	_, _ = band.WriteTo(w) // the client's end
	return nil
}

// packet writes one line of git's protocol.
func packet(to *bytes.Buffer, line string) {
	const hex = "0123456789abcdef"
	n := len(line) + 4
	to.Write([]byte{hex[n>>12&15], hex[n>>8&15], hex[n>>4&15], hex[n&15]})
	to.WriteString(line)
}
