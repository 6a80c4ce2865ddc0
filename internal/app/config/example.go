package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// nested documents the keys of what a list has, in their order.
func nested(key string) [][2]string {
	if key == "brokers" {
		return brokerKeys()
	}
	return stageKeys()
}

// stageKeys documents the keys of a stage, in their order.
func stageKeys() [][2]string {
	return [][2]string{
		{"name", "the stage's name, a DNS label"},
		{"order", "its place; stages are passed from the lowest to the highest"},
		{"target", "where its resources are made: local, azure, aws or gcp"},
		{"runtime", "how its containers run: process or kubernetes"},
		{"environment", "variables of its runs, such as ARM_SUBSCRIPTION_ID; no secrets. A run on azure also has the daemon's own ARM_* and AZURE_*; its plans PLAN_ARM_* and PLAN_AZURE_* instead where there are any"},
		{"planEnvironment", "variables of its plans, over those of environment: with the id of an identity that may read and no more, plans have that one, and no secret of the daemon's own"},
		{"identity.plan", "what the stage's plans are to its cloud, by tokens that Terrace gives them and without a secret: a client id on azure, the ARN of a role on aws, the address of a service account on gcp"},
		{"identity.apply", "what its applies are; not what its plans are"},
		{"identity.tenant", "the directory on azure"},
		{"identity.subscription", "the subscription on azure"},
		{"identity.provider", "on gcp projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER"},
		{"identity.audience", "whom the tokens are for; left out it is what the cloud expects"},
		{"limits.memory", "MiB that a run may take with all that it starts; left out it is runMemory"},
		{"limits.processes", "how many processes a run may have at once; left out it is runProcesses"},
		{"limits.disk", "MiB that one command of terraform may have in its folders; left out it is runDisk"},
		{"limits.output", "MiB that one command of terraform may print; left out it is runOutput"},
		{"limits.time", "how long one command of terraform may take, such as 30m; left out it is runTime"},
		{"approvals.count", "how many people must approve a run; 0 is none"},
		{"approvals.role", "who may approve: developer, approver or admin; an admin always may"},
		{"approvals.otherThanRequester", "true asks for someone other than who asked for the run"},
		{"approvals.expireAfter", "how long an approval counts, such as 24h; left out it counts as long as its plan does"},
		{"soak", "how long a release must have been verified here before the next stage may have it, such as 1h; left out it is no time"},
		{"windows[].name", "a stretch of time that recurs; without windows the stage may be changed at any time"},
		{"windows[].kind", "allow: the stage is changed only inside of such windows; deny: not inside of this one, whatever allows"},
		{"windows[].rrule", "when it begins, a recurrence rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;BYHOUR=9;BYMINUTE=0"},
		{"windows[].timezone", "the time zone of the rule, such as Europe/Berlin; left out it is UTC"},
		{"windows[].duration", "how long it lasts, such as 8h; whole days end at the same time of day"},
		{"autoPromote", "true takes what becomes available from the stage before, by itself"},
		{"concurrency", "how many runs may be executed here at once; left out there is no limit but those of the installation and the tenant"},
		{"runners", "labels such as {pool: prod} that a remote runner must have to execute the runs of this stage; left out the daemon executes them itself"},
		{"requiredTags", "tags that every resource must carry"},
		{"verify[].name", "a check after an apply, and whenever it is verified again; all must pass"},
		{"verify[].http.path", "the path that is asked on every route; empty is that of the readiness probe, else /"},
		{"verify[].http.status", "the status that is expected; 0 is any from 200 to 299"},
		{"verify[].http.contains", "a text that the answer must have"},
		{"verify[].http.headers", "headers of the request; a secret is a reference to one of the workload's stage, ${secret:NAME}"},
		{"verify[].http.timeout", "how long the check may take with its repetitions, such as 30s"},
		{"verify[].command.argv", "a program of this machine and its arguments, as a list; exit code 0 passes"},
		{"verify[].command.environment", "variables beside TERRACE_URL, TERRACE_RELEASE and the like; a secret is a reference to one of the workload's stage, ${secret:NAME}"},
		{"verify[].command.timeout", "how long it may take; left out it is 1m"},
		{"verify[].command.memory", "MiB of data for each of its processes; left out it is 512"},
		{"verify[].prometheus.server", "the address of a server with the HTTP API of Prometheus"},
		{"verify[].prometheus.query", "PromQL with ${tenant}, ${project}, ${stage}, ${workload} and ${release}"},
		{"verify[].prometheus.condition", "what every sample must be, such as < 0.01; left out the query compares, and any sample passes"},
		{"verify[].prometheus.for", "for how long it is measured, such as 5m; left out it is once"},
		{"verify[].prometheus.every", "the time between measurements; left out it is 30s"},
		{"verify[].prometheus.failures", "how many measurements may miss the condition"},
		{"verify[].prometheus.noData", "what a measurement without data means: fail, pass, or wait, which counts it neither way; left out it is fail"},
		{"verify[].prometheus.timeout", "how long a measurement may take; left out it is 10s"},
		{"verify[].prometheus.tokenFile", "the file with the bearer token"},
		{"verify[].prometheus.tokenVariable", "the variable of terraced with the token, where there is no file"},
		{"verifyEvery", "how often what is deployed is verified again, such as 10m; left out it is never"},
		{"rollback", "automatic returns the stage to its last verified release when a verification fails; left out it is manual"},
		{"lifetime.default", "how long what is deployed stays unless it says something itself, such as 72h; left out it is for good"},
		{"lifetime.max", "the longest lifetime, from any moment on, such as 240h; left out it is 720h"},
		{"lifetime.never", "true refuses lifetimes: nothing is removed by itself; prod does unless it says something of lifetimes"},
		{"rollout.strategy", "canary has a release take over in steps on the runtime process; left out it does at once"},
		{"rollout.steps[].setWeight", "the new release's share of new requests in percent, growing; without steps 5, 25, 50 and 100, a minute each"},
		{"rollout.steps[].pause", "how long the step lasts at least, such as 1m"},
		{"rollout.analysis.successRate", "the least share of requests that are not answered with 5xx, in percent; left out it is 99"},
		{"rollout.analysis.latencyP99", "the longest that 99 of 100 answers may take to begin, such as 500ms; left out there is no bound"},
		{"rollout.analysis.minRequests", "how many requests a step is judged by; left out it is 100"},
		{"rollout.analysis.maxWait", "how long it is waited for them after the step's pause; left out it is 5m"},
		{"rollout.analysis.noData", "fail aborts where they have not come until then, and pass goes on; left out it is fail"},
		{"drift.every", "how often each stack is compared with what is there, such as 6h; 0 is on demand alone"},
		{"drift.jitter", "the time over which the stage's checks are spread; 0 is all of every"},
		{"drift.rules[].name", "a rule of severity, before those that Terrace has; the first that matches decides"},
		{"drift.rules[].type", "the resource's type, such as azurerm_storage_account; in every pattern * is any characters, and empty is everything"},
		{"drift.rules[].address", "terraform's address, such as module.database.*"},
		{"drift.rules[].attribute", "the attribute's path, such as tags.*"},
		{"drift.rules[].action", "changed, deleted or empty for both"},
		{"drift.rules[].severity", "critical, high, medium or low; none is no drift at all"},
		{"gitops.repository", "runtime kubernetes: where the manifests go, https://…, ssh://…, user@host:path or file:///path of a bare repository; empty is one that Terrace makes in the data folder"},
		{"gitops.branch", "the branch; empty is main"},
		{"gitops.path", "the folder in which workloads/ is; empty is the root"},
		{"gitops.username", "the name that goes with the token; empty is terrace"},
		{"gitops.tokenFile", "the file with the token of an https repository"},
		{"gitops.tokenVariable", "the variable of terraced with the token, where there is no file"},
		{"gitops.author", "who commits, Name <address>"},
		{"gitops.parentGateway.name", "the Gateway of the cluster that routes belong to; empty is terrace"},
		{"gitops.parentGateway.namespace", "its namespace; empty is gateway-system"},
		{"gitops.parentGateway.section", "one listener of it; empty is any"},
		{"gitops.parentGateway.sources", "ranges that a gateway outside of the cluster calls from"},
		{"gitops.privateNetworks", "ranges that pods may call without saying so; left out they are those of RFC 1918, [] is none"},
		{"gitops.mesh", "the mesh of the cluster, istio or linkerd, which is told the documents of the stage's mesh; empty is none"},
		{"gitops.trustDomain", "the trust domain of that mesh; empty is cluster.local"},
	}
}

