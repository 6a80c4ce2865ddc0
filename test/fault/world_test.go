package fault_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/test/harness"
)

// stages are where the load goes; qs wants an approval.
func stages() []string { return []string{"dev", "test", "int", "qs"} }

// world is a daemon with people and a service that is built and uploaded once.
// Its releases differ in a variable.
type world struct {
	t *testing.T
	*harness.Daemon
	project string
	// admin asks for runs, approver says yes.
	admin, approver string
	// artifact is the digest of the service, and archive its content.
	artifact string
	score    string
}

// newWorld boots a daemon and deploys the first service to dev, which builds it.
func newWorld(t *testing.T, arguments ...string) *world {
	t.Helper()
	w := &world{t: t, Daemon: harness.New(t, arguments...)}
	w.people()
	w.build()
	return w
}

// people boots the daemon and makes who asks for runs and who approves them.
func (w *world) people() {
	w.t.Helper()
	w.Boot()
	in := w.SignIn()
	w.project, w.admin = in.Project, in.Token
	w.post(w.admin, "/users", map[string]string{"name": "grace", "password": "correct-horse-battery", "role": "approver"}, nil)
	var made struct{ Token string }
	w.post(w.admin, "/users/grace/tokens", map[string]string{"name": "fault"}, &made)
	w.approver = made.Token
}

// build scaffolds the golden path's service and deploys it with the client.
func (w *world) build() {
	w.t.Helper()
	ctx, folder := w.t.Context(), filepath.Join(w.Dir, "orders")
	w.client(ctx, "create", "go-service", "orders", "--into", folder, "--set", "costcenter=4711", "--set", "owner=shop")
	w.client(ctx, "deploy", filepath.Join(folder, "score.yaml"), "--stage", "dev", "-q")
	score, err := os.ReadFile(filepath.Join(folder, "score.yaml"))
	w.must(err)
	w.score = string(score)
	var list page[struct{ ID string }]
	w.must(w.get("/projects/"+w.project+"/workloads/orders/releases", &list))
	var release struct {
		Artifacts map[string]struct{ Digest string }
	}
	w.must(w.get("/projects/"+w.project+"/releases/"+list.Items[0].ID, &release))
	w.artifact = release.Artifacts["main"].Digest
}

