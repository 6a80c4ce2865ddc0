package canary_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/test/harness"
)

// score is a workload that gets secrets by its environment and a file, and prints them as
// they are, as base64 and as hex, as programs that are debugged do.
const score = `apiVersion: score.dev/v1b1
metadata:
  name: probe
  outputs:
    key: {value: "${resources.locker.password}", sensitive: true}
containers:
  main:
    image: .
    command: [/bin/sh]
    args:
      - -c
      - 'for v in CANARY_KEY CANARY_MADE CANARY_TERRAFORM CANARY_CONFIG; do printenv $v; printenv $v | base64 -w0; echo; printenv $v | od -An -v -tx1 -w200 | tr -d " "; done; ENDS'
    variables:
      CANARY_KEY: "${secret:db/credentials#password}"
      CANARY_MADE: "${resources.made.value}"
      CANARY_TERRAFORM: "${resources.locker.password}"
      CANARY_CONFIG: "${resources.settings.token}"
    files:
      /settings.conf: {content: "key=${secret:db/credentials#password}"}
    readinessProbe:
      exec: {command: [/bin/sh, -c, 'echo "no, $CANARY_KEY" >&2; test -e "$TERRACE_ROOT/ready"']}
resources:
  made: {type: secret}
  locker: {type: locker, params: {fails: "FAILS"}}
  changes: {type: topic}
  settings: {type: config}
`

// billing takes what the other workload publishes.
const billing = `apiVersion: score.dev/v1b1
metadata: {name: billing}
containers:
  main:
    image: .
    command: [/bin/sh]
    args: [-c, 'echo "taken: $CANARY_TAKEN"; exec sleep 3600']
    variables: {CANARY_TAKEN: "${resources.probe.key}"}
resources:
  probe: {type: workload}
`

// write lays the workload out as it fails or ends.
func (w *world) write(fails, ends string) (file string) {
	w.t.Helper()
	folder := filepath.Join(w.Dir, "probe")
	w.must(os.MkdirAll(folder, 0o755))
	file = filepath.Join(folder, "score.yaml")
	w.must(os.WriteFile(file, []byte(strings.NewReplacer("FAILS", fails, "ENDS", ends).Replace(score)), 0o600))
	return file
}

const serves = `touch "$TERRACE_ROOT/ready"; exec sleep 3600`

// deploys brings the workload to its stage, and has another one take from it.
func (w *world) deploys() {
	w.t.Helper()
	if said := w.hear("deploy", w.write("no", serves), "--stage", "dev"); len(w.failed) > 0 {
		w.t.Fatalf("the workload is not deployed: %s; these commands failed: %q", said, w.failed)
	}
	var made struct {
		Data struct{ Data map[string]string }
	}
	var list []struct{ Name string }
	w.reads(&list, "secret", "list", "--stage", "dev")
	for _, secret := range list {
		if strings.Contains(secret.Name, "made") {
			w.calls(w.in.Token, http.MethodGet, "/v1/secret/data/"+w.in.Project+"/dev/"+secret.Name, nil, &made)
		}
	}
	w.canaries["a secret that a module made"] = made.Data.Data["value"]
	for _, variable := range w.variablesOf("CANARY_CONFIG") {
		w.canaries["the workload's token of the configuration"] = variable
	}
	for _, name := range []string{"a secret that a module made", "the workload's token of the configuration"} {
		if len(w.canaries[name]) < 16 {
			w.t.Fatalf("%s is not known: %q", name, w.canaries[name])
		}
	}
	for variable, name := range map[string]string{"CANARY_KEY": "a stored secret", "CANARY_MADE": "a secret that a module made", "CANARY_TERRAFORM": "a value of terraform"} {
		if got := w.variablesOf(variable); !slices.Contains(got, w.canaries[name]) {
			w.t.Errorf("the workload has not %s, but %q", name, got)
		}
	}
	w.hear("subscription", "create", "stream", "--topic", "probe-changes", "--topic-stage", "dev")
	folder := filepath.Join(w.Dir, "billing")
	w.must(os.MkdirAll(folder, 0o755))
	w.must(os.WriteFile(filepath.Join(folder, "score.yaml"), []byte(billing), 0o600))
	w.hear("deploy", filepath.Join(folder, "score.yaml"), "--stage", "dev")
	w.hear("drift", "check", "probe", "--stage", "dev")
	w.hear("verify", "probe", "--stage", "dev")
}

