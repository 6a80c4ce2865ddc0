package fault_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
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
		if kept, err := filepath.Glob(filepath.Join(c.Data, "blobs", "plans", r.ID+"*")); (err != nil || len(kept) > 0) && r.terminal() {
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
		case r.Workload == scratch && r.Failure != nil && r.Failure.Message != "": // its runs meet what canceled ones left
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
