package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
)

type object = map[string]any

// start starts a target on an empty SQLite database.
func start(t *testing.T) *localtest.Target {
	t.Helper()
	return localtest.Start(t, localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir()))
}

// app adds the test's program as a bundle and returns its digest.
func app(t *testing.T, target *localtest.Target, more ...localtest.File) string {
	t.Helper()
	files := append([]localtest.File{{Name: "app", Content: localtest.Program(t), Mode: 0o755}}, more...)
	return string(target.Artifacts.Add(localtest.Bundle(t, files...)))
}

// web declares a service with one container and one port.
func web(artifact, version string, container object) object {
	if container == nil {
		container = object{}
	}
	container["artifact"] = artifact
	return object{
		"release": "rel_" + version, "release_version": version, "start_timeout": "20s",
		"containers": object{"main": container}, "ports": object{"http": object{"port": 8080}},
	}
}

func put(t *testing.T, target *localtest.Target, kind local.Kind, name string, spec object) (local.Object, error) {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	return target.Put(context.Background(), localtest.Caller("dev", name), kind, name, raw)
}

func mustPut(t *testing.T, target *localtest.Target, kind local.Kind, name string, spec object) local.Object {
	t.Helper()
	o, err := put(t, target, kind, name, spec)
	if err != nil {
		t.Fatalf("put %s %s: %v", kind, name, err)
	}
	return o
}

func upstream(t *testing.T, target *localtest.Target, service string) string {
	t.Helper()
	addr, _, ok := target.Upstream(localtest.Scope("dev"), service, "")
	if !ok {
		t.Fatalf("service %s has no upstream", service)
	}
	return addr
}

func fetch(addr, path string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return string(b), err
}

