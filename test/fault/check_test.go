package fault_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// checks remembers, between the kills, what must never change.
type checks struct {
	*world
	ledger    *ledger
	workloads []string
	evidence  evidence
	// secrets are fingerprints, messages numbers of messages, by host.
	secrets  map[string]string
	messages map[string]uint64
	// ended are the statuses of runs that have ended: they never change again.
	ended              map[string]string
	lost, stuck, twice int
}

func (c *checks) fail(count *int, format string, args ...any) {
	c.t.Helper()
	*count++
	c.t.Errorf(format, args...)
}

// everything checks what holds after each restart, once all has settled.
func (c *checks) everything(runs []run) {
	c.t.Helper()
	c.acknowledged(runs)
	c.truthful(runs)
	c.answers()
	c.once(runs)
	c.chain()
	c.plans(runs)
	c.clean()
}

// plans checks that no run keeps a plan that it does not need any more.
func (c *checks) plans(runs []run) {
	c.t.Helper()
	for _, r := range runs {
		if _, err := os.Stat(filepath.Join(c.Data, "blobs", "plans", r.ID)); err == nil && r.terminal() {
			c.t.Errorf("%s is %s and still has a plan", r.ID, r.Status)
		}
	}
}

// acknowledged checks that nothing with a 2xx answer is gone.
func (c *checks) acknowledged(runs []run) {
	c.t.Helper()
	there := map[string]run{}
	for _, r := range runs {
		there[r.ID] = r
	}
	ids, releases, artifacts, approvals := c.ledger.acknowledged()
	for _, id := range ids {
		if _, ok := there[id]; !ok {
			c.fail(&c.lost, "the acknowledged run %s is gone", id)
		}
	}
	for _, id := range releases {
		if err := c.get("/projects/"+c.project+"/releases/"+id, nil); err != nil {
			c.fail(&c.lost, "the release %s: %v", id, err)
		}
	}
	for _, digest := range artifacts {
		if err := c.call(c.admin, http.MethodHead, "/projects/"+c.project+"/artifacts/"+digest, nil, nil); err != nil {
			c.fail(&c.lost, "the artifact %s: %v", digest, err)
		}
	}
	for id, dossier := range approvals {
		r := there[id]
		if !slices.ContainsFunc(r.Approvals, func(a struct{ Digest string }) bool { return a.Digest == dossier }) {
			c.fail(&c.lost, "the approval of %s for %s is gone", id, dossier)
		}
		if r.Status == "awaiting_approval" && r.Dossier == dossier {
			c.fail(&c.lost, "%s waits for an approval that it has", id)
		}
	}
}

// truthful checks that each run tells what happened.
func (c *checks) truthful(runs []run) {
	c.t.Helper()
	for _, r := range runs {
		if before, ok := c.ended[r.ID]; ok && before != r.Status {
			c.fail(&c.lost, "%s had ended as %s and is %s now", r.ID, before, r.Status)
		}
		if !r.terminal() {
			continue
		}
		_, known := c.ended[r.ID]
		c.ended[r.ID] = r.Status
		switch {
		case r.Status != "failed" || known: // nobody is killed more often than a run may be begun
		case r.Failure == nil || r.Failure.Message == "":
			c.t.Errorf("%s failed and does not say why", r.ID)
		default:
			c.t.Errorf("%s to %s failed in %s, attempt %d, though nothing was wrong with it: %s", r.ID, r.Stack, r.Failure.Phase, r.Attempt, r.Failure.Message)
		}
	}
	c.deployed(runs)
}

// deployed checks that each stage has the release of the last run that was applied there.
func (c *checks) deployed(runs []run) {
	c.t.Helper()
	last := map[string]run{}
	for _, r := range slices.Backward(runs) { // the oldest first
		if r.Status == "succeeded" {
			last[r.Stack] = r
		}
	}
	for _, workload := range c.workloads {
		for _, st := range c.stagesOf(workload) {
			for _, r := range last {
				if r.Workload == workload && r.Scope.Stage == st.Stage && (st.Release == nil || st.Release.ID != r.Release.ID) {
					c.t.Errorf("%s of %s succeeded, but %s has %+v", r.ID, r.Release.ID, r.Stack, st.Release)
				}
			}
		}
	}
}

