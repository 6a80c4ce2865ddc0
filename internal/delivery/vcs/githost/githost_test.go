package githost_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/githost"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// host is the git host on a server, with git as its client.
type host struct {
	*vcstest.Bench
	t   *testing.T
	url string
}

func newHost(t *testing.T) *host {
	t.Helper()
	b := vcstest.New(t, nil)
	r := httpserver.NewRouter(httpserver.Options{Authenticator: b.People})
	githost.New(b.Service, b.People).Mount(r)
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return &host{Bench: b, t: t, url: s.URL}
}

// create makes a repository.
func (h *host) create(n vcs.NewRepository) vcs.Repository {
	h.t.Helper()
	r, err := h.Create(vcstest.As(h.t.Context(), "developer"), vcstest.Shop(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// address is a repository's for somebody.
func (h *host) address(who, name string) string {
	u, _ := url.Parse(h.url)
	u.User = url.UserPassword(who, "terr_acme_"+who)
	return u.String() + "/git/acme/shop/" + name + ".git"
}

// git runs git as its users do, without their configuration.
func (h *host) git(dir string, args ...string) (string, error) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h *host) must(dir string, args ...string) string {
	h.t.Helper()
	out, err := h.git(dir, args...)
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// clone clones as a developer; the repository may be empty.
func (h *host) clone(name string) string {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), name)
	h.must(".", "clone", "-q", h.address("developer", name), dir)
	return dir
}

func (h *host) commit(dir, file, content string) string {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.must(dir, "add", file)
	h.must(dir, "commit", "-q", "-m", "change "+file)
	return h.must(dir, "rev-parse", "HEAD")
}

func TestGitIsTheClient(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	repo := h.create(vcs.NewRepository{Name: "orders.v2"})
	dir := h.clone(repo.Name)
	first := h.commit(dir, "a.txt", "one")
	h.must(dir, "push", "-q", "origin", "HEAD:main")
	big := make([]byte, 6<<20) // more than git sends in one piece: its body is chunked
	_, _ = rand.Read(big)
	second := h.commit(dir, "big.bin", string(big))
	h.must(dir, "push", "-q", "origin", "HEAD:main")
	h.must(dir, "tag", "v1")
	h.must(dir, "push", "-q", "origin", "v1")

	other := h.clone(repo.Name)
	if got, err := os.ReadFile(filepath.Join(other, "big.bin")); err != nil || !bytes.Equal(got, big) {
		t.Errorf("the large file is %d bytes, %v", len(got), err)
	}
	third := h.commit(other, "b.txt", "two")
	h.must(other, "push", "-q", "origin", "HEAD:main")
	h.must(dir, "pull", "-q", "origin", "main")
	if got := h.must(dir, "rev-parse", "HEAD"); got != third {
		t.Errorf("after the pull it is at %s, not %s", got, third)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	h.must(".", "clone", "-q", "--depth", "1", h.address("viewer", repo.Name), shallow)
	if got := h.must(shallow, "rev-list", "--count", "HEAD"); got != "1" {
		t.Errorf("the shallow clone has %s commits", got)
	}
	h.must(".", "clone", "-q", "--filter=blob:none", "--no-checkout", h.address("viewer", repo.Name), filepath.Join(t.TempDir(), "partial"))

	var moved []string
	for _, f := range h.Facts.Of("vcs.pushed") {
		for _, p := range f.Data.(map[string]any)["refs"].([]vcs.Push) {
			moved = append(moved, fmt.Sprintf("%s %s %s %s", p.By, p.Ref, p.Before[:8], p.After[:8]))
		}
	}
	want := []string{
		"developer refs/heads/main 00000000 " + first[:8], "developer refs/heads/main " + first[:8] + " " + second[:8],
		"developer refs/tags/v1 00000000 " + second[:8], "developer refs/heads/main " + second[:8] + " " + third[:8],
	}
	if strings.Join(moved, "\n") != strings.Join(want, "\n") {
		t.Errorf("facts\n%s\nwant\n%s", strings.Join(moved, "\n"), strings.Join(want, "\n"))
	}
	if left, err := h.Store.Pushings(t.Context(), 10); err != nil || len(left) != 0 {
		t.Errorf("pushes are under way still: %v, %v", left, err)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.create(vcs.NewRepository{Name: "open"})
	h.create(vcs.NewRepository{Name: "guarded", Protection: vcs.Protection{Push: "admin"}})
	h.create(vcs.NewRepository{Name: "kept", Protection: vcs.Protection{Push: "admin"}})
	h.create(vcs.NewRepository{Name: "sealed", Protection: vcs.Protection{Push: "nobody"}})
	h.create(vcs.NewRepository{Name: "empty", Protection: vcs.Protection{Push: "nobody", Merge: "approver"}})
	dir := h.clone("open")
	h.commit(dir, "a.txt", "one")
	h.must(dir, "push", "-q", h.address("developer", "sealed"), "HEAD:main") // there is nothing to merge into before it
	h.commit(dir, "b.txt", "two")
	u, _ := url.Parse(h.url)
	withPassword := *u
	withPassword.User = url.UserPassword("developer", vcstest.Password)
	for name, c := range map[string]struct { //nolint:paralleltest // the pushes are of one clone
		to, ref, want string
	}{
		"a developer":                     {h.address("developer", "open"), "HEAD:main", ""},
		"a password":                      {withPassword.String() + "/git/acme/shop/open.git", "HEAD:topic", ""},
		"a viewer":                        {h.address("viewer", "open"), "HEAD:main", "may not do repo.push"},
		"a wrong password":                {strings.Replace(withPassword.String(), "correct", "wrong", 1) + "/git/acme/shop/open.git", "HEAD:main", "Authentication failed"},
		"nobody":                          {h.url + "/git/acme/shop/open.git", "HEAD:main", "could not read Username"},
		"another tenant":                  {strings.Replace(h.address("developer", "open"), "terr_acme_", "terr_rival_", 1), "HEAD:main", "does not exist"},
		"no repository":                   {h.address("developer", "absent"), "HEAD:main", "there is no repository absent"},
		"a developer to a guarded branch": {h.address("developer", "guarded"), "HEAD:main", "pushing to it needs the role admin"},
		"an admin to a guarded branch":    {h.address("admin", "kept"), "HEAD:main", ""},
		"a developer beside it":           {h.address("developer", "guarded"), "HEAD:topic", ""},
		"an admin to a sealed branch":     {h.address("admin", "sealed"), "HEAD:main", "it changes by merges alone"},
		"the first commit of one":         {h.address("developer", "empty"), "HEAD:main", "its first commit needs the role approver"},
		"refs of Terrace":                 {h.address("admin", "open"), "HEAD:refs/pull/1/head", "only branches and tags are pushed"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := h.git(dir, "push", c.to, c.ref)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(out, c.want)) {
				t.Errorf("%v, want %q:\n%s", err, c.want, out)
			}
			if strings.Contains(out, "terr_") && !strings.Contains(out, "To http") {
				t.Errorf("a token is repeated:\n%s", out)
			}
		})
	}
	h.must(dir, "commit", "-q", "--amend", "-m", "another")
	if out, err := h.git(dir, "push", "--force", h.address("admin", "kept"), "HEAD:main"); err == nil || !strings.Contains(out, "non-fast-forward") {
		t.Errorf("a protected branch was rewritten: %v\n%s", err, out)
	}
	rewrite := func(who, name string) (string, error) {
		return h.git(dir, "push", "--force", h.address(who, name), "HEAD:main")
	}
	if out, err := rewrite("admin", "open"); err == nil || !strings.Contains(out, "remote: the push leaves out commits that are on main, and nobody rewrites it: an admin lets a role with terrace repo protect open --rewrite ROLE") {
		t.Errorf("a default branch was rewritten: %v\n%s", err, out)
	}
	if out, err := h.git(dir, "push", "--force", h.address("developer", "guarded"), "HEAD:topic"); err != nil {
		t.Errorf("another branch is not rewritten: %v\n%s", err, out)
	}
	if _, err := h.Protect(vcstest.As(t.Context(), "admin"), vcstest.Shop(), "open", vcs.Protection{Rewrite: "admin"}); err != nil {
		t.Fatal(err)
	}
	if out, err := rewrite("developer", "open"); err == nil || !strings.Contains(out, "rewriting it needs the role admin") {
		t.Errorf("a developer has rewritten it: %v\n%s", err, out)
	}
	if out, err := rewrite("admin", "open"); err != nil {
		t.Errorf("an admin may, and: %v\n%s", err, out)
	}
	if out, err := h.git(dir, "push", h.address("developer", "open"), ":main"); err == nil || !strings.Contains(out, "the default branch is not deleted") {
		t.Errorf("the default branch was deleted: %v\n%s", err, out)
	}
}

// TestNothingButGitIsServed walks addresses that lead elsewhere.
func TestNothingButGitIsServed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	repo := h.create(vcs.NewRepository{Name: "orders"})
	secret := filepath.Join(h.Dir, "secret")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := "/git/acme/shop/"
	for _, path := range []string{
		base + "orders.git/HEAD", base + "orders.git/config", base + "orders.git/objects/info/packs",
		base + "orders.git/info/refs", base + "orders.git/info/refs?service=git-upload-archive",
		base + "..%2f..%2fsecret.git/info/refs?service=git-upload-pack", base + "%2e%2e/secret/info/refs?service=git-upload-pack",
		base + "orders.git/../../secret", base + "../../../secret", base + repo.ID + ".git/info/refs?service=git-upload-pack",
		base + "orders/info/refs?service=git-upload-pack", base + "orders%00.git/info/refs?service=git-upload-pack",
	} {
		// As it is: a client of net/http would tidy the path.
		raw, err := h.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer terr_acme_admin\r\nConnection: close\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(raw, "HTTP/1.1 4") || strings.Contains(raw, "hunter2") {
			t.Errorf("%s: %s", path, raw[:min(200, len(raw))])
		}
	}
}