func mustFetch(t *testing.T, addr, path string) string {
	t.Helper()
	body, err := fetch(addr, path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func environment(t *testing.T, addr string) map[string]string {
	t.Helper()
	var env map[string]string
	if err := json.Unmarshal([]byte(mustFetch(t, addr, "/")), &env); err != nil {
		t.Fatal(err)
	}
	return env
}

func TestServiceRunsItsArtifact(t *testing.T) {
	t.Parallel()
	target := start(t)
	volume := mustPut(t, target, local.Volumes, "data", object{}).Outputs["path"].(string)
	mustPut(t, target, local.SecretsKind, "token", object{"length": 24})
	secret, err := target.Secrets.Reveal(kernel.WithActor(context.Background(), kernel.System("test", "acme")), localtest.Scope("dev"), secretref.Reference{Name: "token"})
	if err != nil {
		t.Fatal(err)
	}
	spec := web(app(t, target, localtest.File{Name: "static/hello.txt", Content: []byte("hello"), Mode: 0o644}), "1.0.0", object{
		"variables": object{"SECRET": "${secret:token}", "GREETING": "a $$ b", "PORT": "1"},
		"files": object{
			"/etc/app/config": object{"content": "password=${secret:token}", "mode": "0600"},
			"bin.dat":         object{"binary_content": "AAEC"},
		},
		"volumes":   object{"/var/data": object{"source": volume}},
		"readiness": object{"http": object{"path": "/health", "port": 8080}},
	})
	o := mustPut(t, target, local.Services, "orders", spec)
	if !target.Secrets.ReadFor("services/orders") {
		t.Error("the secret is not read for the service")
	}

	addr := upstream(t, target, "orders")
	env := environment(t, addr)
	_, port, _ := net.SplitHostPort(addr)
	want := map[string]string{
		"SECRET": secret, "GREETING": "a $$ b", "PORT": port, "PORT_HTTP": port, "TERRACE_RELEASE": "rel_1.0.0",
		"TERRACE_RELEASE_VERSION": "1.0.0", "TERRACE_SERVICE": "orders", "TERRACE_STAGE": "dev", "TERRACE_PROJECT": "shop",
	}
	for name, value := range want {
		if env[name] != value {
			t.Errorf("%s is %q, want %q", name, env[name], value)
		}
	}
	if _, ok := env["SHELL"]; ok || env["TERRACE_ROOT"] == "" {
		t.Errorf("the environment is not the service's own: %v", env)
	}
	for path, content := range map[string]string{
		"static/hello.txt": "hello", "etc/app/config": "password=" + secret, "bin.dat": "\x00\x01\x02",
	} {
		if got := mustFetch(t, addr, "/file/"+path); got != content {
			t.Errorf("%s holds %q, want %q", path, got, content)
		}
	}
	info, err := os.Stat(filepath.Join(env["TERRACE_ROOT"], "etc/app/config"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info, err)
	}
	mustFetch(t, addr, "/write/var/data/note")
	if b, err := os.ReadFile(filepath.Join(volume, "note")); err != nil || string(b) != "kept" {
		t.Errorf("the volume holds %q, %v", b, err)
	}
	stable := o.Outputs["endpoints"].(map[string]any)["http"].(string)
	if stable == addr {
		t.Error("the stable address is the process's own")
	}
	if got := environment(t, stable)["PORT"]; got != port {
		t.Errorf("behind the stable address is %q, want %q", got, port)
	}
	awaitLog(t, target, "orders", "secret [secret]")
	if log := readLog(t, target, "orders"); strings.Contains(log, secret) {
		t.Errorf("the log must mask the secret:\n%s", log)
	}
}

// TestTheLogHidesWhatTerraformHides: values that came by the declaration are no references,
// and terraform says which are sensitive.
func TestTheLogHidesWhatTerraformHides(t *testing.T) {
	t.Parallel()
	target := start(t)
	spec := web(app(t, target), "1.0.0", object{"variables": object{"SECRET": `of "terraform"`}})
	spec["concealed"] = []any{`{"a":["of \"terraform\""],"b":7}`}
	mustPut(t, target, local.Services, "orders", spec)
	awaitLog(t, target, "orders", "secret [secret]")
	spec["concealed"] = []any{`{`}
	if _, err := put(t, target, local.Services, "orders", spec); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("what is no JSON is taken: %v", err)
	}
}

func readLog(t *testing.T, target *localtest.Target, service string) string {
	t.Helper()
	var out strings.Builder
	err := target.Logs(context.Background(), localtest.Scope("dev"), service, 1000, false, func(l logs.Line) error {
		out.WriteString(l.Source + " " + l.Text + "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// awaitLog waits until the log has all the texts, which arrive a moment after
// they are written.
func awaitLog(t *testing.T, target *localtest.Target, service string, texts ...string) {
	t.Helper()
	localtest.Eventually(t, func() string {
		log := readLog(t, target, service)
		for _, text := range texts {
			if !strings.Contains(log, text) {
				return text + " is not in the log:\n" + log
			}
		}
		return ""
	})
}

func TestUpdateSwitchesWithoutAGap(t *testing.T) {
	t.Parallel()
	target := start(t)
	artifact := app(t, target)
	first := mustPut(t, target, local.Services, "orders", web(artifact, "1.0.0", nil))
	stable := first.Outputs["endpoints"].(map[string]any)["http"].(string)
	pid, moved := processOf(t, target, "orders"), target.Moved()
	if names := target.ServiceNames(localtest.Scope("dev")); !slices.Equal(names, []string{"orders"}) || len(target.ServiceNames(localtest.Scope("prod"))) > 0 {
		t.Errorf("services %v answer", names)
	}

	var failures, answers atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			addr, _, ok := target.Upstream(localtest.Scope("dev"), "orders", "http")
			if _, err := fetch(addr, "/health"); err != nil || !ok {
				failures.Add(1)
			}
			answers.Add(1)
		}
	}()
	second := mustPut(t, target, local.Services, "orders", web(artifact, "2.0.0", nil))
	localtest.Eventually(t, func() string {
		if syscall.Kill(pid, 0) == nil {
			return "the old process is still there"
		}
		return ""
	})
	close(stop)
	<-stopped
	select {
	case <-moved:
	default:
		t.Error("nobody was told that the service has moved")
	}
	if failures.Load() > 0 || answers.Load() == 0 {
		t.Errorf("%d of %d calls failed during the update", failures.Load(), answers.Load())
	}
	if diff := cmp.Diff(first.Outputs, second.Outputs); diff != "" {
		t.Errorf("the outputs have changed:\n%s", diff)
	}
	if first.Revision != 1 || second.Revision != 2 {
		t.Errorf("revisions %d and %d, want 1 and 2", first.Revision, second.Revision)
	}
	if got := environment(t, stable)["TERRACE_RELEASE_VERSION"]; got != "2.0.0" {
		t.Errorf("version %q answers, want 2.0.0", got)
	}
	if _, release, _ := target.Upstream(localtest.Scope("dev"), "orders", "http"); release != "rel_2.0.0" {
		t.Errorf("release %q serves", release)
	}
	third := mustPut(t, target, local.Services, "orders", web(artifact, "2.0.0", nil))
	if third.Revision != 2 {
		t.Errorf("putting the same again makes revision %d", third.Revision)
	}
}

func service(t *testing.T, target *localtest.Target, name string) local.ServiceInfo {
	t.Helper()
	page, err := target.Services(context.Background(), localtest.Scope("dev"), kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range page.Items {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no service %s", name)
	return local.ServiceInfo{}
}

func processOf(t *testing.T, target *localtest.Target, name string) int {
	t.Helper()
	for _, c := range service(t, target, name).Containers {
		if c.PID > 0 {
			return c.PID
		}
	}
	t.Fatalf("service %s has no process", name)
	return 0
}

func TestAProcessIsOfItsService(t *testing.T) {
	t.Parallel()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	c.WorkloadAPI = func() string { return "/run/terrace/workload.sock" }
	target := localtest.Start(t, c)
	mustPut(t, target, local.Services, "orders", web(app(t, target), "1.0.0", nil))
	pid := processOf(t, target, "orders")
	if scope, name, ok := target.Workload(pid); !ok || name != "orders" || scope != localtest.Scope("dev") {
		t.Errorf("%s %s %v", scope, name, ok)
	}
	if _, name, ok := target.Workload(os.Getpid()); ok {
		t.Errorf("the test is %s", name)
	}
	if got := environment(t, upstream(t, target, "orders"))["SPIFFE_ENDPOINT_SOCKET"]; got != "unix:///run/terrace/workload.sock" {
		t.Error(got)
	}
	if err := target.Delete(context.Background(), localtest.Caller("dev", "orders"), local.Services, "orders"); err != nil {
		t.Fatal(err)
	}
	if _, name, ok := target.Workload(pid); ok {
		t.Errorf("a process that is gone is %s", name)
	}
}

func TestAServiceThatDoesNotGetReadyIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		container object
		timeout   string
		want      []string
		logged    string
	}{
		"it ends at once": {
			object{"variables": object{"EXIT": "7"}},
			"20s",
			[]string{"container main exited with status 7 (5 times)"},
			"cannot go on",
		},
		"its probe fails": {
			object{"variables": object{"SICK": "yes"}, "readiness": object{"http": object{"path": "/health"}}},
			"10s",
			[]string{"within 10s", "/health answered 503"},
			"app 2.0.0 starts",
		},
		"it ignores its port": {
			object{"variables": object{"LISTEN": "0"}},
			"10s",
			[]string{"nothing listens on port http", "$PORT"},
			"app 2.0.0 starts",
		},
		"its command fails": {
			object{"readiness": object{"exec": []string{"sh", "-c", "echo not yet; exit 4"}}},
			"10s",
			[]string{"exited with status 4: not yet"},
			"app 2.0.0 starts",
		},
		"there is no such program": {
			object{"command": []string{"./missing"}}, "20s", []string{"container main: its artifact has no ./missing"}, "",
		},
		"a secret is missing": {
			object{"variables": object{"X": "${secret:nope}"}}, "20s", []string{`variable X refers to the secret "nope"`}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := start(t)
			artifact := app(t, target)
			mustPut(t, target, local.Services, "orders", web(artifact, "1.0.0", nil))
			spec := web(artifact, "2.0.0", test.container)
			spec["start_timeout"] = test.timeout
			_, err := put(t, target, local.Services, "orders", spec)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range append(test.want, test.logged) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%s", want, err)
				}
			}
			if got := environment(t, upstream(t, target, "orders"))["TERRACE_RELEASE_VERSION"]; got != "1.0.0" {
				t.Errorf("version %q answers, want the one before", got)
			}
			kept, err := target.Get(context.Background(), localtest.Caller("dev", "orders"), local.Services, "orders")
			if err != nil || kept.Revision != 1 {
				t.Errorf("recorded is revision %d, %v", kept.Revision, err)
			}
		})
	}
}

