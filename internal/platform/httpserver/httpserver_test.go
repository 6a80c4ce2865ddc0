package httpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type tokens map[string]kernel.Actor

func (t tokens) Authenticate(_ context.Context, bearer string) (kernel.Actor, error) {
	if a, ok := t[bearer]; ok {
		return a, nil
	}
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not valid")
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func ada() kernel.Actor {
	return kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"}
}

type fixture struct {
	router *chi.Mux
	api    huma.API
	log    *lockedBuffer
}

func newFixture() fixture {
	log := &lockedBuffer{}
	router := httpserver.NewRouter(httpserver.Options{
		Logger:        slog.New(slog.NewJSONHandler(log, nil)),
		Authenticator: tokens{"good": ada()},
	})
	return fixture{router: router, api: httpserver.NewAPI(router, "1.2.3"), log: log}
}

func (f fixture) do(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.router.ServeHTTP(w, r)
	res := w.Result()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res, string(out)
}

func problem(t *testing.T, res *http.Response, body string) httpserver.ProblemDetails {
	t.Helper()
	var p httpserver.ProblemDetails
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	if p.Status != res.StatusCode || p.Type == "" || p.Title == "" || p.RequestID != res.Header.Get("X-Request-Id") {
		t.Errorf("problem %+v, status %d, id %q", p, res.StatusCode, res.Header.Get("X-Request-Id"))
	}
	return p
}

func operation(id, method, path string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: id, Tags: []string{"test"}}
}

// TestTheCauseIsTheLogsAlone has an error that does not say what it comes from.
func TestTheCauseIsTheLogsAlone(t *testing.T) {
	t.Parallel()
	f := newFixture()
	away := kernel.Errorf(kernel.Unavailable, "the database does not answer")
	away.Err = errors.New("dial 10.0.0.7: refused")
	httpserver.Register(f.api, operation("away", http.MethodGet, "/away"), func(context.Context, *struct{}) (*struct{}, error) { return nil, away })
	res, body := f.do(t, http.MethodGet, "/api/v1/away", "")
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "10.0.0.7") || !strings.Contains(body, "the database does not answer") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if log := f.log.String(); !strings.Contains(log, `"cause":"dial 10.0.0.7: refused"`) {
		t.Errorf("the log does not have it: %s", log)
	}
}

func TestKindsBecomeStatuses(t *testing.T) {
	t.Parallel()
	for kind, status := range map[kernel.Kind]int{
		kernel.Invalid: 422, kernel.Unauthenticated: 401, kernel.Denied: 403, kernel.NotFound: 404,
		kernel.Conflict: 409, kernel.Locked: 423, kernel.Stale: 409, kernel.Refused: 409,
		kernel.Limited: 429, kernel.TooLarge: 413, kernel.Unavailable: 503,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			err := fmt.Errorf("plan: %w", kernel.Errorf(kind, "no way: %w", errors.New("the cause")).WithFix("turn around").
				WithProblems(kernel.Problem{File: "score.yaml", Line: 3, Column: 5, Message: "odd"}))
			httpserver.Register(f.api, operation("fail", http.MethodGet, "/fail"), func(context.Context, *struct{}) (*struct{}, error) { return nil, err })
			f.router.Get("/bare", func(w http.ResponseWriter, r *http.Request) { httpserver.WriteError(w, r, err) })
			for _, path := range []string{"/api/v1/fail", "/bare"} {
				res, body := f.do(t, http.MethodGet, path, "")
				if (status == 503 || status == 423) != (res.Header.Get("Retry-After") != "") || (status == 401) != (res.Header.Get("WWW-Authenticate") != "") {
					t.Errorf("%s: headers %v", path, res.Header)
				}
				p := problem(t, res, body)
				if p.Status != status || p.Kind != kind || p.Fix != "turn around" || len(p.Problems) != 1 || p.Problems[0].Line != 3 {
					t.Errorf("%s: %+v", path, p)
				}
			}
		})
	}
}

