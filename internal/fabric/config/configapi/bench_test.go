package configapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcsapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configapi"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

const schema = `keys:
  checkout.timeout: {type: integer, minimum: 1, default: 5, owner: team-shop}
  payment.key: {type: string, sensitivity: secret}
`

// vault has the secrets of the tests.
type vault struct {
	mu     sync.Mutex
	values map[string][]string
	reads  []string
}

// origins are what values were read for.
func (v *vault) origins() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.reads)
}

func (v *vault) put(scope kernel.Scope, name, value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.values[scope.String()+name] = append(v.values[scope.String()+name], value)
}

// Resolve returns the newest value.
func (v *vault) Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (string, int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reads = append(v.reads, secretref.Origin(ctx))
	name := r.Inside()
	all := v.values[scope.String()+name]
	if len(all) == 0 {
		return "", 0, kernel.Errorf(kernel.NotFound, "there is no secret %s", name)
	}
	return all[len(all)-1], len(all), nil
}

// take takes a secret away.
func (v *vault) take(scope kernel.Scope, name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.values, scope.String()+name)
}

// Unfit tells what Resolve does not find, or what judge says.
func (v *vault) Unfit(_ context.Context, scope kernel.Scope, r secretref.Reference, judge func(string) string) (*kernel.Problem, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all, fix := v.values[scope.String()+r.Inside()], "terrace secret set "+r.Name+" --stage "+scope.Stage
	if len(all) == 0 {
		return &kernel.Problem{Message: "there is no secret " + r.Inside(), Fix: fix}, nil
	}
	if wrong := judge(all[len(all)-1]); wrong != "" {
		return &kernel.Problem{Message: "the secret " + r.Inside() + " " + wrong, Fix: fix}, nil
	}
	return nil, nil
}

type around struct{}

func (around) Names() []string                            { return []string{"dev", "test", "prod"} }
func (around) Exists(context.Context, kernel.Scope) error { return nil }

// door lets workloads do nothing, as identity does.
type door struct{ *vcstest.People }

// Authorize goes by the name.
func (d door) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	if actor, _ := kernel.ActorFrom(ctx); actor.Kind == kernel.ActorService {
		return kernel.Errorf(kernel.Denied, "%s may not do %s", actor.Name, action)
	}
	return d.People.Authorize(ctx, action, scope)
}

type deployed struct{}

func (deployed) Names(context.Context, kernel.Scope) ([]string, error) {
	return []string{"orders"}, nil
}

// At has orders in dev.
func (deployed) At(_ context.Context, scope kernel.Scope) ([]string, error) {
	if scope.Stage == "dev" {
		return []string{"orders"}, nil
	}
	return nil, nil
}

// bench is the room on a real database, with real git, behind HTTP.
type bench struct {
	*vcstest.Bench
	t       testing.TB
	configs *config.Service
	secrets *vault
	url     string
	repo    vcs.Repository
	dir     string
	ahead   atomic.Int64
}

// later has the room's clock go on by some time.
func (b *bench) later(by time.Duration) { b.ahead.Add(int64(by)) }

func (b *bench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

type bearers struct{ b *bench }

// Authenticate takes people and workloads.
func (a bearers) Authenticate(ctx context.Context, bearer string) (kernel.Actor, error) {
	if strings.HasPrefix(bearer, config.TokenPrefix) {
		return a.b.configs.Authenticate(ctx, bearer)
	}
	return a.b.People.Authenticate(ctx, bearer)
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{vcssql.Migrations(), configsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		test(t, newBench(t, d, vcs.Protection{}))
	})
}

func newBench(t testing.TB, d *db.DB, p vcs.Protection) *bench {
	t.Helper()
	b := benchOn(t, d, nil)
	var err error
	if b.repo, err = b.Create(vcstest.As(t.Context(), "developer"), vcstest.Shop(), vcs.NewRepository{Name: "conf", Protection: p}); err != nil {
		t.Fatal(err)
	}
	b.git("init", "-q", "-b", "main")
	b.start()
	return b
}

// benchOn is a bench without a repository, at which nothing is looked yet.
func benchOn(t testing.TB, d *db.DB, hosts map[vcs.Provider]vcs.Host) *bench {
	t.Helper()
	b := &bench{Bench: vcstest.On(t, d, hosts), t: t, secrets: &vault{values: map[string][]string{}}, dir: t.TempDir()}
	b.configs = config.New(config.Config{
		Store: configsql.NewStore(d), Tx: d, Authorizer: door{b.People}, Journal: b.Facts, Repositories: b.Service, Secrets: b.secrets,
		Stages: around{}, Workloads: deployed{}, Projects: around{}, Node: "a", Clock: b.now,
	})
	b.Listeners, b.Reviewers = append(b.Listeners, b.configs), append(b.Reviewers, b.configs)
	r := httpserver.NewRouter(httpserver.Options{Authenticator: bearers{b}, Middleware: []func(http.Handler) http.Handler{configapi.OFREP(nil)}})
	routes := configapi.API{Configs: b.configs}
	routes.Mount(r)
	vcsapi.NewHooks(b.Service).Mount(r)
	routes.Register(httpserver.NewAPI(r, "1.0.0"))
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	b.url = s.URL
	return b
}