// Example returns the reference of all keys with their defaults, as a file
// that can be used as it is.
func Example() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# The configuration of terraced, with every key and its default. Made by\n" +
		"# internal/app/config; a test keeps it current.\n#\n" +
		"# terraced reads the file that --config or " + FileVariable + " names. A variable goes over the\n" +
		"# file, and a flag over the variable.\n")
	value := reflect.ValueOf(Default())
	for _, f := range fields() {
		if err := f.example(&b, value.Field(f.at).Interface()); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (f field) example(b *bytes.Buffer, value any) error {
	b.WriteString("\n")
	comment(b, f.doc)
	if f.single() {
		fmt.Fprintf(b, "# Variable %s, flag --%s.\n", f.variable(), f.flag())
	} else {
		for _, n := range nested(f.key) {
			comment(b, "  "+n[0]+": "+n[1])
		}
	}
	encoder := yaml.NewEncoder(b)
	encoder.SetIndent(2)
	if err := encoder.Encode(map[string]any{f.key: value}); err != nil {
		return fmt.Errorf("example of %s: %w", f.key, err)
	}
	return encoder.Close()
}

// comment writes text as comment lines of at most 100 letters.
func comment(b *bytes.Buffer, text string) {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	line := "#" + indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 100 {
			b.WriteString(line + "\n")
			line = "#" + indent + indent
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