func (h *host) raw(request string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(h.t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		return "", err
	}
	out, err := io.ReadAll(conn)
	return string(out), err
}

func TestAQuotaIsKept(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.create(vcs.NewRepository{Name: "small", Quota: 1 << 20})
	dir := h.clone("small")
	h.commit(dir, "a.txt", "one")
	h.must(dir, "push", "-q", "origin", "HEAD:main")
	big := make([]byte, 3<<20)
	_, _ = rand.Read(big)
	h.commit(dir, "big.bin", string(big))
	out, err := h.git(dir, "push", "origin", "HEAD:main")
	if err == nil {
		t.Fatalf("more than the quota was pushed:\n%s", out)
	}
	if !strings.Contains(out, "[remote rejected]") || !strings.Contains(out, "left of the quota of 1 MiB") {
		t.Errorf("it is not said why:\n%s", out)
	}
	if refs, err := h.Files(mustGet(t, h, "small")).Refs(t.Context(), "refs/heads"); err != nil || len(refs) != 1 || len(h.Facts.Of("vcs.pushed")) != 1 {
		t.Errorf("refs %v, %v, facts %v", refs, err, h.Facts.Of("vcs.pushed"))
	}
}

func mustGet(t *testing.T, h *host, name string) vcs.Repository {
	t.Helper()
	r, err := h.Get(vcstest.As(t.Context(), "admin"), vcstest.Shop(), name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAHookOfTheRepositoryNeverRuns has hooks where an attacker, or somebody's
// template, might have put them.
func TestAHookOfTheRepositoryNeverRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	repo := h.create(vcs.NewRepository{Name: "orders"})
	proof := filepath.Join(t.TempDir(), "ran")
	hooks := filepath.Join(h.Files(repo).Dir, "hooks")
	if err := os.MkdirAll(hooks, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pre-receive", "update", "post-receive", "post-update", "reference-transaction"} {
		if err := os.WriteFile(filepath.Join(hooks, name), []byte("#!/bin/sh\necho ran >"+proof+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dir := h.clone("orders")
	h.commit(dir, "a.txt", "one")
	h.must(dir, "push", "-q", "origin", "HEAD:main")
	if _, err := os.Stat(proof); err == nil {
		t.Error("a hook ran")
	}
}

// TestTreesThatLeadOutAreNotTaken pushes what no client of git makes: names that lead out of a
// folder, or into that of git.
func TestTreesThatLeadOutAreNotTaken(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.create(vcs.NewRepository{Name: "orders"})
	dir := h.clone("orders")
	first := h.commit(dir, "a.txt", "one")
	h.must(dir, "push", "-q", "origin", "HEAD:main")
	blob := h.must(dir, "rev-parse", "HEAD:a.txt")
	inner := h.must(dir, "rev-parse", "HEAD^{tree}")
	for name, entry := range map[string]string{
		"a folder above": "40000 .. " + inner, "this folder": "40000 . " + inner, "a folder of git": "40000 .git " + inner, "that of git, in capitals": "40000 .GIT " + inner,
		"that of git, on some disks": "40000 git~1 " + inner, "a path": "100644 ../../x " + blob, "an absolute path": "100644 /etc/x " + blob, "nothing": "100644  " + blob,
	} {
		fields := strings.SplitN(entry, " ", 3)
		mode, rest := fields[0], strings.TrimPrefix(entry, fields[0]+" ")
		file, id := rest[:len(rest)-41], rest[len(rest)-40:]
		raw, err := hex.DecodeString(id)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(t.TempDir(), "tree")
		if err := os.WriteFile(at, append([]byte(mode+" "+file+"\x00"), raw...), 0o600); err != nil {
			t.Fatal(err)
		}
		tree := h.must(dir, "hash-object", "-w", "-t", "tree", "--literally", at)
		commit := h.must(dir, "commit-tree", tree, "-p", first, "-m", name)
		if out, err := h.git(dir, "push", "origin", commit+":refs/heads/evil"); err == nil {
			t.Errorf("%s is taken:\n%s", name, out)
		}
	}
	h.commit(dir, ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = -u./payload\n")
	if out, err := h.git(dir, "push", "origin", "HEAD:refs/heads/evil"); err == nil {
		t.Errorf("a submodule whose address is an option is taken:\n%s", out)
	}
	if refs, err := h.Files(mustGet(t, h, "orders")).Refs(t.Context(), "refs/heads/evil"); err != nil || len(refs) != 0 {
		t.Errorf("refs %v, %v", refs, err)
	}
	left, err := filepath.Glob(filepath.Join(h.Files(mustGet(t, h, "orders")).Dir, "objects", "tmp_objdir*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestAPushIsRecordedAfterACrash begins where a process died after git had moved
// the branch.
func TestAPushIsRecordedAfterACrash(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	repo := h.create(vcs.NewRepository{Name: "orders"})
	dir := h.clone("orders")
	first := h.commit(dir, "a.txt", "one")
	ctx := vcstest.As(t.Context(), "developer")
	died := kernel.Errorf(kernel.Internal, "the process died here")
	func() {
		defer func() { _ = recover() }()
		_ = h.Push(ctx, repo, []vcs.Push{{Ref: "refs/heads/main", Before: strings.Repeat("0", 40), After: first}}, func(context.Context) error {
			h.must(dir, "push", "-q", h.Files(repo).Dir, "HEAD:main") // past the service, as git does
			panic(died)
		})
	}()
	if len(h.Facts.Of("vcs.pushed")) != 0 {
		t.Fatal("the crash came too late")
	}
	h.Watch(t)
	vcstest.Eventually(t, "the push is recorded", func() bool { return len(h.Facts.Of("vcs.pushed")) == 1 })
}

func TestDeletionAndCreationAreWhole(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	repo := h.create(vcs.NewRepository{Name: "orders"})
	if _, err := h.Create(vcstest.As(t.Context(), "developer"), vcstest.Shop(), vcs.NewRepository{Name: "orders"}); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second of the name: %v", err)
	}
	for _, name := range []string{"", "..", "a/b", "A", "x.git", ".hidden", "a..b"} {
		if _, err := h.Create(vcstest.As(t.Context(), "developer"), vcstest.Shop(), vcs.NewRepository{Name: name}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := h.Delete(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "orders"); !kernel.Is(err, kernel.Denied) {
		t.Errorf("a developer deletes: %v", err)
	}
	if err := h.Delete(vcstest.As(t.Context(), "admin"), vcstest.Shop(), "orders"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(h.Files(repo).Dir); !os.IsNotExist(err) {
		t.Errorf("the files are there: %v", err)
	}
	if resp, err := http.Get(h.address("admin", "orders") + "/info/refs?service=git-upload-pack"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("%v, %v", resp, err)
	}
}
