package e2e_test

import (
	"encoding/json"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/test/harness"
)

// outside is what the client lists of what was changed outside.
type outside struct {
	ID, Address, Action, Severity, Status, Resolution string
	Attributes                                        []struct {
		Path          string
		Before, After any
	}
	Who []struct{ Who, Operation string }
}

// drifts changes a setting and deletes a record behind the back of what runs on
// dev, as two people do in the portal: a check finds these alone, with who did
// it, and a run puts them back. Before and after a check finds nothing, although
// azurerm reads much otherwise than it was written.
func (a azure) drifts() {
	a.t.Helper()
	ctx := a.t.Context()
	a.Must(ctx, "drift", "check", "orders", "--stage", "dev")
	setting, record := a.simulated("/configurations/tls_version"), a.simulated("/CNAME/orders.shop")
	simulation := []string{"azure-sim", "--data", a.Data}
	a.Must(ctx, append(simulation, "edit", setting, "--set", "properties.value=TLSv1.2", "--set", "properties.currentValue=TLSv1.2", "--as", "mallory@contoso.com")...)
	a.Must(ctx, append(simulation, "delete", record, "--as", "eve@contoso.com")...)
	if r := a.Terrace(ctx, "drift", "check", "orders", "--stage", "dev"); r.Code != 7 {
		a.t.Fatalf("a check that finds something exits with 7: %s", r)
	}
	found := a.found()
	told := []string{}
	for _, d := range found {
		told = append(told, strings.Join([]string{d.Address, d.Action, d.Severity, d.values(), d.author()}, " "))
	}
	want := []string{
		`module.mysql__orders_db.azurerm_mysql_flexible_server_configuration.this["tls_version"] changed critical value: TLSv1.2,TLSv1.3 → TLSv1.2 mallory@contoso.com`,
		`module.dns__orders.azurerm_private_dns_cname_record.this["main"] deleted high  eve@contoso.com`,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		a.t.Error(diff)
	}
	a.Succeed(ctx, "drift", "revert", found[0].ID, found[1].ID, "--reason", "nobody edits by hand")
	a.Must(ctx, "drift", "check", "orders", "--stage", "dev")
	if left := a.found(); len(left) != 0 {
		a.t.Errorf("after the revert: %+v", left)
	}
	a.simulated("/CNAME/orders.shop")
}

func (a azure) found() (all []outside) {
	a.t.Helper()
	r := a.Must(a.t.Context(), "drift", "list", "orders", "--stage", "dev", "-o", "json")
	if err := json.Unmarshal([]byte(r.Stdout), &all); err != nil {
		a.t.Fatalf("%v: %s", err, r)
	}
	return all
}

func (d outside) values() (text string) {
	for _, v := range d.Attributes {
		before, _ := v.Before.(string)
		after, _ := v.After.(string)
		text += v.Path + ": " + before + " → " + after
	}
	return text
}

func (d outside) author() string {
	if len(d.Who) == 0 {
		return "nobody"
	}
	return d.Who[0].Who
}

// simulated is the id of the one resource on dev whose id ends so.
func (a azure) simulated(end string) string {
	a.t.Helper()
	var all []struct{ ID string }
	r := a.Must(a.t.Context(), "azure-sim", "--data", a.Data, "list", "-o", "json")
	if err := json.Unmarshal([]byte(r.Stdout), &all); err != nil {
		a.t.Fatalf("%v: %s", err, r)
	}
	for _, one := range all {
		if strings.Contains(one.ID, "/rg-dev/") && strings.HasSuffix(one.ID, end) {
			return one.ID
		}
	}
	a.t.Fatalf("nothing on dev ends with %s", end)
	return ""
}

// beside promotes the workload to a stage that wants an approval, and does
// something on another one while terraform is at it.
func (a azure) beside(stage string, do func()) harness.Run {
	a.t.Helper()
	ctx := a.t.Context()
	run, result := a.Start(ctx, "promote", "orders", "--to", stage)
	if run.Status != "awaiting_approval" {
		a.t.Fatalf("the promotion to %s is %q: %s", stage, run.Status, result)
	}
	a.approver.Must(ctx, "run", "approve", run.ID, "--yes")
	do()
	logs := a.Must(ctx, "run", "logs", "-f", run.ID)
	for _, one := range a.Runs(ctx, "orders") {
		if one.ID == run.ID && one.Status == "succeeded" {
			return one
		}
	}
	a.t.Fatalf("the promotion to %s did not succeed:\n%s", stage, logs)
	return harness.Run{}
}