func (w *world) client(ctx context.Context, args ...string) {
	w.t.Helper()
	if r := w.Terrace(ctx, w.Dir, args...); r.Code != 0 {
		w.t.Fatalf("terrace %s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
}

// release returns the workload's Score in its n-th variation; with delay the
// service takes that long to start.
func (w *world) release(workload string, n int, delay time.Duration) string {
	score := strings.Replace(w.score, "name: orders", "name: "+workload, 1)
	more := fmt.Sprintf("    variables:\n      FAULT: %q\n", fmt.Sprint(n))
	if delay > 0 {
		more = fmt.Sprintf("    command: [/bin/sh]\n    args: [-c, %q]\n", fmt.Sprintf("sleep %.1f; exec ./app", delay.Seconds())) + more
	}
	return strings.Replace(score, "    variables:\n", more, 1)
}

// page is a part of a list of the API.
type page[T any] struct {
	Items []T
	Next  string
}

// call asks the API and forgets the status.
func (w *world) call(token, method, path string, in, out any) error {
	_, err := w.Call(w.t.Context(), token, method, "/api/v1"+path, in, out)
	return err
}

func (w *world) get(path string, out any) error {
	return w.call(w.admin, http.MethodGet, path, nil, out)
}

func (w *world) post(token, path string, in, out any) {
	w.t.Helper()
	w.must(w.call(token, http.MethodPost, path, in, out))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// all reads every page of a list.
func all[T any](w *world, path string) []T {
	w.t.Helper()
	var items []T
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		var p page[T]
		w.must(w.get(path+separator+"limit=200&cursor="+cursor, &p))
		items = append(items, p.Items...)
		if cursor = p.Next; cursor == "" {
			return items
		}
	}
}

// run is what the checks read of a run.
type run struct {
	ID, Stack, Workload, Status, StatusReason, Operation, Dossier string
	Scope                                                         struct{ Stage string }
	Release                                                       struct {
		ID     string
		Number int
	}
	Attempt   int
	Approvals []struct{ Digest string }
	Phases    []struct {
		Name    string
		Started time.Time
		Ended   *time.Time
	}
	Failure *struct{ Phase, Message, Fix string }
}

func (r run) terminal() bool {
	switch r.Status {
	case "succeeded", "failed", "discarded", "canceled", "superseded":
		return true
	default:
		return false
	}
}

// settled reports whether the run needs nobody but a person.
func (r run) settled() bool { return r.terminal() || r.Status == "awaiting_approval" }

// moving are the runs that need nobody and have not settled: not those behind
// a run that waits for a person.
func moving(runs []run) []run {
	waits := map[string]bool{}
	for _, r := range runs {
		waits[r.Stack] = waits[r.Stack] || r.Status == "awaiting_approval"
	}
	return slices.DeleteFunc(slices.Clone(runs), func(r run) bool {
		return r.settled() || r.Status == "queued" && waits[r.Stack]
	})
}

// phaseAt names what the run was doing at an instant, "" when it did nothing.
func (r run) phaseAt(at time.Time) string {
	last := ""
	for _, p := range r.Phases {
		if p.Started.After(at) {
			break
		}
		last = p.Name
		if p.Ended != nil && !p.Ended.After(at) {
			last = "approved" // between approval and apply, unless it is the end
		}
	}
	if ended := r.Phases[len(r.Phases)-1].Ended; last == "approved" && ended != nil && !ended.After(at) {
		return ""
	}
	return last
}

func (w *world) run(id string) (r run, err error) {
	return r, w.get("/projects/"+w.project+"/runs/"+id, &r)
}

func (w *world) runs() []run {
	w.t.Helper()
	return all[run](w, "/projects/"+w.project+"/runs")
}

// await waits until the run is as wanted.
func (w *world) await(id, what string, wanted func(run) bool) run {
	w.t.Helper()
	var r run
	w.eventually(id+" "+what, func() (string, bool) {
		var err error
		r, err = w.run(id)
		return fmt.Sprintf("%s, %v", r.Status, err), err == nil && wanted(r)
	})
	return r
}

// patience is for what has to come by itself on a loaded machine.
const patience = 3 * time.Minute

func (w *world) eventually(what string, ask func() (seen string, ok bool)) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		seen, ok := ask()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s; last seen: %s", patience, what, seen)
		}
	}
}

// deploy asks for the n-th release of the workload in dev.
func (w *world) deploy(ctx context.Context, workload string, n int, delay time.Duration) (r run, err error) {
	var answer struct{ Run run }
	_, err = w.Call(ctx, w.admin, http.MethodPost, "/api/v1/projects/"+w.project+"/deployments", map[string]any{
		"score": w.release(workload, n, delay), "stage": "dev", "version": fmt.Sprint(n), "artifacts": map[string]string{"main": w.artifact},
	}, &answer)
	return answer.Run, err
}

func (w *world) promote(ctx context.Context, workload, stage string) (r run, err error) {
	var answer struct{ Run run }
	_, err = w.Call(ctx, w.admin, http.MethodPost, "/api/v1/projects/"+w.project+"/workloads/"+workload+"/promotions",
		map[string]string{"to": stage}, &answer)
	return answer.Run, err
}

// approve gives the approver's word for what the run would do.
func (w *world) approve(ctx context.Context, r run) error {
	_, err := w.Call(ctx, w.approver, http.MethodPost, "/api/v1/projects/"+w.project+"/runs/"+r.ID+"/approvals",
		map[string]string{"digest": r.Dossier, "reason": "seen"}, nil)
	return err
}

// marker is what the daemon's children carry; see the local target.
func (w *world) marker() string {
	raw, err := os.ReadFile(filepath.Join(w.Data, "local", "instance"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}