// stageView is what the checks read of a workload in a stage.
type stageView struct {
	Stage, Status string
	Release       *struct{ ID string }
	URLs          map[string]string
}

func (c *checks) stagesOf(workload string) []stageView {
	c.t.Helper()
	var view struct{ Stages []stageView }
	c.must(c.get("/projects/"+c.project+"/workloads/"+workload, &view))
	return view.Stages
}

// answers visits every deployment through the gateway and asks DNS for it.
func (c *checks) answers() {
	c.t.Helper()
	for _, workload := range c.workloads {
		for _, st := range c.stagesOf(workload) {
			for _, address := range st.URLs {
				u, err := url.Parse(address)
				c.must(err)
				c.answer(u.Hostname(), st)
			}
		}
	}
}

func (c *checks) answer(host string, st stageView) {
	c.t.Helper()
	c.eventually(host+" answers with "+st.Release.ID, func() (string, bool) {
		a, err := c.Visit(c.t.Context(), host, "/")
		if err != nil || a.Status != http.StatusOK {
			return fmt.Sprintf("%d %v", a.Status, err), false
		}
		return fmt.Sprintf("%+v", a), (a.Release == st.Release.ID || st.Status != "verified") && a.ReleaseHeader == a.Release && a.Cache.OK && a.Topic.OK && c.kept(host, a.Secret.Fingerprint, a.Topic.Messages)
	})
	if addresses, code, err := c.Resolve(c.t.Context(), host); err != nil || len(addresses) != 1 {
		c.t.Errorf("DNS tells %v of %s, %s, %v", addresses, host, code, err)
	}
}

// kept reports whether a host's secret is what it was and its topic kept its messages.
func (c *checks) kept(host, fingerprint string, messages uint64) bool {
	if was, ok := c.secrets[host]; ok && was != fingerprint {
		c.fail(&c.lost, "the secret of %s changed", host)
	}
	if messages <= c.messages[host] {
		c.fail(&c.lost, "the topic of %s has %d messages and had %d", host, messages, c.messages[host])
	}
	c.secrets[host], c.messages[host] = fingerprint, messages
	return true
}

// once checks that nothing was applied twice.
func (c *checks) once(runs []run) {
	c.t.Helper()
	seen := map[string]bool{}
	for _, f := range c.evidence.facts("run.applying") {
		key := fmt.Sprint(f.subject, " attempt ", f.data.Attempt, " dossier ", f.data.Dossier)
		if seen[key] {
			c.fail(&c.twice, "applied twice: %s", key)
		}
		seen[key] = true
	}
	c.states()
	c.objects(runs)
}

// states checks that each stack has one history of states.
func (c *checks) states() {
	c.t.Helper()
	type at struct {
		serial  int
		lineage string
	}
	last := map[string]at{}
	for _, row := range c.evidence.rows("SELECT stack, serial, lineage FROM state_versions ORDER BY stack, id") {
		serial, err := strconv.Atoi(row[1])
		c.must(err)
		before, ok := last[row[0]]
		if ok && (serial <= before.serial || row[2] != before.lineage) {
			c.fail(&c.twice, "the state of %s goes from %+v to %d of %s", row[0], before, serial, row[2])
		}
		last[row[0]] = at{serial, row[2]}
	}
}