func TestInternalErrorsShowNoInternals(t *testing.T) {
	t.Parallel()
	f := newFixture()
	httpserver.Register(f.api, operation("plain", http.MethodGet, "/plain"), func(context.Context, *struct{}) (*struct{}, error) {
		return nil, errors.New("password=hunter2 at 10.0.0.3")
	})
	httpserver.Register(f.api, operation("kernel", http.MethodGet, "/kernel"), func(context.Context, *struct{}) (*struct{}, error) {
		return nil, kernel.Errorf(kernel.Internal, "hunter2: %w", errors.New("cause"))
	})
	f.router.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("hunter2") })
	for _, path := range []string{"/api/v1/plain", "/api/v1/kernel", "/panic"} {
		res, body := f.do(t, http.MethodGet, path, "")
		if p := problem(t, res, body); p.Status != 500 || strings.Contains(body, "hunter2") || p.Fix == "" {
			t.Errorf("%s: %s", path, body)
		}
		id := res.Header.Get("X-Request-Id")
		if log := f.log.String(); !strings.Contains(log, id) || !strings.Contains(log, "hunter2") {
			t.Errorf("%s: the log lacks the cause of %s: %s", path, id, log)
		}
	}
}

type createInput struct {
	Project string `path:"project" maxLength:"10"`
	httpserver.PageParams
	Body struct {
		Name     string `json:"name" minLength:"3"`
		Password string `json:"password,omitempty" minLength:"8"`
	}
}

