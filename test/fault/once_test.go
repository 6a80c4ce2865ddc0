package fault_test

import (
	"fmt"
	"strconv"
	"strings"
)

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
	perKind, all := map[string]int{}, map[string]int{}
	for _, o := range c.evidence.objects() {
		all[o.kind]++
		if o.workload(c.workloads) == "" { // people destroy and cancel it
			continue
		}
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
	c.fabric(all)
}

// fabric checks that behind each object is one thing.
func (c *checks) fabric(perKind map[string]int) {
	c.t.Helper()
	for kind, table := range map[string]string{"dns-records": "dns_records", "routes": "gateway_routes", "topics": "topics WHERE managed"} {
		rows := c.evidence.rows("SELECT count(*) FROM " + table)
		if rows[0][0] != strconv.Itoa(perKind[kind]) {
			c.fail(&c.twice, "there are %s %s for %d %s", rows[0][0], table, perKind[kind], kind)
		}
	}
	for _, row := range c.evidence.rows("SELECT stage || '/' || name, count(*) FROM secrets WHERE name NOT LIKE 'scratch%' GROUP BY 1 HAVING count(*) > 1") {
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