func TestACrashedProcessIsStartedAgain(t *testing.T) {
	t.Parallel()
	target := start(t)
	mustPut(t, target, local.Services, "orders", web(app(t, target), "1.0.0", object{
		"liveness": object{"http": object{"path": "/health"}},
	}))
	pid := processOf(t, target, "orders")
	for _, path := range []string{"/crash", "/sicken"} {
		_, _ = fetch(upstream(t, target, "orders"), path)
		localtest.Eventually(t, func() string {
			s := service(t, target, "orders")
			if s.Status != "ready" || s.Containers[0].PID == pid {
				return fmt.Sprintf("after %s it is %+v", path, s)
			}
			return ""
		})
		pid = processOf(t, target, "orders")
		mustFetch(t, upstream(t, target, "orders"), "/health")
	}
	if s := service(t, target, "orders"); s.Containers[0].Exits != 2 {
		t.Errorf("exits: %+v", s.Containers)
	}
	awaitLog(t, target, "orders", "exited with status 3; it is started again")
}

// TestOneProbeTakesNobodyAway who could not be replaced meanwhile.
func TestOneProbeTakesNobodyAway(t *testing.T) {
	t.Parallel()
	target := start(t)
	mustPut(t, target, local.Services, "orders", web(app(t, target), "1.0.0", object{"readiness": object{"http": object{"path": "/health"}}}))
	addr, moved := upstream(t, target, "orders"), target.Moved()
	mustFetch(t, addr, "/hiccup")
	awaitLog(t, target, "orders", "container main is not ready")
	localtest.Eventually(t, func() string {
		if s := service(t, target, "orders"); s.Status != "ready" || s.Containers[0].Phase != "ready" {
			return fmt.Sprintf("it is %+v", s)
		}
		return ""
	})
	select {
	case <-moved:
		t.Error("for one probe nobody was asked")
	default:
	}
	mustFetch(t, addr, "/sicken")
	localtest.Eventually(t, func() string {
		if _, _, ok := target.Upstream(localtest.Scope("dev"), "orders", ""); ok {
			return "it is asked though it is not ready"
		}
		return ""
	})
}