// breaks has runs that fail in every way with a value in their words.
func (w *world) breaks() {
	w.t.Helper()
	w.fails("deploy", w.write("yes", serves), "--stage", "dev")
	w.whenever(panics, w.backwards(), func() { w.fails("deploy", w.write("no", serves+" 1"), "--stage", "dev") })
	w.fails("deploy", w.write("no", `echo "failed with $CANARY_KEY and $CANARY_TERRAFORM" >&2; exit 3`), "--stage", "dev")
}

// dies kills the daemon while an apply is under way, and starts it again.
func (w *world) dies() {
	w.t.Helper()
	w.whenever(holds, "", func() {
		w.hear("deploy", w.write("no", serves+" 2"), "--stage", "dev", "--no-wait", "-q")
		w.held()
		w.lookInProcesses()
		if len(w.plans()) == 0 {
			w.t.Error("the apply that is under way has no plan")
		}
		w.Kill()
		w.crashed = true
		w.unplanned()
		w.lookInFiles()
	})
	w.Boot()
	w.crashed = false
	w.settles()
}

// unplanned waits until the plans of isolated runs are gone, which a small process removes
// that outlives the daemon.
func (w *world) unplanned() {
	w.t.Helper()
	if strings.Contains(w.WholeLog(), "runs are not isolated") {
		return
	}
	harness.Eventually(w.t, "no plan is left behind", func() (string, bool) {
		plans := w.plans()
		return strings.Join(plans, " "), len(plans) == 0
	})
}

func (w *world) plans() []string {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.Data, "runs", "*", "terrace.tfplan"))
	w.must(err)
	return found
}

// settles waits until every run has ended.
func (w *world) settles() {
	w.t.Helper()
	harness.Eventually(w.t, "every run has ended", func() (string, bool) {
		var list struct{ Items []struct{ ID, Status string } }
		if _, err := w.Call(w.t.Context(), w.in.Token, http.MethodGet, "/api/v1/projects/"+w.in.Project+"/runs", nil, &list); err != nil {
			return err.Error(), false
		}
		for _, run := range list.Items {
			switch run.Status {
			case "queued", "planning", "applying", "running", "pending", "waiting", "verifying":
				return run.Status, false
			}
		}
		return "", len(list.Items) > 0
	})
}

// listen keeps what the daemon answers to those who look into it.
func (w *world) listen() {
	w.t.Helper()
	var runs []struct{ ID string }
	w.must(json.Unmarshal([]byte(w.hear("run", "list", "-o", "json")), &runs))
	for _, run := range runs {
		w.hear("run", "logs", run.ID)
		w.hear("run", "show", run.ID, "-o", "json")
		w.hear("run", "show", run.ID)
		w.hear("explain", run.ID, "-o", "json")
		for _, path := range []string{"/dossier", "/dossier/content", "/root"} {
			w.gets("/api/v1/projects/" + w.in.Project + "/runs/" + run.ID + path)
		}
	}
	for _, words := range []string{
		"audit list -o json", "service logs probe --stage dev", "service logs billing --stage dev", "secret list --stage dev -o json", "secret history db/credentials --stage dev",
		"secret diff db/credentials --stage dev --from 1", "token list -o json", "state list probe --stage dev -o json", "state history probe --stage dev -o json",
		"outputs probe -o json", "outputs billing -o json", "status probe -o json", "events --limit 200 -o json", "drift list -o json", "compliance status -o json",
		"verification list -o json", "subscription list --tenant -o json", "subscription show canary --tenant -o json", "subscription deliveries gone --tenant --status dead -o json", "release list probe -o json",
		"auth upstream show corp -o json", "auth clients list -o json", "auth factors list -o json", "auth keys list -o json", "keys status -o json", "user list -o json", "runner list -o json", "doctor -o json",
	} {
		w.hear(strings.Fields(words)...)
	}
	var resources struct{ Resources []struct{ Address string } }
	w.reads(&resources, "state", "list", "probe", "--stage", "dev")
	for _, r := range resources.Resources {
		w.hear("state", "show", "probe", r.Address, "--stage", "dev", "-o", "json")
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/api/v1/projects/" + w.in.Project + "/workloads/probe/state?stage=dev"} {
		w.gets(path)
	}
}

// variablesOf are the values of a variable in the processes of the workload.
func (w *world) variablesOf(name string) (values []string) {
	w.t.Helper()
	for pid := range w.Processes() {
		for variable := range strings.SplitSeq(string(environmentOf(pid)), "\x00") {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				values = append(values, value)
			}
		}
	}
	return values
}