// objects checks that each thing is there once, and changed as often as its
// declaration did.
func (c *checks) objects(runs []run) {
	c.t.Helper()
	broken := map[string]bool{}
	for _, r := range runs {
		broken[r.Stack] = broken[r.Stack] || r.Status == "failed"
	}
	applied := c.evidence.applied()
	stacks := map[string]string{}
	for stack := range applied {
		parts := strings.Split(stack, "/") // tenant/project/workload/stage
		stacks[parts[2]+" "+parts[3]] = stack
	}
	perKind := map[string]int{}
	for _, o := range c.evidence.objects() {
		stack := stacks[o.workload(c.workloads)+" "+o.stage]
		want := 1
		if o.kind == "services" {
			want = len(applied[stack])
		}
		perKind[o.kind]++
		if revision, _ := strconv.Atoi(o.revision); revision != want && !(broken[stack] && revision < want) {
			c.fail(&c.twice, "%s/%s in %s was changed %s times, and its declaration %d times", o.kind, o.name, o.stage, o.revision, want)
		}
	}
	for kind, n := range perKind {
		if n > len(stacks) {
			c.fail(&c.twice, "there are %d %s for %d deployments", n, kind, len(stacks))
		}
	}
	c.fabric(perKind)
}

// fabric checks that behind each object is one thing.
func (c *checks) fabric(perKind map[string]int) {
	c.t.Helper()
	for kind, table := range map[string]string{"dns-records": "dns_records", "routes": "gateway_routes", "topics": "event_topics"} {
		rows := c.evidence.rows("SELECT count(*) FROM " + table)
		if rows[0][0] != strconv.Itoa(perKind[kind]) {
			c.fail(&c.twice, "there are %s %s for %d %s", rows[0][0], table, perKind[kind], kind)
		}
	}
	for _, row := range c.evidence.rows("SELECT stage || '/' || name, count(*) FROM secrets GROUP BY 1 HAVING count(*) > 1") {
		c.fail(&c.twice, "the secret %s has %s versions", row[0], row[1])
	}
}

// chain checks that the audit log is whole.
func (c *checks) chain() {
	c.t.Helper()
	var report struct {
		Entries int
		Broken  *struct {
			Seq    int
			Reason string
		}
	}
	c.post(c.admin, "/audit/verify", nil, &report)
	if report.Broken != nil || report.Entries == 0 {
		c.fail(&c.lost, "the audit log is broken: %+v", report)
	}
}

// fresh deploys a new release to every stage of every workload: whatever is
// stuck refuses it.
func (c *checks) fresh(l *load) {
	c.t.Helper()
	c.quiet()
	for _, workload := range c.workloads {
		r, err := l.deploy(c.t.Context(), workload, int(l.releases.Add(1)), 0)
		c.must(err)
		c.succeeds(r)
		for _, stage := range stages()[1:] {
			r, err := l.promote(c.t.Context(), workload, stage)
			c.must(err)
			c.succeeds(r)
		}
	}
}

// quiet discards what waits for an approval until nothing does.
func (c *checks) quiet() {
	c.t.Helper()
	c.eventually("no run is left", func() (string, bool) {
		runs := c.runs()
		for _, r := range runs {
			if r.Status == "awaiting_approval" {
				c.post(c.admin, "/projects/"+c.project+"/runs/"+r.ID+"/discard", map[string]string{"reason": "the end of the test"}, nil)
			}
		}
		return summary(runs), !slices.ContainsFunc(runs, func(r run) bool { return !r.terminal() })
	})
}

// succeeds awaits the run's success, with an approval where it needs one.
func (c *checks) succeeds(r run) {
	c.t.Helper()
	c.ledger.run(r)
	r = c.await(r.ID, "settles", run.settled)
	if r.Status == "awaiting_approval" {
		c.must(c.approve(c.t.Context(), r))
		c.ledger.approval(r)
		r = c.await(r.ID, "ends", run.terminal)
	}
	if r.Status != "succeeded" {
		c.fail(&c.stuck, "a fresh run to %s is %s: %+v", r.Stack, r.Status, r.Failure)
	}
}

// summary counts runs by their status.
func summary(runs []run) string {
	counts := map[string]int{}
	for _, r := range runs {
		counts[r.Status]++
	}
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[status], status))
	}
	return strings.Join(parts, ", ")
}