func TestContainersStartInOrder(t *testing.T) {
	t.Parallel()
	target := start(t)
	artifact := app(t, target)
	spec := web(artifact, "1.0.0", nil)
	spec["containers"] = object{
		"main":    object{"artifact": artifact, "before": object{"sidecar": "healthy"}},
		"migrate": object{"artifact": artifact, "command": []string{"sh", "-c", "echo migrated"}, "before": object{"main": "complete"}},
		"sidecar": object{"artifact": artifact, "command": []string{
			"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && echo the port is open; exec sleep 1000",
		}},
	}
	mustPut(t, target, local.Services, "orders", spec)
	awaitLog(t, target, "orders", "migrate migrated", "main app 1.0.0", "sidecar the port is open")
	if log := readLog(t, target, "orders"); strings.Index(log, "migrate migrated") > strings.Index(log, "main app 1.0.0") {
		t.Errorf("the service has not waited for its migration:\n%s", log)
	}
	if s := service(t, target, "orders"); s.Status != "ready" || s.Containers[1].Phase != "complete" {
		t.Errorf("the service is %+v", s)
	}
}

func TestAFixedPort(t *testing.T) {
	t.Parallel()
	target := start(t)
	artifact := app(t, target)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	declare := func(version string, container object) object {
		spec := web(artifact, version, container)
		spec["ports"] = object{"http": object{"port": 80, "target_port": port, "fixed": true}}
		return spec
	}
	_, err = put(t, target, local.Services, "orders", declare("1.0.0", nil))
	self := fmt.Sprintf("(process %d)", os.Getpid())
	if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "port "+strconv.Itoa(port)) || !strings.Contains(err.Error(), self) {
		t.Fatalf("a taken port: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	mustPut(t, target, local.Services, "orders", declare("1.0.0", nil))
	mustPut(t, target, local.Services, "orders", declare("2.0.0", nil))
	addr := "127.0.0.1:" + strconv.Itoa(port)
	if got := environment(t, addr)["TERRACE_RELEASE_VERSION"]; got != "2.0.0" {
		t.Errorf("version %q answers", got)
	}
	if _, err := put(t, target, local.Services, "orders", declare("3.0.0", object{"variables": object{"EXIT": "1"}})); err == nil {
		t.Error("a version that ends was accepted")
	}
	localtest.Eventually(t, func() string {
		if s := service(t, target, "orders"); s.Status != "ready" || s.ReleaseVersion != "2.0.0" {
			return fmt.Sprintf("the version before does not serve again: %+v", s)
		}
		return ""
	})
	if got := environment(t, addr)["TERRACE_RELEASE_VERSION"]; got != "2.0.0" {
		t.Errorf("version %q answers after the failure", got)
	}
}

func TestDeletionEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	target := start(t)
	mustPut(t, target, local.Services, "orders", web(app(t, target), "1.0.0", object{"variables": object{"CHILD": "yes"}}))
	root := environment(t, upstream(t, target, "orders"))["TERRACE_ROOT"]
	awaitLog(t, target, "orders", "main child ")
	var child int
	for line := range strings.Lines(readLog(t, target, "orders")) {
		if _, err := fmt.Sscanf(line, "main child %d", &child); err == nil {
			break
		}
	}
	if child == 0 || syscall.Kill(child, 0) != nil {
		t.Fatalf("there is no child %d", child)
	}
	if err := target.Delete(context.Background(), localtest.Caller("dev", "orders"), local.Services, "orders"); err != nil {
		t.Fatal(err)
	}
	localtest.Eventually(t, func() string {
		if isAlive(child) {
			return "the child is still there"
		}
		return ""
	})
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if _, _, ok := target.Upstream(localtest.Scope("dev"), "orders", ""); ok {
		t.Error("it still has an upstream")
	}
}