// start has the rooms look at what is due until the test ends.
func (b *bench) start() {
	b.t.Helper()
	b.Watch(b.t)
	b.look()
}

// look has the room of configuration alone look at what is due until the test ends.
func (b *bench) look() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.configs.Watch(ctx) }()
	b.t.Cleanup(func() { cancel(); <-done })
}

func (b *bench) git(args ...string) string {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), "git", args...)
	cmd.Dir = b.dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// push commits files of config/shop to a branch as a developer does.
func (b *bench) push(branch string, files map[string]string) string {
	b.t.Helper()
	b.git("checkout", "-q", "-B", branch)
	for name, content := range files {
		at := filepath.Join(b.dir, "config/shop", name)
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.git("add", "-A")
	b.git("commit", "-q", "-m", "change "+branch)
	commit := b.git("rev-parse", branch)
	before, err := b.Files(b.repo).Ref(b.t.Context(), "refs/heads/"+branch)
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.Push(vcstest.As(b.t.Context(), "developer"), b.repo, []vcs.Push{{Ref: "refs/heads/" + branch, Before: before, After: commit}}, func(context.Context) error {
		b.git("push", "-q", "--force", b.Files(b.repo).Dir, branch)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return commit
}

// connected has a valid configuration that counts.
func (b *bench) connected(files map[string]string) (commit string) {
	b.t.Helper()
	all := map[string]string{"schema.yaml": schema}
	for name, content := range files {
		all[name] = content
	}
	commit = b.push("main", all)
	b.must("admin", http.MethodPut, "/source", map[string]string{"repository": "conf"}, nil)
	b.stands(config.Ready)
	return commit
}

// stands waits until the configuration stands so.
func (b *bench) stands(phase config.Phase) (n config.Source) {
	b.t.Helper()
	vcstest.Eventually(b.t, "the configuration is "+string(phase), func() bool {
		n = config.Source{}
		b.must("viewer", http.MethodGet, "/source", nil, &n)
		return n.Status.Phase == phase
	})
	return n
}

// send sends a request to an address below the server.
func (b *bench) send(bearer, method, path string, body any, header ...string) *http.Response {
	b.t.Helper()
	var content io.Reader
	if text, ok := body.(string); ok {
		content = strings.NewReader(text)
	} else if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, content)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// call is send of a person to the project's configuration; it returns the status and the body.
func (b *bench) call(who, method, path string, body any) (int, string) {
	b.t.Helper()
	res := b.send("terr_acme_"+who, method, "/api/v1/projects/shop/config"+path, body)
	return res.StatusCode, b.text(res)
}

func (b *bench) text(res *http.Response) string {
	b.t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bench) must(who, method, path string, body, into any) {
	b.t.Helper()
	status, text := b.call(who, method, path, body)
	if status >= http.StatusBadRequest {
		b.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			b.t.Fatalf("%s: %v", text, err)
		}
	}
}

// token is a workload's at a stage.
func (b *bench) token(workload, stage string) (secret, id string) {
	b.t.Helper()
	var t configapi.CreatedConfigToken
	b.must("admin", http.MethodPost, "/tokens", map[string]string{"workload": workload, "stage": stage}, &t)
	return t.Secret, t.ID
}

// stream reads server-sent events.
type stream struct {
	t    testing.TB
	scan *bufio.Scanner
	id   string
}

func (b *bench) watch(token, last string) *stream {
	b.t.Helper()
	header := []string{}
	if last != "" {
		header = []string{"Last-Event-ID", last}
	}
	res := b.send(token, http.MethodGet, "/api/v1/config/watch", nil, header...)
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("watch: %d %s", res.StatusCode, b.text(res))
	}
	return &stream{t: b.t, scan: bufio.NewScanner(res.Body)}
}

// next waits for the next configuration; ok is false at the end of the stream.
func (s *stream) next() (d config.Delivery, ok bool) {
	s.t.Helper()
	for s.scan.Scan() {
		if id, found := strings.CutPrefix(s.scan.Text(), "id: "); found {
			s.id = id
		}
		if data, found := strings.CutPrefix(s.scan.Text(), "data: "); found {
			if err := json.Unmarshal([]byte(data), &d); err != nil {
				s.t.Fatal(err)
			}
			return d, true
		}
	}
	return d, false
}