func TestHumaErrorsAreProblems(t *testing.T) {
	t.Parallel()
	f := newFixture()
	httpserver.Register(f.api, operation("create", http.MethodPost, "/projects/{project}/things"),
		func(context.Context, *createInput) (*struct{}, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	cases := map[string]struct {
		path, body string
		status     int
		at         string
	}{
		"a field breaks a rule":  {"/api/v1/projects/p/things", `{"name":"ab"}`, 422, "body.name"},
		"an unknown field":       {"/api/v1/projects/p/things", `{"name":"abc","nam":1}`, 422, "body.nam"},
		"a parameter too long":   {"/api/v1/projects/aaaaaaaaaaaaa/things", `{"name":"abc"}`, 422, "path.project"},
		"a limit out of bounds":  {"/api/v1/projects/p/things?limit=5000", `{"name":"abc"}`, 422, "query.limit"},
		"not json":               {"/api/v1/projects/p/things", `{`, 400, "body"},
		"nothing":                {"/api/v1/projects/p/things", ``, 400, ""},
		"over the default bound": {"/api/v1/projects/p/things", `{"name":"` + strings.Repeat("a", 2<<20) + `"}`, 413, ""},
		"nothing there":          {"/api/v1/nowhere", ``, 404, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, body := f.do(t, http.MethodPost, c.path, c.body)
			p := problem(t, res, body)
			if p.Status != c.status {
				t.Fatalf("status %d: %s", p.Status, body)
			}
			if c.at != "" && (len(p.Problems) == 0 || p.Problems[0].Path != c.at || p.Problems[0].Message == "") {
				t.Errorf("problems %+v, want one at %s", p.Problems, c.at)
			}
		})
	}
	res, body := f.do(t, http.MethodPost, "/api/v1/projects/p/things", `{"name":"abc","password":"tiny"}`)
	if problem(t, res, body); strings.Contains(body, "tiny") {
		t.Errorf("the problem repeats a password: %s", body)
	}
}

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	f := newFixture()
	whoami := func(ctx context.Context, _ *struct{}) (*struct{ Body kernel.Actor }, error) {
		a, _ := kernel.ActorFrom(ctx)
		return &struct{ Body kernel.Actor }{a}, nil
	}
	httpserver.Register(f.api, operation("me", http.MethodGet, "/me"), whoami)
	open := operation("open", http.MethodGet, "/open")
	open.Security = httpserver.Public
	httpserver.Register(f.api, open, whoami)
	cases := map[string]struct {
		path, authorization string
		status              int
		has                 string
	}{
		"a good token":                       {"/api/v1/me", "Bearer good", 200, `"usr_1"`},
		"the scheme in another case":         {"/api/v1/me", "bearer good", 200, `"usr_1"`},
		"no token":                           {"/api/v1/me", "", 401, "/api/v1/sessions"},
		"a bad token":                        {"/api/v1/me", "Bearer bad", 401, "not valid"},
		"basic is for handlers":              {"/api/v1/me", "Basic Zm9vOmJhcg==", 401, ""},
		"public without a token":             {"/api/v1/open", "", 200, ""},
		"public does not forgive a bad one":  {"/api/v1/open", "Bearer bad", 401, ""},
		"public knows who signs in, however": {"/api/v1/open", "Bearer good", 200, `"usr_1"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, body := f.do(t, http.MethodGet, c.path, "", "Authorization", c.authorization)
			if res.StatusCode != c.status || !strings.Contains(body, c.has) {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if c.status == 401 && res.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate (RFC 9110 §11.6.1)")
			}
		})
	}
}

func TestRequestIDsAndHeaders(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.router.Get("/x", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, kernel.RequestIDFrom(r.Context()))
	})
	if res, body := f.do(t, http.MethodGet, "/x?token=hunter2", "", "X-Request-Id", "trace-12345678"); body != "trace-12345678" || res.Header.Get("X-Request-Id") != body {
		t.Errorf("a sane id was not kept: %q", body)
	}
	res, body := f.do(t, http.MethodGet, "/x", "", "X-Request-Id", "bad id\twith spaces")
	if !strings.HasPrefix(body, "req_") {
		t.Errorf("an odd id was kept: %q", body)
	}
	if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("headers %v", res.Header)
	}
	if log := f.log.String(); strings.Contains(log, "hunter2") || !strings.Contains(log, `"actor":"usr_1"`) {
		t.Errorf("log %s", log)
	}
}

type uploadInput struct {
	httpserver.Upload
}

type sizeOutput struct {
	Body struct {
		Size int64 `json:"size"`
	}
}

func TestUploadsAreStreamedAndBounded(t *testing.T) {
	t.Parallel()
	f := newFixture()
	op := httpserver.UploadOperation(operation("upload", http.MethodPost, "/upload"), "application/gzip", 3<<20)
	httpserver.Register(f.api, op, func(_ context.Context, in *uploadInput) (*sizeOutput, error) {
		out := &sizeOutput{}
		var err error
		out.Body.Size, err = io.Copy(io.Discard, in.Reader())
		return out, err
	})
	f.router.Post("/bare", func(w http.ResponseWriter, r *http.Request) {
		httpserver.AllowBody(r, 10)
		if _, err := io.ReadAll(r.Body); err != nil {
			httpserver.WriteError(w, r, err)
		}
	})
	if res, body := f.do(t, http.MethodPost, "/api/v1/upload", strings.Repeat("a", 3<<20)); res.StatusCode != 200 || !strings.Contains(body, "3145728") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	for path, n := range map[string]int{"/api/v1/upload": 3<<20 + 1, "/bare": 11} {
		res, body := f.do(t, http.MethodPost, path, strings.Repeat("a", n))
		if p := problem(t, res, body); p.Status != 413 {
			t.Errorf("%s: %s", path, body)
		}
	}
	if res, _ := f.do(t, http.MethodPost, "/bare", "0123456789"); res.StatusCode != 200 {
		t.Errorf("a body of exactly the limit: %d", res.StatusCode)
	}
}

func TestStreamsArriveLineByLineAndEndOnShutdown(t *testing.T) {
	t.Parallel()
	f := newFixture()
	more := make(chan int)
	ended := make(chan struct{})
	httpserver.Register(f.api, operation("stream", http.MethodGet, "/stream"), func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		return httpserver.NDJSON(ctx, func(send func(any) error) error {
			defer close(ended)
			for {
				select {
				case n := <-more:
					if err := send(map[string]int{"n": n}); err != nil {
						return err
					}
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}), nil
	})
	srv, err := httpserver.Listen(t.Context(), "127.0.0.1:0", f.router, nil)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+srv.Addr()+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer good")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if ct := res.Header.Get("Content-Type"); ct != "application/x-ndjson" {
		t.Fatalf("content type %q", ct)
	}
	lines := bufio.NewScanner(res.Body)
	for n := range 3 {
		more <- n // the producer waits for us, so the line before must have arrived by itself
		if !lines.Scan() || lines.Text() != fmt.Sprintf(`{"n":%d}`, n) {
			t.Fatalf("line %d: %q", n, lines.Text())
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	<-ended
	if _, err := httpserver.Listen(t.Context(), "256.0.0.1:0", f.router, nil); err == nil {
		t.Error("listening on nonsense succeeded")
	}
}

func TestAStreamEndsWithItsProblem(t *testing.T) {
	t.Parallel()
	f := newFixture()
	httpserver.Register(f.api, operation("stream", http.MethodGet, "/stream"), func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		return httpserver.NDJSON(ctx, func(send func(any) error) error {
			if err := send(1); err != nil {
				return err
			}
			return kernel.Errorf(kernel.Stale, "gone")
		}), nil
	})
	_, body := f.do(t, http.MethodGet, "/api/v1/stream", "")
	if lines := strings.Split(strings.TrimSpace(body), "\n"); len(lines) != 2 || !strings.Contains(lines[1], `"kind":"stale"`) {
		t.Errorf("%q", body)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	f := newFixture()
	httpserver.Register(f.api, operation("create", http.MethodPost, "/projects/{project}/things"),
		func(context.Context, *createInput) (*struct{}, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	for path, has := range map[string][]string{
		"/api/openapi.json": {`"openapi":"3.1.0"`, `"/api/v1/projects/{project}/things"`, "application/problem+json", `"requestId"`, `"bearer"`},
		"/api/openapi.yaml": {"openapi: 3.1.0"},
		"/api/docs":         {"Terrace API 1.2.3", "/api/v1/projects/{project}/things"},
	} {
		res, body := f.do(t, http.MethodGet, path, "", "Authorization", "")
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		for _, want := range has {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s: %s", path, want, body)
			}
		}
	}
}

// TestDocumentsAreForManyAtOnce has clients ask for each form together, the first time.
func TestDocumentsAreForManyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture()
	httpserver.Register(f.api, operation("create", http.MethodPost, "/projects/{project}/things"),
		func(context.Context, *createInput) (*struct{}, error) { return nil, nil }) //nolint:nilnil // huma's empty answer
	for path, is := range map[string]struct{ contentType, has string }{
		"/api/openapi.json":     {"application/openapi+json", `"openapi":"3.1.0"`},
		"/api/openapi-3.0.json": {"application/openapi+json", `"openapi":"3.0.3"`},
		"/api/openapi.yaml":     {"application/openapi+yaml", "openapi: 3.1.0"},
		"/api/openapi-3.0.yaml": {"application/openapi+yaml", "openapi: 3.0.3"},
	} {
		var together sync.WaitGroup
		for range 8 {
			together.Go(func() {
				res, body := f.do(t, http.MethodGet, path, "")
				if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != is.contentType ||
					!strings.Contains(body, is.has) || !strings.Contains(body, "/api/v1/projects/{project}/things") {
					t.Errorf("%s: %d of %s: %.80s", path, res.StatusCode, res.Header.Get("Content-Type"), body)
				}
			})
		}
		together.Wait()
	}
}

// TestAFullDiskIsNoDefect has a room fail as it does when its folder is full.
func TestAFullDiskIsNoDefect(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"plain":    fmt.Errorf("write spool: %w", syscall.ENOSPC),
		"internal": kernel.Errorf(kernel.Internal, "write spool: %w", syscall.EDQUOT),
	} {
		p := httpserver.ProblemOf(t.Context(), err)
		if p.Status != http.StatusServiceUnavailable || p.Kind != kernel.Unavailable || p.Fix == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