// isAlive reports whether a process runs; one that waits to be reaped does not.
func isAlive(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestEverythingComesBack(t *testing.T) {
	t.Parallel()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	first := localtest.Start(t, c)
	spec := web(app(t, first), "1.0.0", nil)
	before := mustPut(t, first, local.Services, "orders", spec)
	pid := processOf(t, first, "orders")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if isAlive(pid) {
		t.Fatal("after Close the process is still there")
	}
	second := localtest.Start(t, c)
	localtest.Eventually(t, func() string {
		if _, release, ok := second.Upstream(localtest.Scope("dev"), "orders", "http"); !ok || release != "rel_1.0.0" {
			return "the service does not come back"
		}
		return ""
	})
	after, err := second.Get(context.Background(), localtest.Caller("dev", "orders"), local.Services, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.Outputs, after.Outputs); diff != "" {
		t.Errorf("the outputs have changed:\n%s", diff)
	}
	if again := mustPut(t, second, local.Services, "orders", spec); again.Revision != 1 {
		t.Errorf("revision %d", again.Revision)
	}
}

func TestWhatCannotComeBackIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := localtest.Config(dbtest.SQLite(t, localsql.Migrations()), t.TempDir())
	first := localtest.Start(t, c)
	artifact := app(t, first)
	mustPut(t, first, local.Services, "orders", web(artifact, "1.0.0", nil))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(c.Dir, "artifacts")); err != nil {
		t.Fatal(err)
	}
	first.Artifacts.Replace(kernel.Digest(artifact), nil)
	second := localtest.Start(t, c)
	caller := localtest.Caller("dev", "orders")
	if _, err := second.Get(context.Background(), caller, local.Services, "orders"); err != nil {
		t.Errorf("while it cannot come back it is still recorded, not %v", err)
	}
	if s := service(t, second, "orders"); s.Status != "starting" {
		t.Errorf("its status is %q", s.Status)
	}
	app(t, second)
	localtest.Eventually(t, func() string {
		if _, _, ok := second.Upstream(localtest.Scope("dev"), "orders", ""); !ok {
			return "it does not come back"
		}
		return ""
	})
}
